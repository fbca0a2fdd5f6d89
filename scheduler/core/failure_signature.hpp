#pragma once

#include <string>
#include <string_view>

namespace drover::scheduler {

/// What texts of one kind of failure have in common: numbers become `#`, quoted text and paths `…`.
/// Version 2: a change of the rules needs a new number here, because stored signatures stay.
///
/// "the JPEG ends after 12,288 of 98,104 bytes" -> "the JPEG ends after # of # bytes"
std::string failure_signature(std::string_view text);

/// The text without what names the item of this key, for a group of several: a path or a quotation
/// with its name becomes `…`, digits of a bare name `#`. Its signature is the text's.
///
/// "cannot read /in/cat_1.jpg: no such file" of /in/cat_1.jpg -> "cannot read … no such file"
std::string without_name(std::string_view text, std::string_view key);

inline constexpr std::size_t max_error_bytes = 4096;

/// At most 4 KiB of an error's text: its head and its tail, and between them how much is left out.
std::string shorten_error(std::string_view text);

}  // namespace drover::scheduler
