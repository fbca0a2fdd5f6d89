#include "scheduler/query/item_keys.hpp"

#include <algorithm>
#include <variant>

#include "common/types/codec.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t first_window_items = 16;
constexpr std::uint64_t most_window_items = 1024;
constexpr std::uint64_t window_bytes = 256 << 10;
constexpr std::uint64_t search_items = 16'384;  // as long as segments are

/// The string in an encoded value, without copying; nothing where it is nil.
std::optional<std::string_view> string_in(std::string_view value) {
  std::string_view text;
  if (packed::Reader in(value); in.read_str(text)) return text;
  return std::nullopt;
}

}  // namespace

ItemKeys::ItemKeys(const RunId& run, const Plan* plan, std::uint32_t step, Store& store)
    : run_(run), store_(store) {
  if (plan == nullptr) return;
  const PlanStep& mapped = plan->steps.at(step);
  if (mapped.map && mapped.key_argument) {
    source_ = &mapped.arguments.at(*mapped.key_argument).source;
  }
}

std::string ItemKeys::key(ItemIndex item) {
  if (has_keys()) {
    const bool there = item >= window_first_ && item - window_first_ < window_.size();
    if (!there) {
      const bool follows = next_window_ > 0 && item == window_first_ + window_.size();
      next_window_ = follows ? std::min(2 * next_window_, most_window_items) : first_window_items;
    }
    if (there || read_from(item, next_window_)) {
      const std::size_t at = item - window_first_;
      if (at < window_.size()) {
        if (const auto text = string_in(window_.value(at))) return std::string(*text);
      }
    }
  }
  return std::to_string(item);
}

Result<void> ItemKeys::each(const std::function<bool(ItemIndex, std::string_view)>& look) {
  if (!has_keys()) return {};
  for (ItemIndex item = 0;;) {
    if (auto read = read_from(item, search_items); !read) return read;
    if (window_.empty()) return {};
    for (std::size_t i = 0; i < window_.size(); ++i, ++item) {
      const auto text = string_in(window_.value(i));
      if (text && !look(item, *text)) return {};
    }
  }
}

Result<void> ItemKeys::read_from(ItemIndex first, std::uint64_t most) {
  auto columns = read_source(first, most);
  if (!columns) return tl::unexpected(columns.error());
  window_ = std::move(*columns);
  window_first_ = first;
  return {};
}

Result<Columns> ItemKeys::read_source(ItemIndex first, std::uint64_t most) {
  if (const auto* result = std::get_if<StepResult>(&source_->from)) {
    return store_.read_list(StepRef{run_, result->step}, result->part, first,
                            ReadLimit{most, window_bytes});
  }
  if (const auto* list = std::get_if<MakeList>(&source_->from)) {
    return read_made_list(*list, first, most);
  }
  const auto* constant = std::get_if<Constant>(&source_->from);
  if (constant == nullptr) return Columns{};
  if (constants_.empty()) {
    auto all = columns_of_array(constant->value);
    if (!all) return all;
    constants_ = std::move(*all);
  }
  if (first >= constants_.size()) return Columns{};
  return constants_.slice(first, std::min<std::uint64_t>(most, constants_.size() - first));
}

Result<Columns> ItemKeys::read_made_list(const MakeList& list, ItemIndex first,
                                         std::uint64_t most) {
  Columns keys;
  for (ItemIndex i = first; i < list.elements.size() && keys.size() < most; ++i) {
    auto text = text_of(list.elements[i]);
    if (!text) return tl::unexpected(text.error());
    keys.push_back(encoded(*text));
  }
  return keys;
}

Result<std::string> ItemKeys::text_of(const Source& source) {
  if (const auto* constant = std::get_if<Constant>(&source.from)) {
    return decode<std::string>(constant->value);
  }
  if (const auto* result = std::get_if<StepResult>(&source.from)) {
    const auto value = store_.read_value(StepRef{run_, result->step});
    if (!value) return value;
    return decode<std::string>(*value);
  }
  std::string text;
  if (const auto* parts = std::get_if<Interpolate>(&source.from)) {
    for (const auto& part : parts->parts) {
      const auto word = text_of(part);
      if (!word) return word;
      text += *word;
    }
  }
  return text;
}

Result<Columns> read_step_list(const StepRef& step, const Plan& plan, Part part,
                               std::uint64_t first, const ReadLimit& limit, Store& store) {
  if (part != Part::Failed) return store.read_list(step, part, first, limit);
  ItemKeys keys(step.run, &plan, step.step, store);
  return store.read_list(step, part, first, limit,
                         [&](ItemIndex item) -> Result<std::string> { return keys.key(item); });
}

std::string_view last_part(std::string_view key) {
  const auto slash = key.rfind('/');
  return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

}  // namespace drover::scheduler
