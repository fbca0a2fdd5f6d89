#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace drover {

/// MessagePack, one value at a time: what the codec of values (codec.hpp) is made of.
///
/// Written in the shortest form, so equal values have equal bytes. Maps and extensions are not
/// used. Source: the MessagePack specification.
namespace packed {

inline constexpr char nil = '\xc0';

template <class Word>
void append_big_endian(std::string& out, char tag, Word word) {
  char bytes[1 + sizeof(Word)];
  bytes[0] = tag;
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    bytes[1 + i] =
        static_cast<char>(static_cast<std::uint8_t>(word >> (8 * (sizeof(Word) - 1 - i))));
  }
  out.append(bytes, sizeof bytes);
}

inline void append_nil(std::string& out) { out.push_back(nil); }
inline void append_bool(std::string& out, bool value) { out.push_back(value ? '\xc3' : '\xc2'); }

inline void append_unsigned(std::string& out, std::uint64_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value <= 0xff) {
    append_big_endian(out, '\xcc', static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    append_big_endian(out, '\xcd', static_cast<std::uint16_t>(value));
  } else if (value <= 0xffffffff) {
    append_big_endian(out, '\xce', static_cast<std::uint32_t>(value));
  } else {
    append_big_endian(out, '\xcf', value);
  }
}

inline void append_signed(std::string& out, std::int64_t value) {
  if (value >= 0) {
    append_unsigned(out, static_cast<std::uint64_t>(value));
  } else if (value >= -32) {
    out.push_back(static_cast<char>(value));
  } else if (value >= std::numeric_limits<std::int8_t>::min()) {
    append_big_endian(out, '\xd0', static_cast<std::uint8_t>(value));
  } else if (value >= std::numeric_limits<std::int16_t>::min()) {
    append_big_endian(out, '\xd1', static_cast<std::uint16_t>(value));
  } else if (value >= std::numeric_limits<std::int32_t>::min()) {
    append_big_endian(out, '\xd2', static_cast<std::uint32_t>(value));
  } else {
    append_big_endian(out, '\xd3', static_cast<std::uint64_t>(value));
  }
}

inline void append_float(std::string& out, double value) {
  append_big_endian(out, '\xcb', std::bit_cast<std::uint64_t>(value));
}
inline void append_float(std::string& out, float value) {
  append_big_endian(out, '\xca', std::bit_cast<std::uint32_t>(value));
}

/// Requires: `text` is shorter than 4 GiB; so for the other sizes here.
inline void append_str(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (size < 32) {
    out.push_back(static_cast<char>(0xa0 | size));
  } else if (size <= 0xff) {
    append_big_endian(out, '\xd9', static_cast<std::uint8_t>(size));
  } else if (size <= 0xffff) {
    append_big_endian(out, '\xda', static_cast<std::uint16_t>(size));
  } else {
    append_big_endian(out, '\xdb', size);
  }
  out.append(text);
}

inline void append_bin(std::string& out, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (size <= 0xff) {
    append_big_endian(out, '\xc4', static_cast<std::uint8_t>(size));
  } else if (size <= 0xffff) {
    append_big_endian(out, '\xc5', static_cast<std::uint16_t>(size));
  } else {
    append_big_endian(out, '\xc6', size);
  }
  out.append(bytes);
}

/// `count` values must follow.
inline void append_array(std::string& out, std::size_t count) {
  if (count < 16) {
    out.push_back(static_cast<char>(0x90 | count));
  } else if (count <= 0xffff) {
    append_big_endian(out, '\xdc', static_cast<std::uint16_t>(count));
  } else {
    append_big_endian(out, '\xdd', static_cast<std::uint32_t>(count));
  }
}

/// What stands next in the bytes.
enum class Kind : std::uint8_t { Nil, Bool, Int, Float, Str, Bin, Array, Refused, End };

