#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/units.hpp"

/// Numbers and lists as people read them, the same in every message.
namespace drover {

std::string grouped(std::uint64_t number);  ///< `9,488`

/// `1 image`, `9,488 images`.
std::string counted(std::uint64_t number, std::string_view word);

/// `0.31 s`, `3.1 s`, `40 s`, `2 min 41 s`, `3 h 20 min`.
std::string spoken(Duration duration);

std::string spoken(Bytes bytes);  ///< `512 bytes`, `1.5 GiB`

/// `a`, `a and b`, `a, b and 3 others`: names at most `shown` of them.
std::string listed(std::span<const std::string> names, std::size_t shown = 3);
/// `a`, `a or b`, `a, b or one of 3 others`.
std::string listed_choices(std::span<const std::string> names, std::size_t shown = 3);

/// A text of several lines on one: `a ⏎ b`.
std::string one_line(std::string_view text);

/// A word as a shell takes it: quoted where it has to be.
std::string shell_word(std::string_view word);

}  // namespace drover
