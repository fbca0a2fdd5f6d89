#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/causes.hpp"
#include "common/columns.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/wire/described.hpp"
#include "common/wire/reader.hpp"

/// The reading half of codec.hpp: `read(reader, field)` for everything a message is made of; false
/// where the reader refused something.
namespace drover::wire::codec {

/// A message without them means nothing.
template <class T>
inline constexpr bool is_required =
    std::same_as<T, LeaseId> || std::same_as<T, OpeningId> || std::same_as<T, StepRef> ||
    std::same_as<T, Range> || std::same_as<T, RunId> || std::same_as<T, AgentId>;

inline bool read(Reader& in, bool& value) { return in.read(value); }
inline bool read(Reader& in, double& value) { return in.read_real(value); }

inline bool read(Reader& in, float& value) {
  double wide = 0;
  if (!in.read_real(wide)) return false;
  if (std::abs(wide) > std::numeric_limits<float>::max())
    return in.refuse("out of range of a float");
  value = static_cast<float>(wide);
  return true;
}
inline bool read(Reader& in, std::string& value) {
  std::string_view text;
  if (!in.read_text(text)) return false;
  value.assign(text);
  return true;
}
template <std::integral T>
bool read(Reader& in, T& value) {
  using Limits = std::numeric_limits<T>;
  std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> wide = 0;
  if constexpr (std::is_signed_v<T>) {
    if (!in.read_signed(wide, Limits::min(), Limits::max())) return false;
  } else {
    if (!in.read_unsigned(wide, Limits::max())) return false;
  }
  value = static_cast<T>(wide);
  return true;
}
inline bool read(Reader& in, Cause& value) {
  std::string_view name;
  if (!in.read_text(name)) return false;
  const auto known = cause_named(name);
  if (known) value = *known;
  return known.has_value() || in.refuse(fmt::format("'{:.64}' is not a cause", name));
}
template <Named E>
bool read(Reader& in, E& value) {
  std::string_view text;
  if (!in.read_text(text)) return false;
  for (const auto& [known, name] : EnumNames<E>::names) {
    if (name != text) continue;
    value = known;
    return true;
  }
  return in.refuse(fmt::format("'{:.64}' is none of the names this field can have", text));
}
template <class Tag>
bool read(Reader& in, Id128<Tag>& id) {
  std::string_view bytes;
  if (!in.read_binary(bytes)) return false;
  if (bytes.size() != id.bytes.size()) {
    return in.refuse(fmt::format("an id has 16 bytes, this one {}", bytes.size()));
  }
  std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
  return true;
}

template <class First, class Second>
bool read_pair(Reader& in, First& first, Second& second) {
  std::uint32_t count = 0;
  if (!in.enter_array(count)) return false;
  if (count != 2) return in.refuse(fmt::format("expected an array of 2, found one of {}", count));
  if (!read(in, first) || !read(in, second)) return false;
  in.leave();
  return true;
}
inline bool read(Reader& in, LeaseId& id) { return read_pair(in, id.epoch, id.number); }
inline bool read(Reader& in, OpeningId& id) { return read_pair(in, id.epoch, id.seq); }
inline bool read(Reader& in, StepRef& step) { return read_pair(in, step.run, step.step); }
inline bool read(Reader& in, Range& range) {
  if (!read_pair(in, range.first, range.last)) return false;
  return range.first <= range.last ||
         in.refuse(fmt::format("[{}, {}) ends before it begins", range.first, range.last));
}

template <class Number>
bool read_numbers(Reader& in, std::vector<Number>& numbers) {
  static_assert(std::endian::native == std::endian::little);
  std::string_view bytes;
  if (!in.read_binary(bytes)) return false;
  if (bytes.size() % sizeof(Number) != 0) {
    return in.refuse(
        fmt::format("{} bytes are not numbers of {} bytes", bytes.size(), sizeof(Number)));
  }
  numbers.resize(bytes.size() / sizeof(Number));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return true;
}
inline bool read(Reader& in, std::vector<std::uint32_t>& numbers) {
  return read_numbers(in, numbers);
}
/// Stamps: nothing else is sent as u64s in one piece.
inline bool read(Reader& in, std::vector<std::uint64_t>& numbers) {
  return read_numbers(in, numbers);
}
/// Durations: nothing else is sent as f32s.
inline bool read(Reader& in, std::vector<float>& numbers) {
  if (!read_numbers(in, numbers)) return false;
  return std::ranges::all_of(numbers, [](float n) { return std::isfinite(n) && n >= 0; }) ||
         in.refuse("holds a duration that is not finite, or below zero");
}

template <class T>
bool read(Reader& in, std::optional<T>& value);
template <class T>
bool read(Reader& in, std::vector<T>& values);
template <class T>
bool read(Reader& in, std::map<std::string, T>& values);
template <Struct T>
bool read(Reader& in, T& value);

template <class T>
bool read(Reader& in, std::optional<T>& value) {
  if (in.skip_nil()) {
    value.reset();
    return true;
  }
  return read(in, value.emplace());
}
template <class T>
bool read(Reader& in, std::vector<T>& values) {
  std::uint32_t count = 0;
  if (!in.enter_array(count)) return false;
  values.clear();
  // Grows with what is really there: a hostile count asks for nothing.
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!read(in, values.emplace_back())) {
      in.within(std::size_t{i});
      return false;
    }
  }
  in.leave();
  return true;
}
template <class T>
bool read(Reader& in, std::map<std::string, T>& values) {
  std::uint32_t count = 0;
  if (!in.enter_map(count)) return false;
  values.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view key;
    if (!in.read_text(key)) return false;
    const auto [place, fresh] = values.try_emplace(std::string(key));
    if (!fresh) return in.refuse(fmt::format("the key '{:.64}' stands twice", key));
    if (!read(in, place->second)) {
      in.within(key);
      return false;
    }
  }
  in.leave();
  return true;
}

