#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.hpp"
#include "common/columns.hpp"
#include "common/result.hpp"
#include "common/types/describe.hpp"
#include "common/types/packed.hpp"

namespace drover {

/// Values of tasks as MessagePack bytes: `uri` is a string, `bytes` is binary, an optional is nil
/// or its value, a list is an array, and a struct is an array of its fields in declared order.
/// Whole numbers are taken where a float is wanted. Strings are not checked for UTF-8.
///
/// Written by hand for speed: 6 ns for an int, there and back (a generic unpack takes ten times
/// that).

/// Appends the encoded value to `out`.
template <class T>
void encode(const T& value, std::string& out);

template <class T>
std::string encoded(const T& value) {
  std::string out;
  encode(value, out);
  return out;
}

/// Reads exactly one value of type T. Errors: Invalid, with the place in the value and what was
/// found instead: another type, a number out of range, bytes that are cut off or left over, nesting
/// deeper than max_type_depth.
template <class T>
Result<T> decode(std::string_view bytes);

/// As decode(), into a value that is there already and whose memory is used again. After an error
/// its contents are unspecified.
template <class T>
Result<void> decode_to(std::string_view bytes, T& value);

/// The length of the encoded value that `bytes` begin with.
/// Errors: Invalid where it is malformed, cut off, or nested deeper than max_type_depth.
Result<std::size_t> skip_value(std::string_view bytes);

/// The elements of an encoded array, each still encoded; views into `bytes`.
/// Errors: Invalid where `bytes` are not exactly one array.
Result<std::vector<std::string_view>> array_elements(std::string_view bytes);

/// The same as columns. A nil element stays the value nil.
Result<Columns> columns_of_array(std::string_view bytes);

/// The encoded array of these values, with nil where there is none.
std::string array_of_columns(const Columns& values);

// ---------------------------------------------------------------------------------------------------

namespace codec {

/// Where decoding stands and, once it failed, why. The failing paths stand apart, so that the good
/// ones stay short.
class Decoding {
 public:
  explicit Decoding(std::string_view bytes) : in(bytes) {}

  packed::Reader in;

  // All give false, so that `return reading || from.expected(…)` reads well.
  [[gnu::cold, gnu::noinline]] bool expected(packed::Kind kind, std::string_view what);
  [[gnu::cold, gnu::noinline]] bool out_of_range(std::uint64_t bits, bool negative,
                                                 std::string_view limits);
  [[gnu::cold, gnu::noinline]] bool too_deep();
  [[gnu::cold, gnu::noinline]] bool wrong_count(std::string_view name, std::size_t fields,
                                                std::size_t found);
  [[gnu::cold, gnu::noinline]] bool inside_field(std::string_view name);
  [[gnu::cold, gnu::noinline]] bool inside_element(std::size_t index);
  [[gnu::cold, gnu::noinline]] tl::unexpected<Error> error() const;

 private:
  struct Problem {
    std::string what;
    std::string place;  // as in `.boxes[3].score`, put together on the way out
  };
  bool fail_with(std::string what);

