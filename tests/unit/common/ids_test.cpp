#include "common/ids.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Ids, ReadBackWhatTheyPrint) {
  RunId id;
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(to_string(id), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(from_hex(to_string(id)).value(), id.bytes);
}

TEST(Ids, RefuseTextThatIsNotHex) {
  EXPECT_EQ(from_hex("0011").error().code, ErrorCode::Invalid);
  EXPECT_EQ(from_hex("zz112233445566778899aabbccddeeff").error().code, ErrorCode::Invalid);
}

}  // namespace
}  // namespace drover
