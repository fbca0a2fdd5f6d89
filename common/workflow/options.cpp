#include "common/workflow/options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <functional>
#include <limits>

#include "common/workflow/diagnostic.hpp"
#include "common/workflow/units_text.hpp"

namespace drover {
namespace {

using Done = tl::expected<void, Misfit>;
using Problems = std::vector<Misfit>;
using Reader = std::function<Problems(StepOptions&, const Literal&)>;

Problems as_problems(Done done) { return done ? Problems{} : Problems{std::move(done.error())}; }

tl::unexpected<Misfit> wrong(const Literal& value, std::string message) {
  return tl::unexpected(Misfit{value.place, std::move(message)});
}

template <class T>
Done take(Result<T> parsed, T& into, const Literal& value) {
  if (!parsed) return wrong(value, parsed.error().context);
  into = std::move(*parsed);
  return {};
}

Done read_count(std::uint32_t& into, const Literal& value, std::uint32_t least,
                std::uint32_t most) {
  std::uint32_t number = 0;
  const auto* end = value.text.data() + value.text.size();
  const auto [at, error] = std::from_chars(value.text.data(), end, number);
  if (!value.is(Literal::Kind::Scalar) || error != std::errc() || at != end || number < least ||
      number > most) {
    return wrong(value, fmt::format("{} is not a number from {} to {}",
                                    value.is(Literal::Kind::Scalar) ? quoted_for_message(value.text)
                                                                    : "this",
                                    least, most));
  }
  into = number;
  return {};
}

Done read_devices(double& into, const Literal& value, bool fraction_or_whole) {
  constexpr double most = 4096;
  double number = 0;
  const auto* end = value.text.data() + value.text.size();
  const auto [at, error] =
      std::from_chars(value.text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || at != end || !(number >= 0 && number <= most)) {
    return wrong(value, fmt::format("{} is not a number from 0 to {}",
                                    quoted_for_message(value.text), most));
  }
  if (fraction_or_whole && number > 1 && number != std::floor(number)) {
    return wrong(
        value, fmt::format("'{}' is neither a share of one device nor a whole number", value.text));
  }
  into = number;
  return {};
}

Done read_resource(Resources& resources, const Literal& key, const Literal& amount) {
  if (!amount.is(Literal::Kind::Scalar)) return wrong(amount, "an amount is wanted here");
  if (key.text == "cpu") return read_devices(resources.cpu, amount, false);
  if (key.text == "memory") return take(parse_bytes(amount.text), resources.memory, amount);
  if (key.text != "gpu") {
    return wrong(key, fmt::format("there is no such resource{}",
                                  did_you_mean(key.text, {"cpu", "gpu", "memory"})));
  }
  if (amount.text != "preferred") return read_devices(resources.gpu, amount, true);
  resources.gpu = 1;
  resources.gpu_preferred = true;
  return {};
}

Problems read_resources(StepOptions& options, const Literal& value) {
  if (!value.is(Literal::Kind::Map)) {
    return {{value.place, "entries are wanted, as in {cpu: 1, gpu: 1, memory: 2GiB}"}};
  }
  Problems problems;
  for (const auto& [key, amount] : value.entries) {
    if (auto done = read_resource(options.resources, key, amount); !done) {
      problems.push_back(
          {done.error().place, fmt::format("{}: {}", key.text, done.error().message)});
    }
  }
  return problems;
}

Problems read_where(StepOptions& options, const Literal& value) {
  if (!value.is(Literal::Kind::Map)) {
    return {{value.place, "entries are wanted, as in {label: value}"}};
  }
  Problems problems;
  for (const auto& [key, label] : value.entries) {
    if (label.is(Literal::Kind::Scalar))
      options.where[key.text] = label.text;
    else
      problems.push_back({label.place, fmt::format("{}: one value is wanted", key.text)});
  }
  return problems;
}

Done read_flag(bool& into, const Literal& value) {
  if (value.text != "true" && value.text != "false") return wrong(value, "true or false is wanted");
  into = value.text == "true";
  return {};
}

Done read_retries(StepOptions& options, const Literal& value) {
  std::uint32_t count = 0;
  auto done = read_count(count, value, 0, max_retries);
  if (done) options.retries.crash = options.retries.out_of_memory = options.retries.timeout = count;
  return done;
}

constexpr std::uint32_t any = std::numeric_limits<std::int32_t>::max();

const std::map<std::string, Reader, std::less<>>& readers() {
  static const std::map<std::string, Reader, std::less<>> all = {
      {"batch",
       [](StepOptions& o, const Literal& v) {
         return v.text == "auto" ? Problems{} : as_problems(read_count(o.batch, v, 1, 65'536));
       }},
      {"timeout",
       [](StepOptions& o, const Literal& v) {
         return as_problems(take(parse_duration(v.text), o.timeout, v));
       }},
      {"retries", [](StepOptions& o, const Literal& v) { return as_problems(read_retries(o, v)); }},
      {"retry_errors",
       [](StepOptions& o, const Literal& v) {
         return as_problems(read_count(o.retries.user_error, v, 0, max_retries));
       }},
      {"allow_failed",
       [](StepOptions& o, const Literal& v) {
         return as_problems(take(parse_allow_failed(v.text), o.allow_failed, v));
       }},
      {"stop_when_exceeded",
       [](StepOptions& o, const Literal& v) {
         return as_problems(read_flag(o.stop_when_exceeded, v));
       }},
      {"canary",
       [](StepOptions& o, const Literal& v) { return as_problems(read_flag(o.canary, v)); }},
      {"concurrency",
       [](StepOptions& o, const Literal& v) {
         return as_problems(read_count(o.concurrency, v, 1, any));
       }},
      {"resources", read_resources},
      {"where", read_where},
  };
  return all;
}

}  // namespace

Problems read_option(StepOptions& options, const Literal& key, const Literal& value) {
  const auto reader = readers().find(key.text);
  if (reader == readers().end()) {
    std::vector<std::string> known = {"task", "with", "each"};
    for (const auto& [name, unused] : readers()) known.push_back(name);
    auto message = fmt::format("a step has no '{}'{}", key.text, did_you_mean(key.text, known));
    if (nearest(key.text, known).empty())
      message += fmt::format("; it has {}", fmt::join(known, ", "));
    return {{key.place, std::move(message)}};
  }
  auto problems = reader->second(options, value);
  for (auto& problem : problems) problem.message = fmt::format("{}: {}", key.text, problem.message);
  return problems;
}

}  // namespace drover
