#include "common/wire/reader.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>

#include "common/utf8.hpp"

namespace drover::wire {
namespace {

// First bytes, as the specification names them.
enum : std::uint8_t {
  fixmap = 0x80,
  fixarray = 0x90,
  fixstr = 0xa0,
  nil = 0xc0,
  never_used = 0xc1,
  false_ = 0xc2,
  true_ = 0xc3,
  bin8 = 0xc4,
  bin32 = 0xc6,
  ext8 = 0xc7,
  ext32 = 0xc9,
  float32 = 0xca,
  float64 = 0xcb,
  uint8 = 0xcc,
  uint64 = 0xcf,
  int8 = 0xd0,
  int64 = 0xd3,
  fixext1 = 0xd4,
  fixext16 = 0xd8,
  str8 = 0xd9,
  str32 = 0xdb,
  array16 = 0xdc,
  array32 = 0xdd,
  map16 = 0xde,
  map32 = 0xdf,
  negative_fixint = 0xe0,
};

bool is_fixmap(std::uint8_t b) { return (b & 0xf0U) == fixmap; }
bool is_fixarray(std::uint8_t b) { return (b & 0xf0U) == fixarray; }
bool is_fixstr(std::uint8_t b) { return (b & 0xe0U) == fixstr; }
bool is_integer(std::uint8_t b) {
  return b < fixmap || b >= negative_fixint || (uint8 <= b && b <= int64);
}

std::string_view name_of_form(std::uint8_t b) {
  if (is_integer(b)) return "an int";
  if (is_fixmap(b) || b == map16 || b == map32) return "a map";
  if (is_fixarray(b) || b == array16 || b == array32) return "an array";
  if (is_fixstr(b) || (str8 <= b && b <= str32)) return "a str";
  if (bin8 <= b && b <= bin32) return "a bin";
  if (b == float32 || b == float64) return "a float";
  if (b == false_ || b == true_) return "a bool";
  if (b == nil) return "nil";
  return b == never_used ? "the byte 0xc1, which MessagePack never uses" : "an ext";
}

}  // namespace

bool Reader::refuse(std::string why) {
  if (why_.empty()) why_ = std::move(why);
  return false;
}

bool Reader::refuse_type(std::string_view wanted) {
  if (rest_.empty()) return refuse(fmt::format("expected {}, but the frame ends here", wanted));
  return refuse(fmt::format("expected {}, found {}", wanted, name_of_form(peek())));
}

void Reader::within(std::string_view field) { path_.emplace_back(field); }
void Reader::within(std::size_t element) { path_.push_back(fmt::format("[{}]", element)); }

Error Reader::error() const {
  std::string where;
  for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
    if (!where.empty() && part->front() != '[') where += '.';
    where += *part;
  }
  return {ErrorCode::Invalid, where.empty() ? why_ : where + ": " + why_};
}

bool Reader::take(std::size_t count, std::string_view& bytes) {
  if (count > rest_.size()) {
    return refuse(fmt::format("{} bytes announced, {} left in the frame", count, rest_.size()));
  }
  bytes = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return true;
}

bool Reader::take_number(std::size_t bytes, std::uint64_t& value) {
  std::string_view digits;
  if (!take(bytes, digits)) return false;
  value = 0;
  for (const char digit : digits) value = value << 8U | static_cast<std::uint8_t>(digit);
  return true;
}

/// The length after the first byte: `fixed` itself where `bytes` is 0, else a number of that many
/// bytes.
bool Reader::take_length(std::size_t bytes, std::uint64_t fixed, std::uint64_t& length) {
  rest_.remove_prefix(1);
  if (bytes != 0) return take_number(bytes, length);
  length = fixed;
  return true;
}

bool Reader::read(bool& value) {
  if (rest_.empty() || (peek() != false_ && peek() != true_)) return refuse_type("a bool");
  value = peek() == true_;
  rest_.remove_prefix(1);
  return true;
}

bool Reader::read_integer(std::uint64_t& magnitude, bool& negative) {
  if (rest_.empty() || !is_integer(peek())) return refuse_type("an int");
  const std::uint8_t first = peek();
  rest_.remove_prefix(1);
  negative = false;
  if (first < fixmap) {
    magnitude = first;
    return true;
  }
  std::int64_t value = static_cast<std::int8_t>(first);  // a negative fixint is its own value
  if (first <= uint64) return take_number(std::size_t{1} << (first - uint8), magnitude);
  if (first <= int64) {
    const std::size_t bytes = std::size_t{1} << (first - int8);
    if (!take_number(bytes, magnitude)) return false;
    const auto shift = 64 - 8 * bytes;
    value = static_cast<std::int64_t>(magnitude << shift) >> shift;
  }
  negative = value < 0;
  magnitude = negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  return true;
}

bool Reader::read_unsigned(std::uint64_t& value, std::uint64_t max) {
  bool negative = false;
  if (!read_integer(value, negative)) return false;
  if (negative) return refuse(fmt::format("-{} is negative", value));
  if (value > max) return refuse(fmt::format("{} is out of range, at most {}", value, max));
  return true;
}

