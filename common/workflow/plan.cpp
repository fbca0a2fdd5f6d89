#include "common/workflow/plan.hpp"

#include <algorithm>
#include <cmath>

namespace drover {

bool MakeList::operator==(const MakeList& other) const { return elements == other.elements; }
bool Interpolate::operator==(const Interpolate& other) const { return parts == other.parts; }

std::uint64_t AllowFailed::of(std::uint64_t items) const {
  if (!is_share) return std::min(count, items);
  // 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996: forgive the last digits,
  // so that a share written in per cent allows the number that a person computes.
  const double exact = std::clamp(share, 0.0, 1.0) * static_cast<double>(items);
  return std::min(items, static_cast<std::uint64_t>(std::floor(exact * (1 + 1e-12) + 1e-9)));
}

Type PlanStep::result_type() const {
  return map ? Type::list_of(Type::optional_of(returns)) : returns;
}

Type failure_type() {
  return Type::structure(
      "Failure", {{"index", Type::integer()}, {"key", Type::str()}, {"reason", Type::str()}});
}

}  // namespace drover
