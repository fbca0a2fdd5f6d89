#pragma once

#include <string>
#include <string_view>

namespace drover {

/// Is `text` UTF-8: no stray or missing continuation, no overlong form, no surrogate, nothing above
/// U+10FFFF? Source: Unicode 15, table 3-7.
bool is_utf8(std::string_view text);

/// Where the first byte stands that belongs to no character; the size of `text` where all do.
std::size_t first_not_utf8(std::string_view text);

/// `text` with every byte that belongs to no character replaced by U+FFFD: user code prints what it
/// likes, and its words must still reach a person.
std::string repaired_utf8(std::string_view text);

}  // namespace drover
