#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/types/describe.hpp"
#include "common/types/literal.hpp"

namespace drover {

/// Something that is wrong with a workflow or with the inputs given to it.
struct Diagnostic {
  std::string file;  ///< The workflow's file; or what else is wrong, as in `-i imgs`, with line 0.
  std::uint32_t line = 0;    ///< From 1.
  std::uint32_t column = 0;  ///< From 1, in bytes.
  std::uint32_t length = 1;  ///< In bytes.
  std::string message;       ///< What is wrong, on what, and what is near it.
  std::string hint;          ///< The way out, beside the mark; may be empty.

  bool operator==(const Diagnostic&) const = default;
};
DROVER_STRUCT(Diagnostic, file, line, column, length, message, hint)

/// Nobody reads more, and looking for more takes time: checking stays quick whatever stands in a
/// file.
inline constexpr std::size_t max_diagnostics = 100;

/// Appends, unless there are max_diagnostics already.
void add_diagnostic(std::vector<Diagnostic>& diagnostics, Diagnostic diagnostic);

/// In the order of reading: the file from top to bottom, then the rest as it was found.
void sort_for_reading(std::vector<Diagnostic>& diagnostics);

/// All of it for a terminal, with the lines of the file and marks under them; ends with a newline.
/// ```
/// 1 problem, nothing was started
///
///   detect.yaml:11:19  step 'detections': 'image' takes one uri, $listing is list[uri]
///     11 |     with: {image: $listing}
///        |                   ^^^^^^^^   once per item of the list:  each: {image: $listing}
/// ```
/// `outcome` follows the number of problems; without one nothing does.
std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file_text,
                   std::string_view outcome = "nothing was started");

/// The candidate that `word` was most likely meant to be; empty where none is near, and for words
/// of more than 64 bytes.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean 'images'?`, or nothing where none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace drover
