#include "common/types/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/types/base64.hpp"
#include "common/types/codec.hpp"

namespace drover {
namespace {

struct Box {
  std::string label;
  double score = 0;
  std::optional<std::int64_t> track;
};
DROVER_STRUCT(Box, label, score, track)

struct Picture {
  Uri image;
  std::vector<Box> boxes;
  Blob mask;
};
DROVER_STRUCT(Picture, image, boxes, mask)

const Picture picture{
    {"/a.jpg"}, {{"car", 0.5, 7}, {"bus", 1, {}}}, {std::byte{1}, std::byte{255}}};
const std::string picture_json =
    R"({"image":"/a.jpg","boxes":[{"label":"car","score":0.5,"track":7},)"
    R"({"label":"bus","score":1.0,"track":null}],"mask":"Af8="})";

std::string error_of(const std::string& json, const Type& type) {
  const auto bytes = from_json_text(json, type);
  return bytes ? "no error" : bytes.error().context;
}

TEST(Json, ShowsStructsWithTheirFieldsInOrder) {
  EXPECT_EQ(to_json_text(encoded(picture), type_of<Picture>()).value(), picture_json);
  EXPECT_EQ(from_json_text(picture_json, type_of<Picture>()).value(), encoded(picture));
}

TEST(Json, LeavesOutWhatIsOptional) {
  EXPECT_EQ(from_json_text(R"({"score": 2, "label": "x"})", type_of<Box>()).value(),
            encoded(Box{"x", 2.0, std::nullopt}));
}

TEST(Json, KeepsNumbersWhole) {
  const auto largest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(to_json_text(encoded(largest), Type::integer()).value(), "18446744073709551615");
  EXPECT_EQ(from_json_text("18446744073709551615", Type::integer()).value(), encoded(largest));
  EXPECT_EQ(from_json_text("-5", Type::integer()).value(), encoded(-5));
  EXPECT_EQ(to_json_text(encoded(3), Type::floating()).value(), "3.0");
}

TEST(Json, SpellsOutFloatsThatAreNoNumbers) {
  EXPECT_EQ(to_json_text(encoded(std::nan("")), Type::floating()).value(), R"("nan")");
  EXPECT_EQ(from_json_text(R"("-inf")", Type::floating()).value(),
            encoded(-std::numeric_limits<double>::infinity()));
}

TEST(Json, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(to_json_text(encoded(std::string("a\xff")), Type::str()).value(), "\"a\xef\xbf\xbd\"");
}

TEST(Json, SaysWhereAValueDoesNotFit) {
  const auto type = type_of<Picture>();
  EXPECT_EQ(error_of(R"({"image":"/a","mask":"","boxes":[{"label":"x","score":"high"}]})", type),
            R"(boxes[0].score: a float is wanted, not "high")");
  EXPECT_EQ(error_of(R"({"image":"/a","mask":"?","boxes":[]})", type),
            R"(mask: base64 is wanted, not "?")");
  EXPECT_EQ(error_of(R"({"label":"x"})", type_of<Box>()), "field 'score' of Box is missing");
  EXPECT_EQ(error_of(R"({"label":"x","score":1,"id":2})", type_of<Box>()),
            "Box has no field 'id': {label: str, score: float, track: int?}");
  EXPECT_EQ(error_of("1.5", Type::integer()), "an int is wanted, not 1.5");
  EXPECT_EQ(error_of("null", Type::str()), "a str is wanted, not null");
  EXPECT_THAT(error_of("[1,", Type::list_of(Type::integer())),
              testing::StartsWith("this is not JSON: parse error at line 1, column 4"));
}

TEST(CheckValue, AcceptsValuesOfTheTypeAndNothingElse) {
  EXPECT_TRUE(check_value(encoded(picture), type_of<Picture>()));
  EXPECT_TRUE(check_value(encoded(1), Type::floating()));
  EXPECT_EQ(check_value(encoded(1.5), Type::integer()).error().context, "the bytes are not an int");
  EXPECT_EQ(check_value(encoded(picture) + "x", type_of<Picture>()).error().context,
            "1 bytes too many");
  EXPECT_EQ(check_value(encoded(std::vector<std::string>{"a"}), Type::list_of(Type::integer()))
                .error()
                .context,
            "[0]: the bytes are not an int");
  EXPECT_FALSE(check_value("", Type::optional_of(Type::integer())));
}

TEST(Base64, IsThatOfTheRfc) {
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  for (const auto* wrong : {"Zg=", "Zg", "Zh==", "Z===", "====", "Zm9v!m9v", "Zg==Zg=="}) {
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace drover
