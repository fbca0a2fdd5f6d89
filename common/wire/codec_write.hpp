#pragma once

#include <bit>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/causes.hpp"
#include "common/check.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/wire/described.hpp"
#include "common/wire/writer.hpp"

/// The writing half of codec.hpp: `write(writer, field)` for everything a message is made of.
namespace drover::wire::codec {

inline void write(Writer& out, bool value) { out.write(value); }
inline void write(Writer& out, const std::string& value) { out.write_text(value); }
inline void write(Writer& out, float value) { out.write_real(value); }
inline void write(Writer& out, double value) { out.write_real(value); }
inline void write(Writer& out, Cause value) { out.write_text(name_of(value)); }

template <std::integral T>
void write(Writer& out, T value) {
  if constexpr (std::signed_integral<T>) {
    out.write_signed(value);
  } else {
    out.write_unsigned(value);
  }
}
template <Named E>
void write(Writer& out, E value) {
  for (const auto& [known, name] : EnumNames<E>::names) {
    if (known == value) return out.write_text(name);
  }
  CHECK(false, "an enum of value {}", static_cast<int>(value));
}
template <class Tag>
void write(Writer& out, const Id128<Tag>& id) {
  out.write_binary({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

template <class First, class Second>
void write_pair(Writer& out, const First& first, const Second& second) {
  out.begin_array(2);
  write(out, first);
  write(out, second);
}
inline void write(Writer& out, const LeaseId& id) { write_pair(out, id.epoch, id.number); }
inline void write(Writer& out, const OpeningId& id) { write_pair(out, id.epoch, id.seq); }
inline void write(Writer& out, const StepRef& step) { write_pair(out, step.run, step.step); }
inline void write(Writer& out, const Range& range) { write_pair(out, range.first, range.last); }

/// One copy, as our machines are little-endian.
template <class Number>
void write_numbers(Writer& out, const std::vector<Number>& numbers) {
  static_assert(std::endian::native == std::endian::little);
  out.write_binary(
      {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)});
}
inline void write(Writer& out, const std::vector<std::uint32_t>& numbers) {
  write_numbers(out, numbers);
}
inline void write(Writer& out, const std::vector<std::uint64_t>& numbers) {
  write_numbers(out, numbers);
}
inline void write(Writer& out, const std::vector<float>& numbers) { write_numbers(out, numbers); }

template <class T>
void write(Writer& out, const std::optional<T>& value);
template <class T>
void write(Writer& out, const std::vector<T>& values);
template <class T>
void write(Writer& out, const std::map<std::string, T>& values);
template <Struct T>
void write(Writer& out, const T& value);

template <class T>
void write(Writer& out, const std::optional<T>& value) {
  value ? write(out, *value) : out.write_nil();
}
template <class T>
void write(Writer& out, const std::vector<T>& values) {
  out.begin_array(values.size());
  for (const T& value : values) write(out, value);
}
template <class T>
void write(Writer& out, const std::map<std::string, T>& values) {
  out.begin_map(values.size());
  for (const auto& [key, value] : values) {
    out.write_text(key);
    write(out, value);
  }
}

inline void write_bytes(Writer& out, const std::string& bytes) { out.write_binary(bytes); }
inline void write_bytes(Writer& out, const std::optional<std::string>& bytes) {
  bytes ? out.write_binary(*bytes) : out.write_nil();
}

template <Struct T>
void write(Writer& out, const T& value) {
  std::size_t count = 0;
  each_field(value, [&](std::string_view, const auto&) { ++count; });
  out.begin_map(count);
  each_field(value, [&]<class F>(std::string_view name, const F& field) {
    out.write_text(name);
    out.enter(name);
    if constexpr (std::same_as<F, std::string> || std::same_as<F, std::optional<std::string>>) {
      is_binary<T>(name) ? write_bytes(out, field) : write(out, field);
    } else {
      write(out, field);
    }
    out.leave();
  });
}

}  // namespace drover::wire::codec
