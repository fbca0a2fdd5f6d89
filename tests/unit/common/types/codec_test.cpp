#include "common/types/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sample {  // not drover: a user's structs stand in the user's namespace

struct Box {
  std::string label;
  double score = 0;
  std::optional<std::int64_t> track;
  bool operator==(const Box&) const = default;
};
DROVER_STRUCT(Box, label, score, track);

struct Detections {
  drover::Uri image;
  std::vector<Box> boxes;
  drover::Blob mask;
  std::vector<bool> flags;
  bool operator==(const Detections&) const = default;
};
DROVER_STRUCT(Detections, image, boxes, mask, flags);

struct Nothing {
  bool operator==(const Nothing&) const = default;
};
DROVER_STRUCT(Nothing)

struct Nested {
  std::vector<Nested> inner;
};
DROVER_STRUCT(Nested, inner);

}  // namespace sample

namespace drover {
namespace {

using sample::Box;
using sample::Detections;

template <class T>
std::string error_of(std::string_view bytes) {
  const auto value = decode<T>(bytes);
  return value ? "no error" : value.error().context;
}

template <class T>
void expect_round_trip(const T& value) {
  const auto bytes = encoded(value);
  const auto back = decode<T>(bytes);
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(*back, value);
  EXPECT_EQ(skip_value(bytes + "x").value(), bytes.size());
}

const Detections example{{"/data/a.jpg"},
                         {{"car", 0.5, 7}, {"person", 0.25, std::nullopt}},
                         {std::byte{0}, std::byte{255}},
                         {true, false}};

TEST(Describe, GivesNamesTypesAndValues) {
  EXPECT_EQ(struct_name<Box>(), "Box");
  EXPECT_EQ(field_count<Box>(), 3U);
  EXPECT_EQ(field_count<sample::Nothing>(), 0U);
  std::string names;
  for_each_field(example, [&](std::string_view name, const auto&) { names += name; });
  EXPECT_EQ(names, "imageboxesmaskflags");
  EXPECT_EQ(fields_to_string(type_of<Detections>()),
            "{image: uri, boxes: list[Box], mask: bytes, flags: list[bool]}");
  EXPECT_EQ(fields_to_string(type_of<Box>()), "{label: str, score: float, track: int?}");
  EXPECT_EQ(to_string(type_of<std::optional<std::vector<std::uint32_t>>>()), "list[int]?");
}

TEST(Codec, IntsOfEverySizeComeBackAndAreShort) {
  std::vector<std::int64_t> edges = {0, -1};
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t power = std::int64_t{1} << bit;
    for (const auto value : {power - 1, power, power + 1}) {
      edges.push_back(value);
      edges.push_back(-value);
    }
  }
  edges.push_back(std::numeric_limits<std::int64_t>::min());
  edges.push_back(std::numeric_limits<std::int64_t>::max());
  for (const auto value : edges) expect_round_trip(value);
  expect_round_trip(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(encoded(std::int64_t{127}).size(), 1U);
  EXPECT_EQ(encoded(std::int64_t{-32}).size(), 1U);
  EXPECT_EQ(encoded(std::int64_t{65'535}).size(), 3U);
}

TEST(Codec, StringsAndListsOfEverySizeClassComeBack) {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 31U, 32U, 255U, 256U, 65'535U, 65'536U}) {
    expect_round_trip(std::string(size, 'x'));
    expect_round_trip(Uri{std::string(size, 'u')});
    expect_round_trip(Blob(size, std::byte{7}));
    expect_round_trip(std::vector<std::int64_t>(size, 300));
    expect_round_trip(std::vector<bool>(size, true));
  }
}

TEST(Codec, StructsComeBack) {
  expect_round_trip(example);
  expect_round_trip(sample::Nothing{});
  expect_round_trip(std::optional<Box>{});
  expect_round_trip(std::vector<std::optional<double>>{1.5, std::nullopt});
}

TEST(Codec, IsTheDocumentedMessagePack) {
  EXPECT_EQ(encoded(Box{"car", 0.5, std::nullopt}), std::string("\x93\xa3"
                                                                "car\xcb\x3f\xe0\0\0\0\0\0\0\xc0",
                                                                15));
}

TEST(Codec, TakesAnIntWhereAFloatIsWanted) {
  EXPECT_EQ(decode<double>(encoded(std::int64_t{-5})).value(), -5.0);
  EXPECT_EQ(decode<double>(encoded(std::numeric_limits<std::uint64_t>::max())).value(),
            std::ldexp(1.0, 64));
  EXPECT_EQ(decode<double>(encoded(2.5F)).value(), 2.5);
  EXPECT_EQ(error_of<std::int64_t>(encoded(5.0)), "an int expected, found a float");
}

TEST(Codec, ChecksTheRangeOfInts) {
  EXPECT_EQ(error_of<std::int32_t>(encoded(std::int64_t{1} << 31)),
            "2147483648 is not in -2147483648 to 2147483647");
  EXPECT_EQ(error_of<std::uint64_t>(encoded(-1)), "-1 is not in 0 to 18446744073709551615");
  EXPECT_EQ(error_of<std::int64_t>(encoded(std::uint64_t{1} << 63)),
            "9223372036854775808 is not in -9223372036854775808 to 9223372036854775807");
}

TEST(Codec, SaysWhereAValueIsWrong) {
  std::string bytes;
  packed::append_array(bytes, 4);
  packed::append_str(bytes, "/a.jpg");
  packed::append_array(bytes, 1);
  packed::append_array(bytes, 3);
  packed::append_str(bytes, "car");
  packed::append_str(bytes, "high");
  packed::append_nil(bytes);
  packed::append_bin(bytes, "");
  packed::append_array(bytes, 0);
  EXPECT_EQ(error_of<Detections>(bytes), "boxes[0].score: a float expected, found a str");
  EXPECT_EQ(error_of<Box>(encoded(std::vector<int>{1, 2})), "Box has 3 fields, found 2");
  EXPECT_EQ(error_of<bool>("\xc2\xc2"), "the end expected, found a bool");
  EXPECT_EQ(error_of<bool>(""), "a bool expected, found the end");
  EXPECT_EQ(error_of<bool>("\x80"), "a bool expected, found a map or an extension");
}

TEST(Codec, RefusesEveryTruncation) {
  const auto bytes = encoded(example);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode<Detections>(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_FALSE(skip_value(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(Codec, RefusesACountThatTheBytesCannotHold) {
  const std::string huge("\xdd\xff\xff\xff\xff\x01\x02", 7);
  EXPECT_EQ(error_of<std::vector<std::int64_t>>(huge), "the bytes end within a list");
  EXPECT_FALSE(skip_value(huge));
  EXPECT_FALSE(array_elements(huge));
}

TEST(Codec, RefusesDeepNesting) {
  const auto nested = [](int levels) {
    std::string bytes(static_cast<std::size_t>(levels - 1), '\x91');
    return bytes + '\x90';
  };
  EXPECT_TRUE(skip_value(nested(16)));
  EXPECT_FALSE(skip_value(nested(17)));
  EXPECT_FALSE(skip_value(nested(1'000'000)));
  // A struct and its list are two levels.
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "\x91\x91";
  EXPECT_THAT(error_of<sample::Nested>(deep + "\x90"),
              testing::HasSubstr("nested deeper than 16 levels"));
}

TEST(Codec, CutsAndJoinsArrays) {
  const std::vector<std::optional<Uri>> list = {Uri{"/a"}, std::nullopt, Uri{"/ccc"}};
  const auto bytes = encoded(list);
  const auto elements = array_elements(bytes).value();
  ASSERT_EQ(elements.size(), 3U);
  EXPECT_EQ(decode<Uri>(elements[2]).value(), Uri{"/ccc"});

  auto columns = columns_of_array(bytes).value();
  EXPECT_EQ(columns.value(1), "\xc0");
  EXPECT_EQ(array_of_columns(columns), bytes);

  Columns failed;
  failed.push_back(columns.value(0));
  failed.push_back("");
  failed.push_back(columns.value(2));
  EXPECT_EQ(array_of_columns(failed), bytes);
  EXPECT_EQ(array_elements(encoded(std::int64_t{3})).error().code, ErrorCode::Invalid);
  EXPECT_EQ(array_elements(bytes + "\xc0").error().code, ErrorCode::Invalid);
}

}  // namespace
}  // namespace drover
