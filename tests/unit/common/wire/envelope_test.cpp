#include "common/wire/envelope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frames.hpp"

namespace drover::wire {
namespace {

using testing::bin;
using testing::Body;
using testing::frame;
using ::testing::HasSubstr;
using testing::little_endian;
using testing::Packer;

template <class Message>
Message of(const std::string& bytes) {
  auto received = decode<AgentMessage>(bytes);
  return std::get<Message>(received.value().message);
}

TEST(Envelope, ReadsWhatAnotherProgramWrites) {
  const auto bytes = frame("results", Body([](Packer& out) {
                             out.pack_map(5);
                             out.pack("lease");
                             out.pack(std::tuple(1764064657000ULL, 12U));
                             out.pack("columns");
                             out.pack_map(2);
                             out.pack("bytes");
                             bin(out, "\x07\x08");
                             out.pack("offsets");
                             bin(out, little_endian({0, 1, 2}));
                             out.pack("first");
                             out.pack(4U);
                             out.pack("seconds");
                             bin(out, std::string("\0\0\x80\x3f\0\0\0\x40", 8));
                             out.pack("failures");
                             out.pack_array(1);
                             out.pack_map(2);
                             out.pack("item");
                             out.pack(5U);
                             out.pack("cause");
                             out.pack("timeout");
                           }));
  const auto received = decode<AgentMessage>(bytes).value();
  EXPECT_EQ(received.envelope, (Envelope{7, 1}));
  const auto& results = std::get<Results>(received.message);
  EXPECT_EQ(results.lease, (LeaseId{1764064657000ULL, 12}));
  EXPECT_EQ(results.first, 4U);
  ASSERT_EQ(results.columns.size(), 2U);
  EXPECT_EQ(results.columns.value(1), "\x08");
  EXPECT_EQ(results.seconds, (std::vector<float>{1.0F, 2.0F}));
  ASSERT_EQ(results.failures.size(), 1U);
  EXPECT_EQ(results.failures[0].cause, Cause::Timeout);
  EXPECT_FALSE(results.list_size);
}

TEST(Envelope, IsReadableForTheMessagePackLibrary) {
  const auto bytes = encode(Envelope{3, 4}, AgentMessage{Goodbye{"down"}}).value();
  const auto handle = msgpack::unpack(bytes.data(), bytes.size());
  std::ostringstream text;
  text << handle.get();
  EXPECT_EQ(text.str(), R"(["drover",1,"goodbye",3,4,{"reason":"down"}])");
}

TEST(Envelope, PassesOverKeysItDoesNotKnow) {
  const auto bytes = frame("goodbye", Body([](Packer& out) {
                             out.pack_map(2);
                             out.pack("from_a_later_release");
                             out.pack(std::map<std::string, std::vector<int>>{{"a", {1, 2}}});
                             out.pack("reason");
                             out.pack("down");
                           }));
  EXPECT_EQ(of<Goodbye>(bytes).reason, "down");
}

TEST(Envelope, LeavesTheDefaultWhereAKeyIsMissing) {
  const auto bytes = frame("list_runs", Body([](Packer& out) { out.pack_map(0); }));
  const auto received = decode<ClientRequest>(bytes).value();
  EXPECT_EQ(std::get<ListRuns>(received.message).limit, 20U);
}

TEST(Envelope, NamesBothVersionsWhereTheyDiffer) {
  const auto bytes =
      frame("hello", testing::packed([](Packer& out) { out.pack("another body"); }), 2);
  const auto error = decode<AgentMessage>(bytes).error();
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_THAT(error.context, HasSubstr("version 2 of Drover's protocol, this program version 1"));
  const auto head = read_head(bytes).value();
  EXPECT_EQ(head.version, 2U);
  EXPECT_EQ(head.kind, "hello");
  EXPECT_EQ(head.envelope, (Envelope{7, 1}));
}

TEST(Envelope, SaysWhatItKnowsWhereTheKindIsUnknown) {
  const auto error =
      decode<AgentMessage>(frame("grant", Body([](Packer& out) { out.pack_map(0); }))).error();
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_THAT(error.context, HasSubstr("unknown kind 'grant'; known are hello, results"));
}

TEST(Envelope, NamesKindAndFieldOfWhatIsWrong) {
  const auto bytes = frame("results", Body([](Packer& out) {
                             out.pack_map(2);
                             out.pack("lease");
                             out.pack(std::tuple(1U, 2U));
                             out.pack("columns");
                             out.pack(std::map<std::string, std::string>{{"offsets", "text"}});
                           }));
  EXPECT_EQ(decode<AgentMessage>(bytes).error(),
            (Error{ErrorCode::Invalid, "results.columns.offsets: expected a bin, found a str"}));
}

TEST(Envelope, NamesTheElementOfAnArray) {
  const auto bytes = frame("released", Body([](Packer& out) {
                             out.pack_map(2);
                             out.pack("lease");
                             out.pack(std::tuple(1U, 2U));
                             out.pack("items");
                             out.pack_array(2);
                             out.pack(std::tuple(0U, 4U));
                             out.pack(std::tuple(9U, 3U));
                           }));
  EXPECT_EQ(decode<AgentMessage>(bytes).error().context,
            "released.items[1]: [9, 3) ends before it begins");
}

TEST(Envelope, SendsTextOfUserCodeRepaired) {
  const auto bytes = encode(Envelope{}, AgentMessage{Goodbye{"broken \xff\xfe text"}}).value();
  EXPECT_EQ(of<Goodbye>(bytes).reason, "broken \xef\xbf\xbd\xef\xbf\xbd text");
}

TEST(Envelope, RefusesToSendWhatAPeerWouldRefuse) {
  Released many;
  many.items.resize(max_elements + 1);
  const auto error = encode(Envelope{}, AgentMessage{many}).error();
  EXPECT_EQ(error.code, ErrorCode::TooLarge);
  EXPECT_EQ(error.context, "released.items: 4097 elements, a message holds at most 4096 of them");

  const auto large = encode(Envelope{}, AgentMessage{Goodbye{std::string(max_frame_bytes, 'x')}});
  EXPECT_EQ(large.error().code, ErrorCode::TooLarge);
  EXPECT_THAT(large.error().context, HasSubstr("goodbye: "));
}

TEST(Envelope, CarriesALeaseOfFullWidth) {
  Results results;
  for (int i = 0; i < 16'384; ++i) results.columns.push_back("0123456789abcdef");
  results.seconds.assign(16'384, 0.5F);
  const auto bytes = encode(Envelope{}, AgentMessage{results}).value();
  EXPECT_EQ(of<Results>(bytes).columns, results.columns);
  EXPECT_EQ(of<Results>(bytes).seconds, results.seconds);
}

}  // namespace
}  // namespace drover::wire
