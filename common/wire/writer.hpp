#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/types/packed.hpp"

namespace drover::wire {

/// Appends MessagePack to a frame, every number in its shortest form.
///
/// Errors   What a Reader would refuse for its size is refused here too, at the field that is too
/// large:
///          a peer must never end a session over what its own program sent.
class Writer {
 public:
  void write_nil() { packed::append_nil(frame_); }
  void write(bool value) { packed::append_bool(frame_, value); }
  void write_unsigned(std::uint64_t value) { packed::append_unsigned(frame_, value); }
  void write_signed(std::int64_t value) { packed::append_signed(frame_, value); }
  void write_real(float value) { packed::append_float(frame_, value); }
  void write_real(double value) { packed::append_float(frame_, value); }
  void write_text(std::string_view value);  ///< Bytes that are not UTF-8 become U+FFFD.
  void write_binary(std::string_view value) { packed::append_bin(frame_, value); }
  void begin_array(std::size_t count);
  void begin_map(std::size_t count);

  /// Names the field that is written until `leave`; for errors.
  void enter(std::string_view field) { path_.push_back(field); }
  void leave() { path_.pop_back(); }

  /// The frame. Errors: TooLarge, with the field.
  Result<std::string> finish() &&;

 private:
  void check_count(std::size_t count);

  std::string frame_;
  std::size_t elements_ = 0;  // of all arrays and maps
  std::vector<std::string_view> path_;
  std::string too_large_;  // the first refusal
};

}  // namespace drover::wire
