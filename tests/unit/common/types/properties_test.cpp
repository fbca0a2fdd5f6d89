// Properties of types, signatures and encoded values, on random ones.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/types/codec.hpp"
#include "common/types/json.hpp"
#include "common/types/signature.hpp"

namespace drover {
namespace {

template <class T>
T any() {
  return *rc::gen::arbitrary<T>();
}
int below(int limit) { return *rc::gen::inRange(0, limit); }

/// A type nested at most `depth` levels, with structs `S0`, `S1`, ... whose fields are random too.
Type any_type(int depth, int& structs) {
  switch (below(depth > 0 ? 9 : 6)) {
    case 0:
      return Type::boolean();
    case 1:
      return Type::integer();
    case 2:
      return Type::floating();
    case 3:
      return Type::str();
    case 4:
      return Type::bytes();
    case 5:
      return Type::uri();
    case 6:
      return Type::list_of(any_type(depth - 1, structs));
    case 7:
      return Type::optional_of(any_type(depth - 1, structs));
    default:
      break;
  }
  const auto name = "S" + std::to_string(structs++);
  std::vector<Field> fields;
  const int count = 1 + below(4);
  for (int i = 0; i < count; ++i) {
    fields.push_back({"f" + std::to_string(i), any_type(depth - 1, structs)});
  }
  return Type::structure(name, std::move(fields));
}

/// A random value of the type.
void append_any(const Type& type, std::string& out) {
  switch (type.kind()) {
    case Type::Kind::Bool:
      packed::append_bool(out, any<bool>());
      return;
    case Type::Kind::Int:
      any<bool>() ? packed::append_signed(out, any<std::int64_t>())
                  : packed::append_unsigned(out, any<std::uint64_t>());
      return;
    case Type::Kind::Float:
      packed::append_float(out, any<double>());
      return;
    case Type::Kind::Str:
    case Type::Kind::Uri:  // letters alone: what is not UTF-8 does not come back from JSON
      packed::append_str(out, *rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
      return;
    case Type::Kind::Bytes:
      packed::append_bin(out, any<std::string>());
      return;
    case Type::Kind::Optional:
      any<bool>() ? append_any(type.element(), out) : packed::append_nil(out);
      return;
    case Type::Kind::List: {
      const int count = below(4);
      packed::append_array(out, static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) append_any(type.element(), out);
      return;
    }
    case Type::Kind::Struct:
      packed::append_array(out, type.fields().size());
      for (const auto& field : type.fields()) append_any(field.type, out);
      return;
    case Type::Kind::Variable:
      return;
  }
}

RC_GTEST_PROP(Signatures, ReadBackWhatTheyPrint, ()) {
  int structs = 0;
  Signature signature;
  signature.name = "task";
  const int count = below(6);
  for (int i = 0; i < count; ++i) {
    signature.args.push_back({"a" + std::to_string(i), any_type(3, structs)});
  }
  signature.returns = any_type(3, structs);
  signature.batched = any<bool>();
  const auto read = parse_signature(to_string(signature));
  if (!read) RC_FAIL(read.error().context);
  RC_ASSERT(*read == signature);
  RC_ASSERT(signature_hash(*read) == signature_hash(signature));
}

RC_GTEST_PROP(Signatures, OfRandomTextAreRefusedWithoutHarm, (const std::string& text)) {
  const auto read = parse_signature("f(a: " + text + ") -> int");
  const bool reads_back = !read || parse_signature(to_string(*read)) == read;
  RC_ASSERT(reads_back);
}

RC_GTEST_PROP(Values, ComeBackFromJson, ()) {
  int structs = 0;
  const auto type = any_type(4, structs);
  std::string bytes;
  append_any(type, bytes);
  RC_ASSERT(check_value(bytes, type).has_value());
  const auto json = to_json_text(bytes, type);
  RC_ASSERT(json.has_value());
  const auto back = from_json_text(*json, type);
  if (!back) RC_FAIL(back.error().context);
  RC_ASSERT(*back == bytes);
}

RC_GTEST_PROP(Values, AreSkippedWholeAndNeverInPart, (const std::string& behind)) {
  int structs = 0;
  const auto type = any_type(4, structs);
  std::string bytes;
  append_any(type, bytes);
  RC_ASSERT(skip_value(bytes + behind).value() == bytes.size());
  const auto cut = bytes.substr(0, *rc::gen::inRange<std::size_t>(0, bytes.size()));
  RC_ASSERT(!skip_value(cut));
  RC_ASSERT(!check_value(cut, type));
}

RC_GTEST_PROP(Values, CutIntoColumnsAreTheSameList, ()) {
  int structs = 0;
  const auto element = any_type(2, structs);
  std::string bytes;
  append_any(Type::list_of(element), bytes);
  const auto columns = columns_of_array(bytes).value();
  RC_ASSERT(columns.well_formed());
  RC_ASSERT(array_of_columns(columns) == bytes);
  const auto views = array_elements(bytes).value();
  RC_ASSERT(views.size() == columns.size());
  for (std::size_t i = 0; i < views.size(); ++i) RC_ASSERT(views[i] == columns.value(i));
}

struct Inner {
  std::string text;
  std::optional<std::int32_t> number;
  bool operator==(const Inner&) const = default;
};
DROVER_STRUCT(Inner, text, number)

struct Outer {
  bool flag = false;
  std::uint64_t large = 0;
  double real = 0;
  std::vector<Inner> inner;
  std::vector<bool> flags;
  std::optional<std::vector<std::string>> words;
  Uri uri;
  bool operator==(const Outer&) const = default;
};
DROVER_STRUCT(Outer, flag, large, real, inner, flags, words, uri)

Outer any_outer() {
  Outer made{any<bool>(), any<std::uint64_t>(), any<double>(), {}, any<std::vector<bool>>(), {},
             {}};
  for (int i = below(4); i > 0; --i) {
    made.inner.push_back({any<std::string>(), std::nullopt});
    if (any<bool>()) made.inner.back().number = any<std::int32_t>();
  }
  if (any<bool>()) made.words = any<std::vector<std::string>>();
  made.uri.text = any<std::string>();
  return made;
}

RC_GTEST_PROP(Codec, GivesBackWhatItWrote, ()) {
  const auto value = any_outer();
  const auto bytes = encoded(value);
  RC_ASSERT(decode<Outer>(bytes).value() == value);
  RC_ASSERT(check_value(bytes, type_of<Outer>()).has_value());
}

RC_GTEST_PROP(Codec, AgreesWithTheTypeOnChangedBytes, ()) {
  auto bytes = encoded(any_outer());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = any<char>();
  const bool decoded = decode<Outer>(bytes).has_value();
  // Ranges are narrower in C++ than in the type, so what decodes is valid, and not the other way
  // round.
  if (decoded) RC_ASSERT(check_value(bytes, type_of<Outer>()).has_value());
}

RC_GTEST_PROP(Codec, SurvivesRandomBytes, (const std::string& bytes)) {
  int structs = 0;
  (void)decode<Outer>(bytes);
  (void)decode<std::vector<Outer>>(bytes);
  (void)check_value(bytes, any_type(3, structs));
  const auto length = skip_value(bytes);
  if (length) RC_ASSERT(*length <= bytes.size());
  (void)array_elements(bytes);
}

}  // namespace
}  // namespace drover
