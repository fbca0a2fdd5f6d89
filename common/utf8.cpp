#include "common/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace drover {
namespace {

bool within(unsigned char byte, unsigned low, unsigned high) { return low <= byte && byte <= high; }

/// Bytes of the character that starts at `at`, or 0 where none does.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t i) { return within(byte(i), 0x80, 0xbf); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (within(lead, 0xc2, 0xdf)) return continues(1) ? 2 : 0;
  if (within(lead, 0xe0, 0xef)) {
    // E0 would be overlong below A0; ED would be a surrogate above 9F.
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return within(byte(1), low, high) && continues(2) ? 3 : 0;
  }
  if (within(lead, 0xf0, 0xf4)) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return within(byte(1), low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

/// Eight bytes at a time, as nearly all text is ASCII.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  while (text.size() - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
    at += 8;
  }
  return at;
}

}  // namespace

std::size_t first_not_utf8(std::string_view text) {
  std::size_t at = 0;
  while ((at = skip_ascii(text, at)) < text.size()) {
    const std::size_t length = character_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

bool is_utf8(std::string_view text) { return first_not_utf8(text) == text.size(); }

std::string repaired_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    repaired += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return repaired;
}

}  // namespace drover
