#pragma once

#include <string>
#include <string_view>

namespace drover::worker {

/// The text with symbols of C++ as they are written: `undefined symbol: _Z6helperi` becomes
/// `undefined symbol: helper(int)`.
std::string demangled(std::string_view text);

}  // namespace drover::worker
