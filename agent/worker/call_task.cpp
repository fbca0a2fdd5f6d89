#include "agent/worker/call_task.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/columns.hpp"
#include "common/types/json.hpp"
#include "common/types/packed.hpp"

namespace drover::worker {
namespace {

class ElementsSink final : public sdk::ElementSink {
 public:
  Result<void> push(std::string_view element, std::uint64_t /*stamp*/) override {
    bytes_ += element;
    ++count_;
    return {};
  }
  std::string array() const {
    std::string all;
    packed::append_array(all, count_);
    return all + bytes_;
  }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

class OneCall final : public sdk::Call {
 public:
  OneCall(std::span<const sdk::ArgumentView> arguments, sdk::ElementSink* sink) : sink_(sink) {
    arguments_ = arguments;
    last_ = 1;
  }
  // No argument is a list in chunks here, so nobody asks.
  Result<std::unique_ptr<sdk::ElementSource>> open_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no list in chunks");
  }
  Result<std::string_view> whole_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no list in chunks");
  }
  sdk::ElementSink* list_sink() const override { return sink_; }

 private:
  sdk::ElementSink* sink_;
};

class OneContext final : public Context {
 public:
  OneContext(std::string key, const CallPlace& place) : key_(std::move(key)), place_(place) {}
  std::size_t items() const override { return 1; }
  std::string_view key(std::size_t) override { return key_; }
  std::uint64_t index(std::size_t) const override { return 0; }
  std::uint32_t attempt(std::size_t) const override { return 1; }
  std::string_view run() const override { return no_run; }
  std::string_view step() const override { return place_.step; }
  std::string_view results() const override { return place_.results; }
  /// Of one item alone it is the folder that the item lies in.
  std::string_view common_folder() const override {
    if (!key_.starts_with('/')) return {};
    return std::string_view(key_).substr(0, std::max<std::size_t>(key_.rfind('/'), 1));
  }
  void phase(std::string_view name) override {
    if (place_.progress != nullptr) write_phase(*place_.progress, name);
  }
  bool cancelled() const override { return false; }

 private:
  static constexpr std::string_view no_run = "00000000000000000000000000000000";
  std::string key_;
  const CallPlace& place_;
};

/// The arguments in the signature's order.
Result<std::vector<Columns>> in_order(const Signature& signature,
                                      const std::map<std::string, std::string>& arguments) {
  for (const auto& [name, value] : arguments) {
    if (std::ranges::find(signature.args, name, &Field::name) == signature.args.end()) {
      return fail(ErrorCode::Invalid, fmt::format("task '{}' has no argument '{}': {}",
                                                  signature.name, name, first_line(signature)));
    }
  }
  std::vector<Columns> ordered;
  for (const auto& field : signature.args) {
    const auto given = arguments.find(field.name);
    if (given == arguments.end() && !field.type.is(Type::Kind::Optional)) {
      return fail(ErrorCode::Invalid,
                  fmt::format("argument '{}' of task '{}' is missing: {}", field.name,
                              signature.name, first_line(signature)));
    }
    const std::string value =
        given == arguments.end() ? std::string(1, packed::nil) : given->second;
    // A type variable takes whatever comes.
    if (!field.type.has_variables()) {
      if (auto fits = check_value(value, field.type); !fits) {
        return fail(fmt::format("argument '{}'", field.name), fits.error());
      }
    }
    ordered.emplace_back().push_back(value);
  }
  return ordered;
}

/// What people call the item: its first uri, as in a map step.
std::string key_of(const Signature& signature, const std::vector<Columns>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    packed::Reader reader(arguments[i].value(0));
    std::string_view text;
    if (signature.args[i].type.is(Type::Kind::Uri) && reader.read_str(text)) {
      return std::string(text);
    }
  }
  return "0";
}

Result<std::string> outcome_of(const sdk::Outcomes& outcomes) {
  const sdk::Failure* failure = nullptr;
  if (outcomes.call_failure()) failure = &*outcomes.call_failure();
  if (!outcomes.failures().empty()) failure = &outcomes.failures().front().failure;
  if (failure != nullptr) return fail(ErrorCode::Failed, failure->text);
  if (outcomes.size() != 1) return fail(ErrorCode::Failed, "the task gave no result");
  return std::string(outcomes.value(0));
}

}  // namespace

Result<std::string> call_task(const TaskSet& tasks, std::string_view name,
                              const std::map<std::string, std::string>& arguments,
                              const CallPlace& place) {
  const auto* task = tasks.find(name);
  if (task == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("there is no task '{}' here", name));
  }
  const auto ordered = in_order(task->signature, arguments);
  if (!ordered) return tl::unexpected(ordered.error());
  std::vector<sdk::ArgumentView> views;
  for (const auto& column : *ordered) {
    views.push_back({column.bytes.data(), column.offsets.data(), false, false});
  }
  std::vector<std::string_view> constants;
  for (const auto argument : task->description.constants) {
    constants.push_back((*ordered)[argument].value(0));
  }
  auto object = task->description.make(constants);
  if (!object) return fail(ErrorCode::Failed, std::move(object.error().context));

  const bool returns_list = task->signature.returns.is(Type::Kind::List);
  ElementsSink elements;
  // A batched task gives a value per item; only a plain one knows of sinks.
  const bool in_sink = returns_list && !task->signature.batched;
  const OneCall call(views, in_sink ? &elements : nullptr);
  OneContext context(key_of(task->signature, *ordered), place);
  sdk::Outcomes outcomes;
  (*object)->call(call, context, outcomes);
  auto value = outcome_of(outcomes);
  if (value && in_sink) return elements.array();
  return value;
}

}  // namespace drover::worker