/// Reads packed values forwards and never beyond the end. A read_ function that gives false has
/// found another kind of value, or bytes that are cut off, and stays where it is.
class Reader {
 public:
  explicit Reader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }
  Kind next() const;  ///< Looks without reading. Maps, extensions and 0xc1 are Refused.

  bool accept_nil() {
    if (at_ == end_ || *at_ != nil) return false;
    ++at_;
    return true;
  }
  bool read_bool(bool& value) {
    if (at_ == end_ || (tag() | 1U) != 0xc3) return false;
    value = tag() == 0xc3;
    ++at_;
    return true;
  }
  /// `bits` is the number in two's complement; it is below zero where `negative`.
  bool read_int(std::uint64_t& bits, bool& negative) {
    if (at_ == end_) return false;
    const std::uint8_t first = tag();
    if (first < 0x80) {
      bits = first;
      negative = false;
      ++at_;
      return true;
    }
    return read_long_int(first, bits, negative);
  }
  /// Takes whole numbers too.
  bool read_float(double& value) {
    if (at_ != end_ && tag() == 0xcb && remaining() >= 9) {
      value = std::bit_cast<double>(big_endian<std::uint64_t>(at_ + 1));
      at_ += 9;
      return true;
    }
    if (at_ != end_ && tag() == 0xca && remaining() >= 5) {
      value = static_cast<double>(std::bit_cast<float>(big_endian<std::uint32_t>(at_ + 1)));
      at_ += 5;
      return true;
    }
    std::uint64_t bits = 0;
    bool negative = false;
    if (!read_int(bits, negative)) return false;
    value =
        negative ? static_cast<double>(static_cast<std::int64_t>(bits)) : static_cast<double>(bits);
    return true;
  }
  bool read_str(std::string_view& text) {
    if (at_ == end_) return false;
    if ((tag() & 0xe0U) == 0xa0) return take(1, tag() & 0x1fU, text);
    return read_sized(0xd9, text);
  }
  bool read_bin(std::string_view& bytes) { return at_ != end_ && read_sized(0xc4, bytes); }
  /// Gives false too where fewer bytes than elements are left, so that no count can ask for much.
  bool read_array(std::size_t& count) {
    if (at_ == end_) return false;
    std::size_t header = 1;
    if ((tag() & 0xf0U) == 0x90) {
      count = tag() & 0x0fU;
    } else if (tag() == 0xdc && remaining() >= 3) {
      count = big_endian<std::uint16_t>(at_ + 1);
      header = 3;
    } else if (tag() == 0xdd && remaining() >= 5) {
      count = big_endian<std::uint32_t>(at_ + 1);
      header = 5;
    } else {
      return false;
    }
    if (count > remaining() - header) return false;
    at_ += header;
    return true;
  }
  /// Passes over one whole value; false where it is malformed, refused, cut off, or nested deeper
  /// than `depth` arrays.
  bool skip(std::uint32_t depth);

 private:
  std::uint8_t tag() const { return static_cast<std::uint8_t>(*at_); }

  template <class Word>
  static Word big_endian(const char* from) {
    Word word{};
    std::memcpy(&word, from, sizeof word);
    if constexpr (sizeof(Word) == 2) return static_cast<Word>(__builtin_bswap16(word));
    if constexpr (sizeof(Word) == 4) return __builtin_bswap32(word);
    if constexpr (sizeof(Word) == 8) return __builtin_bswap64(word);
    return word;
  }
  template <class Word>
  bool take_int(std::uint64_t& bits, bool& negative, bool is_signed) {
    if (remaining() < 1 + sizeof(Word)) return false;
    const auto word = big_endian<Word>(at_ + 1);
    at_ += 1 + sizeof(Word);
    const auto value = static_cast<std::make_signed_t<Word>>(word);
    negative = is_signed && value < 0;
    bits = negative ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) : word;
    return true;
  }
  bool read_long_int(std::uint8_t first, std::uint64_t& bits, bool& negative) {
    switch (first) {
      case 0xcc:
        return take_int<std::uint8_t>(bits, negative, false);
      case 0xcd:
        return take_int<std::uint16_t>(bits, negative, false);
      case 0xce:
        return take_int<std::uint32_t>(bits, negative, false);
      case 0xcf:
        return take_int<std::uint64_t>(bits, negative, false);
      case 0xd0:
        return take_int<std::uint8_t>(bits, negative, true);
      case 0xd1:
        return take_int<std::uint16_t>(bits, negative, true);
      case 0xd2:
        return take_int<std::uint32_t>(bits, negative, true);
      case 0xd3:
        return take_int<std::uint64_t>(bits, negative, true);
      default:
        break;
    }
    if (first < 0xe0) return false;
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(first)));
    negative = true;
    ++at_;
    return true;
  }
  bool take(std::size_t header, std::size_t size, std::string_view& bytes) {
    if (remaining() < header + size) return false;
    bytes = std::string_view(at_ + header, size);
    at_ += header + size;
    return true;
  }
  /// `tag8`, and the two numbers after it, say that a size of 1, 2 or 4 bytes follows.
  bool read_sized(std::uint8_t tag8, std::string_view& bytes) {
    const unsigned width = tag() - static_cast<unsigned>(tag8);
    if (width == 0 && remaining() >= 2) {
      return take(2, static_cast<std::uint8_t>(at_[1]), bytes);
    }
    if (width == 1 && remaining() >= 3) return take(3, big_endian<std::uint16_t>(at_ + 1), bytes);
    if (width == 2 && remaining() >= 5) return take(5, big_endian<std::uint32_t>(at_ + 1), bytes);
    return false;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace packed
}  // namespace drover
