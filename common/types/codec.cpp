#include "common/types/codec.hpp"

#include <fmt/format.h>

namespace drover {
namespace {

std::string_view name_of_next(const packed::Reader& in) {
  switch (in.next()) {
    case packed::Kind::Nil:
      return "nil";
    case packed::Kind::Bool:
      return "a bool";
    case packed::Kind::Int:
      return "an int";
    case packed::Kind::Float:
      return "a float";
    case packed::Kind::Str:
      return "a str";
    case packed::Kind::Bin:
      return "bytes";
    case packed::Kind::Array:
      return "a list";
    case packed::Kind::Refused:
      return "a map or an extension";
    case packed::Kind::End:
      return "the end";
  }
  return "something else";
}

tl::unexpected<Error> malformed() {
  return fail(
      ErrorCode::Invalid,
      fmt::format("the bytes are no encoded value: malformed, cut off, or nested deeper than "
                  "{} levels",
                  max_type_depth));
}

/// Calls visit(count) and then visit_element(bytes) for each element; false where it is no array.
template <class Begin, class Element>
bool walk_array(std::string_view bytes, Begin&& begin, Element&& element) {
  packed::Reader in(bytes);
  std::size_t count = 0;
  if (!in.read_array(count)) return false;
  begin(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = in.position();
    if (!in.skip(max_type_depth - 1)) return false;
    element(bytes.substr(from, in.position() - from));
  }
  return in.at_end();
}

}  // namespace

namespace codec {

bool Decoding::fail_with(std::string what) {
  problem_ = std::make_unique<Problem>(Problem{std::move(what), {}});
  return false;
}

bool Decoding::expected(packed::Kind kind, std::string_view what) {
  return fail_with(in.next() == kind
                       ? fmt::format("the bytes end within {}", what)
                       : fmt::format("{} expected, found {}", what, name_of_next(in)));
}

bool Decoding::out_of_range(std::uint64_t bits, bool negative, std::string_view limits) {
  return fail_with(negative
                       ? fmt::format("{} is not in {}", static_cast<std::int64_t>(bits), limits)
                       : fmt::format("{} is not in {}", bits, limits));
}

bool Decoding::too_deep() {
  return fail_with(fmt::format("nested deeper than {} levels", max_type_depth));
}

bool Decoding::wrong_count(std::string_view name, std::size_t fields, std::size_t found) {
  return fail_with(fmt::format("{} has {} fields, found {}", name, fields, found));
}

bool Decoding::inside_field(std::string_view name) {
  problem_->place = fmt::format(".{}{}", name, problem_->place);
  return false;
}

bool Decoding::inside_element(std::size_t index) {
  problem_->place = fmt::format("[{}]{}", index, problem_->place);
  return false;
}

tl::unexpected<Error> Decoding::error() const {
  const auto& [what, place] = *problem_;
  if (place.empty()) return fail(ErrorCode::Invalid, what);
  return fail(ErrorCode::Invalid,
              fmt::format("{}: {}", place[0] == '.' ? place.substr(1) : place, what));
}

}  // namespace codec

Result<std::size_t> skip_value(std::string_view bytes) {
  packed::Reader in(bytes);
  if (!in.skip(max_type_depth)) return malformed();
  return in.position();
}

Result<std::vector<std::string_view>> array_elements(std::string_view bytes) {
  std::vector<std::string_view> elements;
  const bool good = walk_array(
      bytes, [&](std::size_t count) { elements.reserve(std::min<std::size_t>(count, 4096)); },
      [&](std::string_view element) { elements.push_back(element); });
  if (!good) return malformed();
  return elements;
}

Result<Columns> columns_of_array(std::string_view bytes) {
  Columns columns;
  const bool good = walk_array(
      bytes, [](std::size_t) {}, [&](std::string_view element) { columns.push_back(element); });
  if (!good) return malformed();
  return columns;
}

std::string array_of_columns(const Columns& values) {
  std::string out;
  out.reserve(values.bytes.size() + 5);
  packed::append_array(out, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values.has_value(i) ? (void)out.append(values.value(i)) : packed::append_nil(out);
  }
  return out;
}

}  // namespace drover
