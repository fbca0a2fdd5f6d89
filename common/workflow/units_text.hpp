#pragma once

#include <string_view>

#include "common/result.hpp"
#include "common/units.hpp"
#include "common/workflow/plan.hpp"

namespace drover {

/// `500ms`, `30s`, `1.5h`: a number and one of ms, s, m, h, d; more than nothing.
/// Errors: Invalid, as in `'30' has no unit: write 30s`.
Result<Duration> parse_duration(std::string_view text);

/// `2GiB`, `512MiB`, `1.5GB`: a number and one of B, KiB, MiB, GiB, TiB, kB, MB, GB, TB.
Result<Bytes> parse_bytes(std::string_view text);

/// `1%`, `0.5%`, or a number of items.
Result<AllowFailed> parse_allow_failed(std::string_view text);

}  // namespace drover
