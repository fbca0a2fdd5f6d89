#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/result.hpp"
#include "common/types/codec.hpp"
#include "common/types/describe.hpp"
#include "common/utf8.hpp"

/// Whether the texts in what a task returns are UTF-8. Types without text cost nothing here.
namespace drover::sdk {

inline tl::unexpected<Error> not_utf8(std::string_view place, std::size_t offset) {
  return fail(ErrorCode::Invalid,
              fmt::format("the result{}{} is not UTF-8 at byte {}: what is no text is returned as "
                          "bytes (drover::Blob), or in UTF-8",
                          place.empty() ? "" : "'s ", place, offset));
}

/// What is not UTF-8 in a value.
struct BadText {
  std::string place;  ///< As in `.boxes[3].label`; put together on the way out.
  std::size_t offset = 0;
};

inline bool check_text(std::string_view text, BadText& bad) {
  const std::size_t at = first_not_utf8(text);
  if (at == text.size()) return true;
  bad.offset = at;
  return false;
}
inline bool check_text(const std::string& text, BadText& bad) {
  return check_text(std::string_view(text), bad);
}
inline bool check_text(const Uri& uri, BadText& bad) {
  return check_text(std::string_view(uri.text), bad);
}
inline bool check_text(const Blob&, BadText&) { return true; }
template <class T>
requires std::is_arithmetic_v<T>
bool check_text(const T&, BadText&) { return true; }
template <class T>
bool check_text(const std::optional<T>& value, BadText& bad);
template <class T>
bool check_text(const std::vector<T>& list, BadText& bad);
template <Described T>
bool check_text(const T& value, BadText& bad);

template <class T>
bool check_text(const std::optional<T>& value, BadText& bad) {
  return !value || check_text(*value, bad);
}
template <class T>
bool check_text(const std::vector<T>& list, BadText& bad) {
  if constexpr (!std::is_arithmetic_v<T>) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (check_text(list[i], bad)) continue;
      bad.place.insert(0, fmt::format("[{}]", i));
      return false;
    }
  }
  return true;
}
template <Described T>
bool check_text(const T& value, BadText& bad) {
  return all_fields<T>([&](std::string_view name, auto member) {
    if (check_text(value.*member, bad)) return true;
    bad.place.insert(0, fmt::format(".{}", name));
    return false;
  });
}

/// Errors: Invalid with the place in the value and the byte.
template <class T>
Result<void> texts_are_utf8(const T& value) {
  BadText bad;
  if (check_text(value, bad)) return {};
  std::string_view place = bad.place;
  if (place.starts_with('.')) place.remove_prefix(1);
  return not_utf8(place, bad.offset);
}

}  // namespace drover::sdk
