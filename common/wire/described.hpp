#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "common/columns.hpp"
#include "common/types/describe.hpp"

/// What the codec has to be told about a type beyond DROVER_STRUCT.
namespace drover::wire {

/// Fields of T that are strings in C++ and hold bytes, not text.
template <class T>
struct BinaryFields {
  static constexpr std::array<std::string_view, 0> names{};
};
template <>
struct BinaryFields<Columns> {
  static constexpr std::array<std::string_view, 1> names{"bytes"};
};

/// Names of an enum on the wire: `names` is an array of (value, name).
template <class E>
struct EnumNames;

template <class T>
concept Named = requires {
  EnumNames<T>::names;
};

namespace codec {

/// Columns are a struct like any other, but for its check and its bytes.
template <class T, class Visit>
void each_field(T& value, Visit&& visit) {
  if constexpr (std::same_as<std::remove_const_t<T>, Columns>) {
    visit(std::string_view("offsets"), value.offsets);
    visit(std::string_view("bytes"), value.bytes);
  } else {
    for_each_field(value, visit);
  }
}
template <class T>
concept Struct = Described<T> || std::same_as<T, Columns>;

template <class T>
constexpr bool is_binary(std::string_view field) {
  return std::ranges::find(BinaryFields<T>::names, field) != BinaryFields<T>::names.end();
}

}  // namespace codec
}  // namespace drover::wire
