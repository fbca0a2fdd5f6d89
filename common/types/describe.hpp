#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/types/describe_macro.hpp"
#include "common/types/type.hpp"

/// Describes a struct, so that it can be a value of a task or a message. One line at namespace
/// scope, in the struct's own namespace, after the struct; lists the fields in the order of their
/// encoding.
/// ```
/// struct Box { std::string label; double score = 0; };
/// DROVER_STRUCT(Box, label, score)
/// ```
#define DROVER_STRUCT(Name, ...)                                                      \
  constexpr std::string_view drover_struct_name(const Name*) { return #Name; }        \
  constexpr std::size_t drover_field_count(const Name*) {                             \
    return 0 DROVER_FOR_EACH(DROVER_COUNT_FIELD, Name __VA_OPT__(, ) __VA_ARGS__);    \
  }                                                                                   \
  template <class Visit>                                                              \
  constexpr bool drover_all_fields(const Name*, [[maybe_unused]] Visit&& visit) {     \
    return true DROVER_FOR_EACH(DROVER_VISIT_FIELD, Name __VA_OPT__(, ) __VA_ARGS__); \
  }

namespace drover {

/// A struct that DROVER_STRUCT has described.
template <class T>
concept Described = requires(const T* type) {
  drover_field_count(type);
};

template <Described T>
constexpr std::string_view struct_name() {
  return drover_struct_name(static_cast<const T*>(nullptr));
}

template <Described T>
constexpr std::size_t field_count() {
  return drover_field_count(static_cast<const T*>(nullptr));
}

/// Calls `visit(name, &T::field)` for each field in order, as long as it returns true.
template <Described T, class Visit>
constexpr bool all_fields(Visit&& visit) {
  return drover_all_fields(static_cast<const T*>(nullptr), visit);
}

/// Calls `visit(name, &T::field)` for each field in order.
template <Described T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  all_fields<T>([&](std::string_view name, auto member) {
    visit(name, member);
    return true;
  });
}

/// Calls `visit(name, value.field)` for each field in order.
template <class T, class Visit>
requires Described<std::remove_const_t<T>>
constexpr void for_each_field(T& value, Visit&& visit) {
  for_each_field<std::remove_const_t<T>>(
      [&](std::string_view name, auto member) { visit(name, value.*member); });
}

/// Names an object: `s3://bucket/key`, `file:/path`, or a plain absolute path.
struct Uri {
  std::string text;
  auto operator<=>(const Uri&) const = default;
};

/// A value of type `bytes`.
using Blob = std::vector<std::byte>;

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// The Type of a C++ type, as `TypeOf<T>::get()`. Specialised for what values can be made of; a
/// type of your own joins by DROVER_STRUCT.
template <class T>
struct TypeOf;

template <class T>
Type type_of() {
  return TypeOf<std::remove_cvref_t<T>>::get();
}

template <>
struct TypeOf<bool> {
  static Type get() { return Type::boolean(); }
};
template <Integer T>
struct TypeOf<T> {
  static Type get() { return Type::integer(); }
};
template <std::floating_point T>
struct TypeOf<T> {
  static Type get() { return Type::floating(); }
};
template <>
struct TypeOf<std::string> {
  static Type get() { return Type::str(); }
};
template <>
struct TypeOf<Uri> {
  static Type get() { return Type::uri(); }
};
template <class T>
struct TypeOf<std::vector<T>> {
  static Type get() { return Type::list_of(type_of<T>()); }
};
template <>
struct TypeOf<Blob> {
  static Type get() { return Type::bytes(); }
};
template <class T>
struct TypeOf<std::optional<T>> {
  static Type get() { return Type::optional_of(type_of<T>()); }
};
template <Described T>
struct TypeOf<T> {
  static Type get() {
    static const Type made = [] {
      std::vector<Field> fields;
      for_each_field<T>([&]<class F>(std::string_view name, F T::*) {
        fields.push_back({std::string(name), type_of<F>()});
      });
      return Type::structure(std::string(struct_name<T>()), std::move(fields));
    }();
    return made;
  }
};

/// A C++ type whose values tasks can take and return.
template <class T>
concept Value = requires {
  TypeOf<std::remove_cvref_t<T>>::get();
};

}  // namespace drover
