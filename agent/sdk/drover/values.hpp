#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/types/describe.hpp"

/// Looks at the types of a task before anything is made of them: what is wrong with one is said
/// once and in a sentence, and not by every template that would have read or written it.
namespace drover::sdk {

/// Is T made of what values are made of, in all its parts? With a type that is not, it stops the
/// compiler; what uses it then makes nothing of that type (`if constexpr`), so that no more is
/// said.
template <class T>
struct IsValue : std::bool_constant<Value<T>> {
  static constexpr bool is_something = !std::is_void_v<T>;
  static constexpr bool is_described = Value<T> || !std::is_class_v<T>;
  static constexpr bool is_known = Value<T> || std::is_class_v<T> || std::is_void_v<T>;
  static_assert(is_something, "a task returns a value; bool will do");
  static_assert(is_described,
                "this struct has no description: add DROVER_STRUCT(Name, field, ...); after it, in "
                "its namespace (all that a task takes and returns: docs/tasks.md, Types)");
  static_assert(is_known, "a task does not take or return this type: docs/tasks.md, Types");
};
template <>
struct IsValue<Blob> : std::true_type {};
template <class T>
struct IsValue<std::vector<T>> : IsValue<T> {};
template <class T>
struct IsValue<std::optional<T>> : IsValue<T> {};
template <Described T>
struct IsValue<T> {
  static constexpr bool value =
      all_fields<T>([]<class F>(std::string_view, F T::*) { return IsValue<F>::value; });
};

/// All of them; each that is not is named.
template <class... T>
struct AreValues : std::bool_constant<(IsValue<T>::value && ...)> {};

}  // namespace drover::sdk
