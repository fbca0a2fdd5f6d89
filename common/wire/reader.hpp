#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/wire/limits.hpp"

namespace drover::wire {

/// Walks through MessagePack bytes from outside, and believes nothing.
///
/// Limits   Those of limits.hpp. A length is compared with the bytes that are left before it is
/// used, so
///          nothing larger than the frame is ever allocated for it.
/// Owns     Nothing: strings are views into the frame.
/// Errors   Every read says false on a refusal; the first refusal is kept, and who unwinds adds
/// where it
///          was. After a refusal the reader is of no further use.
/// Source   MessagePack specification, github.com/msgpack/msgpack/blob/master/spec.md
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool read(bool& value);
  bool read_unsigned(std::uint64_t& value, std::uint64_t max);
  bool read_signed(std::int64_t& value, std::int64_t min, std::int64_t max);
  bool read_real(double& value);  ///< Floats of both sizes and ints; refused unless finite.
  bool read_text(std::string_view& value);    ///< A str, checked to be UTF-8.
  bool read_binary(std::string_view& value);  ///< A bin.
  bool skip_nil();                            ///< True, and past it, where the next value is nil.

  /// Steps into an array or map of `count` elements or pairs; `leave` steps out after the last.
  bool enter_array(std::uint32_t& count);
  bool enter_map(std::uint32_t& count);
  void leave() { --depth_; }

  /// Passes over one value of any form, checking all limits on the way.
  bool skip();
  bool at_end() const { return rest_.empty(); }

  bool refuse(std::string why);               ///< Always false. The first reason stays.
  bool refuse_type(std::string_view wanted);  ///< "expected a map, found a str"
  void within(std::string_view field);        ///< Where the refusal was, from the inside out.
  void within(std::size_t element);
  Error error() const;  ///< `columns.offsets: why`. Requires: something was refused.

 private:
  bool take(std::size_t count, std::string_view& bytes);
  bool take_number(std::size_t bytes, std::uint64_t& value);  // big-endian
  bool take_length(std::size_t bytes, std::uint64_t fixed, std::uint64_t& length);
  bool read_integer(std::uint64_t& magnitude, bool& negative);
  bool enter(std::uint64_t count, std::uint64_t bytes_each, std::uint32_t& out);
  std::uint8_t peek() const { return static_cast<std::uint8_t>(rest_.front()); }

  std::string_view rest_;
  std::uint32_t depth_ = 0;
  std::uint32_t elements_left_ = max_elements_in_all;
  std::string why_;
  std::vector<std::string> path_;  // innermost first
};

}  // namespace drover::wire
