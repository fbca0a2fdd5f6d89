#include "common/types/literal.hpp"

#include <gtest/gtest.h>

#include "common/types/json.hpp"
#include "common/types/signature.hpp"
#include "common/types/uri.hpp"

namespace drover {
namespace {

Type type(const std::string& text) {
  const auto structs = parse_structs({{"Box", "{label: str, score: float, note: str?}"}}).value();
  return parse_type(text,
                    [&](std::string_view name) -> Result<Type> {
                      const auto known = structs.find(std::string(name));
                      return known == structs.end() ? no_struct(name) : known->second;
                    })
      .value();
}

/// The value as JSON, or the error.
std::string read(const std::string& text, const std::string& type_text) {
  const auto value = value_from_text(text, type(type_text), "/desk");
  return value ? to_json_text(*value, type(type_text)).value() : value.error().context;
}

TEST(ValueFromText, ReadsByTheTypeThatIsWanted) {
  EXPECT_EQ(read("no", "str"), R"("no")");
  EXPECT_EQ(read("[not a list]", "str"), R"("[not a list]")");
  EXPECT_EQ(read("007", "str"), R"("007")");
  EXPECT_EQ(read("true", "bool"), "true");
  EXPECT_EQ(read("-7", "int"), "-7");
  EXPECT_EQ(read("7", "float"), "7.0");
  EXPECT_EQ(read("1e-3", "float"), "0.001");
  EXPECT_EQ(read("", "str"), R"("")");
  EXPECT_EQ(read("null", "int?"), "null");
  EXPECT_EQ(read("5", "int?"), "5");
  EXPECT_EQ(read("Af8=", "bytes"), R"("Af8=")");
}

TEST(ValueFromText, ReadsListsAndStructs) {
  EXPECT_EQ(read("[a, 'b, c', \"d\\u00e9\\n\"]", "list[str]"), R"(["a","b, c","dé\n"])");
  EXPECT_EQ(read("[]", "list[int]"), "[]");
  EXPECT_EQ(read("[[1, 2], [3]]", "list[list[int]]"), "[[1,2],[3]]");
  EXPECT_EQ(read("{label: car, score: 1}", "Box"), R"({"label":"car","score":1.0,"note":null})");
  EXPECT_EQ(read(R"([{"label":"car","score":0.5,"note":"x"}])", "list[Box]"),
            R"([{"label":"car","score":0.5,"note":"x"}])");
  EXPECT_EQ(read("[s3://bucket/a, b.jpg]", "list[uri]"), R"(["s3://bucket/a","/desk/b.jpg"])");
  EXPECT_EQ(read("[null, \"null\", 1]", "list[str?]"), R"([null,"null","1"])");
}

TEST(ValueFromText, SaysWhatIsWrong) {
  EXPECT_EQ(read("five", "int"), "'five' is not an int");
  EXPECT_EQ(read("5.0", "int"), "'5.0' is not an int");
  EXPECT_EQ(read("99999999999999999999", "int"), "'99999999999999999999' is not an int of 64 bits");
  EXPECT_EQ(read("inf", "float"), "'inf' is not a float");
  EXPECT_EQ(read("yes", "bool"), "'yes' is neither true nor false");
  EXPECT_EQ(read("", "uri"), "a uri cannot be empty");
  EXPECT_EQ(read("~/Pictures", "uri"),
            "'~/Pictures': ~ was not replaced by the shell; write the whole path");
  EXPECT_EQ(read("a", "list[str]"), "a list[str] is wanted, as in [a, b]");
  EXPECT_EQ(read("[1, x]", "list[int]"), "'x' is not an int");
  EXPECT_EQ(read("[1, [2]]", "list[int]"), "an int is wanted, not a list");
  EXPECT_EQ(read("[1", "list[int]"), "',' or ']' expected at column 3 of '[1'");
  EXPECT_EQ(read("[1] 2", "list[int]"), "nothing more expected at column 5 of '[1] 2'");
  EXPECT_EQ(read("[\"a]", "list[str]"), "a closing \" is missing at column 5 of '[\"a]'");
  EXPECT_EQ(read("{label: car}", "Box"), "field 'score' of Box is missing");
  EXPECT_EQ(read("{label: a, label: b}", "Box"), "'label' is given twice");
  EXPECT_EQ(read("!", "bytes"), "'!' is not base64");
}

TEST(ParseLiteral, RefusesDeepNesting) { EXPECT_FALSE(parse_literal(std::string(100'000, '['))); }

TEST(InferredType, IsWhatTheTextReadsAs) {
  const auto infer = [](const std::string& text) {
    const auto inferred = inferred_type(parse_literal(text).value());
    return inferred ? to_string(*inferred) : inferred.error().message;
  };
  EXPECT_EQ(infer("[1, -2]"), "list[int]");
  EXPECT_EQ(infer("[1, 2.5]"), "list[float]");
  EXPECT_EQ(infer("[true]"), "list[bool]");
  EXPECT_EQ(infer("['1']"), "list[str]");
  EXPECT_EQ(infer("[1, a]"), "the list begins with an int, this is a str");
  EXPECT_EQ(infer("[]"), "nothing says of which type this is");
}

TEST(QuotedForMessage, ShortensBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  const auto shown = quoted_for_message("x" + umlauts);
  EXPECT_LT(shown.size(), 70U);
  EXPECT_EQ(
      to_json_text("\xd9" + std::string(1, static_cast<char>(shown.size())) + shown, Type::str())
          .value()
          .find("\xef\xbf\xbd"),
      std::string::npos);
  EXPECT_EQ(quoted_for_message("a\nb"), "'a b'");
}

TEST(AbsoluteUri, TakesRelativePathsFromTheWorkingDirectory) {
  EXPECT_EQ(absolute_uri("street/", "/desk/dir"), "/desk/dir/street");
  EXPECT_EQ(absolute_uri("./a//b/./c", "/desk/dir/"), "/desk/dir/a/b/c");
  EXPECT_EQ(absolute_uri("../../../x", "/desk/dir"), "/x");
  EXPECT_EQ(absolute_uri("a/../b", "/desk"), "/desk/a/../b");
  EXPECT_EQ(absolute_uri(".", "/desk"), "/desk");
  EXPECT_EQ(absolute_uri("/data/x", "/desk"), "/data/x");
  EXPECT_EQ(absolute_uri("/", "/desk"), "/");
  EXPECT_EQ(absolute_uri("file:street", "/desk"), "file:/desk/street");
  EXPECT_EQ(absolute_uri("file:///data/x", "/desk"), "file:/data/x");
  EXPECT_EQ(absolute_uri("s3://bucket/a//b", "/desk"), "s3://bucket/a//b");
  EXPECT_EQ(absolute_uri("./odd:name", "/desk"), "/desk/odd:name");
}

}  // namespace
}  // namespace drover
