#include "common/types/base64.hpp"

#include <cstdint>

namespace drover {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8U | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text.push_back(k <= count ? digits[word >> (18 - 6 * k) & 63U] : '=');
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const auto group = text.substr(i, 4);
    const bool last = i + 4 == text.size();
    std::size_t filled = 4;
    while (last && filled > 2 && group[filled - 1] == '=') --filled;
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto digit = k < filled ? digits.find(group[k]) : 0;
      if (digit == std::string_view::npos) return std::nullopt;
      word = word << 6U | static_cast<std::uint32_t>(digit);
    }
    if ((word & ((1U << (8 * (4 - filled))) - 1)) != 0) return std::nullopt;
    for (std::size_t k = 0; k + 1 < filled; ++k) {
      bytes.push_back(static_cast<char>(word >> (16 - 8 * k) & 255U));
    }
  }
  return bytes;
}

}  // namespace drover
