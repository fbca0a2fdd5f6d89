#include "common/workflow/units_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "common/types/literal.hpp"

namespace drover {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

struct Amount {
  double number = 0;
  std::string_view unit;
};

std::optional<Amount> split(std::string_view text) {
  Amount amount;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount.number,
                                            std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(amount.number) || amount.number < 0)
    return std::nullopt;
  amount.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!amount.unit.empty() && amount.unit.front() == ' ') amount.unit.remove_prefix(1);
  return amount;
}

/// The amount in the unit of factor 1.
Result<double> with_unit(std::string_view text, const std::vector<Unit>& units,
                         std::string_view example_unit) {
  const auto amount = split(text);
  std::string names;
  for (const auto& unit : units) names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
  if (!amount) {
    return fail(ErrorCode::Invalid, fmt::format("{} is not a number with a unit ({})",
                                                quoted_for_message(text), names));
  }
  if (amount->unit.empty()) {
    return fail(ErrorCode::Invalid, fmt::format("{} has no unit: write {}{}",
                                                quoted_for_message(text), text, example_unit));
  }
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& u) { return u.name == amount->unit; });
  if (unit == units.end()) {
    return fail(ErrorCode::Invalid,
                fmt::format("'{}' is not one of the units {}", amount->unit, names));
  }
  return amount->number * unit->factor;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr double most = 1e9;  // seconds, 31 years: far from what nanoseconds in 64 bits can hold
  const auto seconds =
      with_unit(text, {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}}, "s");
  if (!seconds) return tl::unexpected(seconds.error());
  if (*seconds > most) {
    return fail(ErrorCode::Invalid, fmt::format("{} is too long", quoted_for_message(text)));
  }
  const Duration duration(std::llround(*seconds * 1e9));
  if (duration <= Duration::zero()) {
    return fail(ErrorCode::Invalid, fmt::format("{} is no time at all", quoted_for_message(text)));
  }
  return duration;
}

Result<Bytes> parse_bytes(std::string_view text) {
  constexpr double most = 0x1p60;
  const auto bytes = with_unit(text,
                               {{"B", 1},
                                {"KiB", 0x1p10},
                                {"MiB", 0x1p20},
                                {"GiB", 0x1p30},
                                {"TiB", 0x1p40},
                                {"kB", 1e3},
                                {"MB", 1e6},
                                {"GB", 1e9},
                                {"TB", 1e12}},
                               "MiB");
  if (!bytes) return tl::unexpected(bytes.error());
  if (*bytes > most) {
    return fail(ErrorCode::Invalid, fmt::format("{} is too much", quoted_for_message(text)));
  }
  return Bytes{static_cast<std::uint64_t>(std::llround(*bytes))};
}

Result<AllowFailed> parse_allow_failed(std::string_view text) {
  const auto amount = split(text);
  if (amount && amount->unit == "%" && amount->number <= 100) {
    return AllowFailed{.is_share = true, .share = amount->number / 100, .count = 0};
  }
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) {
    return AllowFailed{.is_share = false, .share = 0, .count = count};
  }
  return fail(ErrorCode::Invalid,
              fmt::format("{} is neither a share (0% to 100%) nor a number of items",
                          quoted_for_message(text)));
}

}  // namespace drover
