#pragma once

#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/wire/codec.hpp"
#include "common/wire/envelope.hpp"

/// Makes messages of every kind out of what RapidCheck likes, each field by its type.
namespace drover::wire::testing {

/// Fields that hold bytes; stated here again, so that a test notices when the codec forgets one.
template <class T>
bool holds_bytes(std::string_view field) {
  if constexpr (std::same_as<T, Argument>) return field == "constant";
  if constexpr (std::same_as<T, LogPart> || std::same_as<T, LogText>) return field == "bytes";
  return false;
}

inline std::string any_bytes() {
  return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

inline std::string any_text() {
  static const std::vector<std::string> pieces{"a",  "B", " ", "0", "\n", std::string(1, '\0'),
                                               "\"", "ä", "€", "😀"};
  std::string text;
  for (const auto& piece :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)))
    text += piece;
  return text;
}

template <class T>
T any();

template <class T>
struct Any;
template <std::integral T>
struct Any<T> {
  static T get() { return *rc::gen::arbitrary<T>(); }
};
template <std::floating_point T>
struct Any<T> {
  static T get() {
    const T value = *rc::gen::arbitrary<T>();
    return std::isfinite(value) ? std::abs(value) : T{0.5};  // Amounts and durations, all of them.
  }
};
template <>
struct Any<std::string> {
  static std::string get() { return any_text(); }
};
template <class Tag>
struct Any<Id128<Tag>> {
  static Id128<Tag> get() {
    Id128<Tag> id;
    for (auto& byte : id.bytes) byte = any<std::uint8_t>();
    return id;
  }
};
template <>
struct Any<LeaseId> {
  static LeaseId get() { return {any<std::uint64_t>(), any<std::uint64_t>()}; }
};
template <>
struct Any<OpeningId> {
  static OpeningId get() { return {any<std::uint64_t>(), any<std::uint64_t>()}; }
};
template <>
struct Any<Range> {
  static Range get() {
    const auto [low, high] = std::minmax({any<std::uint64_t>(), any<std::uint64_t>()});
    return {low, high};
  }
};
template <>
struct Any<Columns> {
  static Columns get() {
    Columns columns;
    const auto count = *rc::gen::inRange(0, 6);
    for (int i = 0; i < count; ++i) columns.push_back(any_bytes());
    return columns;
  }
};
template <>
struct Any<Cause> {
  static Cause get() { return static_cast<Cause>(*rc::gen::inRange(1, 7)); }
};
template <>
struct Any<Answered> {
  static Answered get() { return static_cast<Answered>(*rc::gen::inRange(0, 3)); }
};
template <>
struct Any<ErrorCode> {
  static ErrorCode get() { return static_cast<ErrorCode>(*rc::gen::inRange(1, 11)); }
};
template <class T>
struct Any<std::optional<T>> {
  static std::optional<T> get() { return any<bool>() ? std::optional(any<T>()) : std::nullopt; }
};
template <class T>
struct Any<std::vector<T>> {
  static std::vector<T> get() {
    std::vector<T> values;
    const auto count = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) values.push_back(any<T>());
    return values;
  }
};
template <>
struct Any<std::map<std::string, std::string>> {
  static std::map<std::string, std::string> get() {
    std::map<std::string, std::string> values;
    const auto count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) values[any_text()] = any_text();
    return values;
  }
};
template <Described T>
struct Any<T> {
  static T get() {
    T value;
    for_each_field(value, []<class F>(std::string_view name, F& field) {
      field = any<F>();
      if constexpr (std::same_as<F, std::string>) {
        if (holds_bytes<T>(name)) field = any_bytes();
      } else if constexpr (std::same_as<F, std::optional<std::string>>) {
        if (holds_bytes<T>(name) && field) field = any_bytes();
      }
    });
    return value;
  }
};

template <class T>
T any() {
  return Any<T>::get();
}

/// A message of the kind at `index` of the variant.
template <class Message, std::size_t index = 0>
Message any_message(std::size_t wanted) {
  if constexpr (index + 1 < std::variant_size_v<Message>) {
    if (wanted != index) return any_message<Message, index + 1>(wanted);
  }
  return any<std::variant_alternative_t<index, Message>>();
}

}  // namespace drover::wire::testing
