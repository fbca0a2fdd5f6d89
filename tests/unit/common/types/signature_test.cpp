#include "common/types/signature.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

const std::string detect =
    "detect(image: uri, model: str, score: float?, draw: bool?) -> Detections batched\n"
    "Detections: {boxes: list[Box], size: Size}\n"
    "Box: {label: str, score: float, corner: Point?}\n"
    "Size: {width: int, height: int}\n"
    "Point: {x: float, y: float}";

Type list(Type element) { return Type::list_of(std::move(element)); }
Type maybe(Type element) { return Type::optional_of(std::move(element)); }

std::string error_of(std::string_view text) {
  const auto parsed = parse_signature(text);
  return parsed ? "no error" : parsed.error().context;
}

TEST(Signature, PrintsWhatItRead) {
  for (const std::string& text :
       {detect, std::string("sequence(count: int) -> list[int]"), std::string("now() -> float"),
        std::string("flatten(lists: list[list[T]]) -> list[T]"),
        std::string("f(a: list[int?]?, b: bytes) -> bool?")}) {
    const auto signature = parse_signature(text);
    ASSERT_TRUE(signature) << signature.error().context;
    EXPECT_EQ(to_string(*signature), text);
    EXPECT_EQ(parse_signature(to_string(*signature)), signature);
  }
}

TEST(Signature, HashDependsOnTheTextAlone) {
  const auto a = parse_signature(detect).value();
  auto b = parse_signature(detect).value();
  EXPECT_EQ(signature_hash(a), signature_hash(b));
  EXPECT_EQ(signature_hash(a).size(), 16U);
  b.args[2].type = Type::floating();
  EXPECT_NE(signature_hash(a), signature_hash(b));
}

TEST(Signature, SaysWhereItsTextIsWrong) {
  EXPECT_EQ(error_of("f(a: int -> int"), "',' expected at column 10 of 'f(a: int -> int'");
  EXPECT_EQ(error_of("f(a: Box) -> int"), "there is no type 'Box'");
  EXPECT_EQ(error_of("f(a: int, a: int) -> int"),
            "'a' is there twice at column 12 of 'f(a: int, a: int) -> int'");
  EXPECT_EQ(error_of("f() -> T"), "no argument says what T stands for at column 9 of 'f() -> T'");
  EXPECT_EQ(error_of("f() -> Box\nBox: {inner: list[Box]}"), "Box: 'Box' contains itself");
  EXPECT_EQ(error_of("f() -> int\nBox: {x: int}"),
            "task 'f' does not use every struct declared with it");
  EXPECT_EQ(error_of("f() -> int? ?"), "one '?' is enough at column 14 of 'f() -> int? ?'");
  EXPECT_EQ(error_of(""), "the name of a task expected at column 1 of ''");
}

TEST(Signature, RefusesTypesThatWouldTakeForeverToCompare) {
  std::string deep = "f() -> ";
  for (int i = 0; i < 40; ++i) deep += "list[";
  EXPECT_EQ(parse_signature(deep).error().code, ErrorCode::TooLarge);

  // Every level doubles what the level below consists of.
  std::string wide = "f() -> S0";
  for (int i = 0; i < 14; ++i) wide += fmt::format("\nS{0}: {{a: S{1}, b: S{1}}}", i, i + 1);
  wide += "\nS14: {a: int}";
  EXPECT_EQ(parse_signature(wide).error().code, ErrorCode::TooLarge);
}

TEST(Assignable, IntGoesWhereFloatIsWantedAndAValueWhereItMayBeMissing) {
  EXPECT_TRUE(assignable(Type::integer(), Type::floating()));
  EXPECT_FALSE(assignable(Type::floating(), Type::integer()));
  EXPECT_TRUE(assignable(Type::integer(), maybe(Type::floating())));
  EXPECT_FALSE(assignable(maybe(Type::integer()), Type::integer()));
  EXPECT_TRUE(assignable(list(Type::integer()), list(maybe(Type::floating()))));
  EXPECT_FALSE(assignable(Type::str(), Type::uri()));
  EXPECT_FALSE(assignable(Type::uri(), Type::str()));
}

TEST(Unify, BindsVariablesAndWidensThem) {
  Bindings bindings;
  EXPECT_TRUE(unify(list(list(Type::uri())), list(list(Type::variable('T'))), bindings));
  EXPECT_EQ(substitute(list(Type::variable('T')), bindings), list(Type::uri()));

  bindings.clear();
  EXPECT_TRUE(unify(list(Type::integer()), list(maybe(Type::variable('T'))), bindings));
  EXPECT_EQ(bindings.at("T"), Type::integer());
  EXPECT_TRUE(unify(Type::floating(), Type::variable('T'), bindings));
  EXPECT_EQ(bindings.at("T"), Type::floating());
  EXPECT_FALSE(unify(Type::str(), Type::variable('T'), bindings));
  EXPECT_FALSE(unify(Type::integer(), list(Type::variable('T')), bindings));
}

TEST(Structs, MayBeDeclaredInAnyOrder) {
  const auto types = parse_structs({{"A", "{x: int}"}});
  EXPECT_EQ(types.error().context, "a struct cannot be called 'A'");
  const auto good = parse_structs({{"Count", "{of: Label, n: int}"}, {"Label", "{text: str}"}});
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(fields_to_string(good->at("Count")), "{of: Label, n: int}");
  EXPECT_EQ(good->at("Count").fields()[0].type, good->at("Label"));
}

}  // namespace
}  // namespace drover
