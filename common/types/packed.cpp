#include "common/types/packed.hpp"

namespace drover::packed {

Kind Reader::next() const {
  if (at_ == end_) return Kind::End;
  const std::uint8_t first = tag();
  if (first < 0x80 || first >= 0xe0) return Kind::Int;
  if (first < 0x90) return Kind::Refused;
  if (first < 0xa0) return Kind::Array;
  if (first < 0xc0) return Kind::Str;
  switch (first) {
    case 0xc0:
      return Kind::Nil;
    case 0xc2:
    case 0xc3:
      return Kind::Bool;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return Kind::Bin;
    case 0xca:
    case 0xcb:
      return Kind::Float;
    case 0xd9:
    case 0xda:
    case 0xdb:
      return Kind::Str;
    case 0xdc:
    case 0xdd:
      return Kind::Array;
    default:
      return first >= 0xcc && first <= 0xd3 ? Kind::Int : Kind::Refused;
  }
}

bool Reader::skip(std::uint32_t depth) {
  std::string_view bytes;
  std::uint64_t bits = 0;
  bool flag = false;
  double number = 0;
  switch (next()) {
    case Kind::Nil:
      return accept_nil();
    case Kind::Bool:
      return read_bool(flag);
    case Kind::Int:
      return read_int(bits, flag);
    case Kind::Float:
      return read_float(number);
    case Kind::Str:
      return read_str(bytes);
    case Kind::Bin:
      return read_bin(bytes);
    case Kind::Array: {
      std::size_t count = 0;
      if (depth == 0 || !read_array(count)) return false;
      while (count > 0 && skip(depth - 1)) --count;
      return count == 0;
    }
    case Kind::Refused:
    case Kind::End:
      return false;
  }
  return false;
}

}  // namespace drover::packed