inline bool read_bytes(Reader& in, std::string& value) {
  std::string_view bytes;
  if (!in.read_binary(bytes)) return false;
  value.assign(bytes);
  return true;
}
inline bool read_bytes(Reader& in, std::optional<std::string>& value) {
  if (in.skip_nil()) {
    value.reset();
    return true;
  }
  return read_bytes(in, value.emplace());
}

template <class T>
bool check(Reader&, const T&) {
  return true;
}
inline bool check(Reader& in, const Columns& columns) {
  return columns.well_formed() ||
         in.refuse(fmt::format("offsets do not rise from 0 to the {} bytes they cut",
                               columns.bytes.size()));
}

/// Which fields of a struct a map had, and its keys that no field has.
struct SeenKeys {
  std::uint64_t fields = 0;
  std::vector<std::string_view> unknown;

  bool has(std::size_t field) const { return (fields >> field & 1U) != 0; }
  bool unknown_twice() {
    std::ranges::sort(unknown);
    return std::ranges::adjacent_find(unknown) != unknown.end();
  }
};

/// Reads the value of `key` into the field of that name, or passes over it.
template <Struct T>
bool read_field(Reader& in, T& value, std::string_view key, SeenKeys& seen) {
  std::size_t index = 0;
  bool known = false;
  bool fine = true;
  each_field(value, [&]<class F>(std::string_view name, F& field) {
    const std::size_t mine = index++;
    if (known || name != key) return;
    known = true;
    if (seen.has(mine)) {
      fine = in.refuse("this key stands twice");
    } else if constexpr (std::same_as<F, std::string> ||
                         std::same_as<F, std::optional<std::string>>) {
      fine = is_binary<T>(name) ? read_bytes(in, field) : read(in, field);
    } else {
      fine = read(in, field);
    }
    seen.fields |= std::uint64_t{1} << mine;
  });
  if (!known) {
    seen.unknown.push_back(key);
    fine = in.skip();
  }
  if (!fine) in.within(key.substr(0, 64));
  return fine;
}

template <Struct T>
bool has_required_fields(Reader& in, T& value, const SeenKeys& seen) {
  std::size_t index = 0;
  bool fine = true;
  each_field(value, [&]<class F>(std::string_view name, F&) {
    const std::size_t mine = index++;
    if (!is_required<F> || !fine || seen.has(mine)) return;
    fine = in.refuse("is missing");
    in.within(name);
  });
  return fine;
}

template <Struct T>
bool read(Reader& in, T& value) {
  std::uint32_t count = 0;
  if (!in.enter_map(count)) return false;
  SeenKeys seen;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view key;
    if (!in.read_text(key) || !read_field(in, value, key, seen)) return false;
  }
  in.leave();
  if (seen.unknown_twice()) return in.refuse("a key stands twice");
  return has_required_fields(in, value, seen) && check(in, value);
}

}  // namespace drover::wire::codec
