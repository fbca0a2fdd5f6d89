#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Numbers as people read them.
namespace drover::tools {

std::string with_commas(std::uint64_t count);  ///< `12,288`
std::string duration_text(double seconds);     ///< `31 ms`, `14.0 s`, `2 min 41 s`, `3 h 05 min`
std::string rough_duration(double seconds);    ///< `~5 s`, `~3 min`: for what is still to come
std::string rate_text(double per_second);      ///< `57.8/s`, `1.2 M/s`; empty for none
std::string clock_text(std::int64_t wall_ms);  ///< Local time of day, `11:02:07`
std::string date_text(std::int64_t wall_ms);   ///< Local, `2026-11-25 11:02`
std::string plural(std::string_view word, std::uint64_t count);  ///< `image`, `images`
/// `48 images`
std::string counted(std::uint64_t count, std::string_view word);
/// `bytes`, with a unit: `3.2 MiB`
std::string bytes_text(std::uint64_t bytes);

/// Cells that the text takes on a terminal: one for each character of UTF-8, none for colours.
std::size_t width_of(std::string_view text);
/// Filled up with blanks to `width`, on the right or (`right_aligned`) on the left; longer text
/// stays whole.
std::string padded(std::string_view text, std::size_t width, bool right_aligned = false);
/// Cut to `width` cells, with `…` at the end where something is missing.
std::string cut_to(std::string_view text, std::size_t width);
/// Cut to `width` cells, with `…` at the start where something is missing: the end of a path.
std::string end_of(std::string_view text, std::size_t width);
/// The line broken at blanks into lines of at most `width` cells, all but the first with `indent`
/// blanks before them. A word that is wider stays whole, so that a path can be copied; so does a
/// command, `drover ...` up to two blanks, a closing parenthesis or the end.
std::vector<std::string> broken_at_blanks(std::string_view line, std::size_t width,
                                          std::size_t indent);

}  // namespace drover::tools