  std::unique_ptr<Problem> problem_;
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <Integer T>
bool read(Decoding& from, T& value, std::uint32_t) {
  std::uint64_t bits = 0;
  bool negative = false;
  if (!from.in.read_int(bits, negative)) return from.expected(packed::Kind::Int, "an int");
  const bool fits =
      negative ? std::in_range<T>(static_cast<std::int64_t>(bits)) : std::in_range<T>(bits);
  if (!fits) {
    return from.out_of_range(
        bits, negative,
        fmt::format("{} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
  value = static_cast<T>(bits);
  return true;
}
inline bool read(Decoding& from, bool& value, std::uint32_t) {
  return from.in.read_bool(value) || from.expected(packed::Kind::Bool, "a bool");
}
template <std::floating_point T>
bool read(Decoding& from, T& value, std::uint32_t) {
  double number = 0;
  if (!from.in.read_float(number)) return from.expected(packed::Kind::Float, "a float");
  value = static_cast<T>(number);
  return true;
}
inline bool read(Decoding& from, std::string& value, std::uint32_t) {
  std::string_view text;
  if (!from.in.read_str(text)) return from.expected(packed::Kind::Str, "a str");
  value.assign(text);
  return true;
}
inline bool read(Decoding& from, Uri& value, std::uint32_t) {
  std::string_view text;
  if (!from.in.read_str(text)) return from.expected(packed::Kind::Str, "a uri");
  value.text.assign(text);
  return true;
}
inline bool read(Decoding& from, Blob& value, std::uint32_t) {
  std::string_view bytes;
  if (!from.in.read_bin(bytes)) return from.expected(packed::Kind::Bin, "bytes");
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  value.assign(begin, begin + bytes.size());
  return true;
}
template <class T>
bool read(Decoding& from, std::optional<T>& value, std::uint32_t depth);
template <class T>
bool read(Decoding& from, std::vector<T>& value, std::uint32_t depth);
template <Described T>
bool read(Decoding& from, T& value, std::uint32_t depth);

template <class T>
bool read(Decoding& from, std::optional<T>& value, std::uint32_t depth) {
  static_assert(!IsOptional<T>::value, "nil could mean either: use one optional");
  if (from.in.accept_nil()) {
    value.reset();
    return true;
  }
  if (!value) value.emplace();
  return read(from, *value, depth);
}
template <class T>
bool read(Decoding& from, std::vector<T>& value, std::uint32_t depth) {
  std::size_t count = 0;
  if (depth == 0) return from.too_deep();
  if (!from.in.read_array(count)) return from.expected(packed::Kind::Array, "a list");
  if constexpr (std::is_same_v<T, bool>) {
    value.clear();
    for (std::size_t i = 0; i < count; ++i) {
      bool element = false;
      if (!read(from, element, depth - 1)) return from.inside_element(i);
      value.push_back(element);
    }
  } else {
    // Memory grows with what was read, not with what a count promises.
    value.resize(std::min<std::size_t>(count, 1024));
    for (std::size_t i = 0; i < count; ++i) {
      if (i == value.size()) value.resize(std::min(count, 2 * i));
      if (!read(from, value[i], depth - 1)) return from.inside_element(i);
    }
  }
  return true;
}
template <Described T>
bool read(Decoding& from, T& value, std::uint32_t depth) {
  std::size_t count = 0;
  if (depth == 0) return from.too_deep();
  if (!from.in.read_array(count)) return from.expected(packed::Kind::Array, struct_name<T>());
  if (count != field_count<T>()) return from.wrong_count(struct_name<T>(), field_count<T>(), count);
  return all_fields<T>([&](std::string_view name, auto member) {
    return read(from, value.*member, depth - 1) || from.inside_field(name);
  });
}

template <Integer T>
void write(const T& value, std::string& out) {
  if constexpr (std::is_signed_v<T>) {
    packed::append_signed(out, value);
  } else {
    packed::append_unsigned(out, value);
  }
}
inline void write(const bool& value, std::string& out) { packed::append_bool(out, value); }
template <std::floating_point T>
void write(const T& value, std::string& out) {
  packed::append_float(out, value);
}
inline void write(const std::string& value, std::string& out) { packed::append_str(out, value); }
inline void write(const Uri& value, std::string& out) { packed::append_str(out, value.text); }
inline void write(const Blob& value, std::string& out) {
  packed::append_bin(out, {reinterpret_cast<const char*>(value.data()), value.size()});
}
template <class T>
void write(const std::optional<T>& value, std::string& out);
template <class T>
void write(const std::vector<T>& value, std::string& out);
template <Described T>
void write(const T& value, std::string& out);

template <class T>
void write(const std::optional<T>& value, std::string& out) {
  static_assert(!IsOptional<T>::value, "nil could mean either: use one optional");
  value ? write(*value, out) : packed::append_nil(out);
}
template <class T>
void write(const std::vector<T>& value, std::string& out) {
  packed::append_array(out, value.size());
  for (const T& element : value) write(element, out);
}
template <Described T>
void write(const T& value, std::string& out) {
  packed::append_array(out, field_count<T>());
  for_each_field(value, [&](std::string_view, const auto& field) { write(field, out); });
}

}  // namespace codec

template <class T>
void encode(const T& value, std::string& out) {
  codec::write(value, out);
}

namespace codec {

template <class T>
bool read_whole(Decoding& from, T& value) {
  return read(from, value, max_type_depth) &&
         (from.in.at_end() || from.expected(packed::Kind::End, "the end"));
}

}  // namespace codec

template <class T>
Result<void> decode_to(std::string_view bytes, T& value) {
  codec::Decoding from(bytes);
  if (!codec::read_whole(from, value)) return from.error();
  return {};
}

template <class T>
Result<T> decode(std::string_view bytes) {
  codec::Decoding from(bytes);
  T value{};
  if (!codec::read_whole(from, value)) return from.error();
  return value;
}

}  // namespace drover