bool Reader::read_signed(std::int64_t& value, std::int64_t min, std::int64_t max) {
  bool negative = false;
  std::uint64_t magnitude = 0;
  if (!read_integer(magnitude, negative)) return false;
  constexpr std::uint64_t two_to_63 = std::uint64_t{1} << 63U;
  value = static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude);
  const bool representable = negative ? magnitude <= two_to_63 : magnitude < two_to_63;
  if (representable && min <= value && value <= max) return true;
  return refuse(
      fmt::format("{}{} is out of range, from {} to {}", negative ? "-" : "", magnitude, min, max));
}

bool Reader::read_real(double& value) {
  if (rest_.empty()) return refuse_type("a number");
  std::uint64_t bits = 0;
  if (peek() == float32) {
    rest_.remove_prefix(1);
    if (!take_number(4, bits)) return false;
    value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  } else if (peek() == float64) {
    rest_.remove_prefix(1);
    if (!take_number(8, bits)) return false;
    value = std::bit_cast<double>(bits);
  } else if (is_integer(peek())) {
    bool negative = false;
    if (!read_integer(bits, negative)) return false;
    value = negative ? -static_cast<double>(bits) : static_cast<double>(bits);
  } else {
    return refuse_type("a number");
  }
  return std::isfinite(value) || refuse("not a finite number");
}

bool Reader::read_text(std::string_view& value) {
  const std::uint8_t first = rest_.empty() ? std::uint8_t{nil} : peek();
  std::uint64_t length = 0;
  if (is_fixstr(first)) {
    take_length(0, first & 0x1fU, length);
  } else if (str8 <= first && first <= str32) {
    if (!take_length(std::size_t{1} << (first - str8), 0, length)) return false;
  } else {
    return refuse_type("a str");
  }
  if (!take(length, value)) return false;
  return is_utf8(value) || refuse("a str that is not UTF-8");
}

bool Reader::read_binary(std::string_view& value) {
  const std::uint8_t first = rest_.empty() ? std::uint8_t{nil} : peek();
  if (first < bin8 || first > bin32) return refuse_type("a bin");
  std::uint64_t length = 0;
  return take_length(std::size_t{1} << (first - bin8), 0, length) && take(length, value);
}

bool Reader::skip_nil() {
  if (rest_.empty() || peek() != nil) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Reader::enter(std::uint64_t count, std::uint64_t bytes_each, std::uint32_t& out) {
  if (count > max_elements) {
    return refuse(fmt::format("{} elements, at most {} are allowed", count, max_elements));
  }
  if (count * bytes_each > rest_.size()) {
    return refuse(
        fmt::format("{} elements announced, {} bytes left in the frame", count, rest_.size()));
  }
  if (depth_ == max_depth) return refuse(fmt::format("nested deeper than {}", max_depth));
  if (count > elements_left_) {
    return refuse(fmt::format("more than {} elements in all", max_elements_in_all));
  }
  elements_left_ -= static_cast<std::uint32_t>(count);
  ++depth_;
  out = static_cast<std::uint32_t>(count);
  return true;
}

bool Reader::enter_array(std::uint32_t& count) {
  const std::uint8_t first = rest_.empty() ? std::uint8_t{nil} : peek();
  std::uint64_t length = 0;
  if (is_fixarray(first)) {
    take_length(0, first & 0x0fU, length);
  } else if (first == array16 || first == array32) {
    if (!take_length(first == array16 ? 2 : 4, 0, length)) return false;
  } else {
    return refuse_type("an array");
  }
  return enter(length, 1, count);
}

bool Reader::enter_map(std::uint32_t& count) {
  const std::uint8_t first = rest_.empty() ? std::uint8_t{nil} : peek();
  std::uint64_t length = 0;
  if (is_fixmap(first)) {
    take_length(0, first & 0x0fU, length);
  } else if (first == map16 || first == map32) {
    if (!take_length(first == map16 ? 2 : 4, 0, length)) return false;
  } else {
    return refuse_type("a map");
  }
  return enter(length, 2, count);
}

bool Reader::skip() {
  if (rest_.empty()) return refuse_type("a value");
  const std::uint8_t first = peek();
  const bool map = is_fixmap(first) || first == map16 || first == map32;
  if (map || is_fixarray(first) || first == array16 || first == array32) {
    std::uint32_t count = 0;
    if (!(map ? enter_map(count) : enter_array(count))) return false;
    for (std::uint32_t i = 0; i < (map ? 2 * count : count); ++i) {
      if (!skip()) return false;
    }
    leave();
    return true;
  }
  std::string_view bytes;
  std::uint64_t magnitude = 0;
  bool flag = false;
  if (is_integer(first)) return read_integer(magnitude, flag);
  if (is_fixstr(first) || (str8 <= first && first <= str32)) return read_text(bytes);
  if (bin8 <= first && first <= bin32) return read_binary(bytes);
  if (first == false_ || first == true_) return read(flag);
  if (first == nil) return skip_nil();
  if (first == float32 || first == float64) return take(first == float32 ? 5 : 9, bytes);
  return refuse_type("a value");  // ext and 0xc1
}

}  // namespace drover::wire
