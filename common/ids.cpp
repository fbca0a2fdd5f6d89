#include "common/ids.hpp"

#include <fmt/format.h>

namespace drover {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const std::array<std::uint8_t, 16>& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

Result<std::array<std::uint8_t, 16>> from_hex(std::string_view text) {
  if (text.size() != 32) {
    return fail(ErrorCode::Invalid,
                fmt::format("an id has 32 hex digits, '{}' has {} characters", text, text.size()));
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 16; ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return fail(ErrorCode::Invalid, fmt::format("'{}' is not an id: not all of it is hex", text));
    }
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return bytes;
}

std::string to_string(const LeaseId& id) { return fmt::format("{}.{}", id.epoch, id.number); }

}  // namespace drover
