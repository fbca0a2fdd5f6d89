#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "frames.hpp"
#include "generators.hpp"

/// Frames that somebody made to hurt, or that a wire broke. All of them are refused with a reason,
/// or decode to something that can be encoded again.
namespace drover::wire {
namespace {

using testing::bin;
using testing::Body;
using testing::frame;
using ::testing::HasSubstr;
using testing::little_endian;
using testing::Packer;

struct Hostile {
  std::string name;
  std::string bytes;
  std::string reason;  // part of the error's text
};

std::string raw(std::initializer_list<int> bytes) {
  std::string made;
  for (const int byte : bytes) made.push_back(static_cast<char>(byte));
  return made;
}
std::string text(std::string_view value) {
  return testing::packed([&](Packer& out) { out.pack(std::string(value)); });
}
/// A map of one key whose value are these bytes as they are.
std::string with(std::string_view key, const std::string& value) {
  return raw({0x81}) + text(key) + value;
}
std::string repeat(std::size_t count, const std::string& part) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += part;
  return all;
}
const std::string lease = with("lease", raw({0x92, 1, 2}));
std::string columns(const std::string& offsets, const std::string& bytes) {
  return raw({0x82}) + text("lease") + raw({0x92, 1, 2}) + text("columns") +
         testing::packed([&](Packer& out) {
           out.pack_map(2);
           out.pack("offsets");
           bin(out, offsets);
           out.pack("bytes");
           bin(out, bytes);
         });
}

std::vector<Hostile> broken_envelopes() {
  const auto head = [](const std::string& rest) { return raw({0x96}) + rest; };
  return {
      {"nothing at all", "", "the frame ends here"},
      {"a single byte", raw({0xc1}), "never uses"},
      {"plain text", "GET / HTTP/1.1\r\n\r\n", "expected an array, found an int"},
      {"a map", raw({0x80}), "expected an array, found a map"},
      {"an array of five", raw({0x95, 1, 2, 3, 4, 5}), "an array of 5"},
      {"an array of 2^32-1", raw({0xdd, 0xff, 0xff, 0xff, 0xff}), "4294967295 elements"},
      {"an array of 4096 in no bytes", raw({0xdc, 0x10, 0x00}),
       "4096 elements announced, 0 bytes left"},
      {"other magic", head(text("rover0") + raw({1, 0xa0, 0, 0, 0x80})), "does not begin"},
      {"magic as bin", head(raw({0xc4, 6}) + "drover" + raw({1, 0xa0, 0, 0, 0x80})),
       "expected a str"},
      {"negative version", head(text("drover") + raw({0xff, 0xa0, 0, 0, 0x80})), "negative"},
      {"version as text", head(text("drover") + text("1") + raw({0xa0, 0, 0, 0x80})),
       "expected an int"},
      {"kind as int", head(text("drover") + raw({1, 1, 0, 0, 0x80})),
       "expected a str, found an int"},
      {"kind not UTF-8", head(text("drover") + raw({1, 0xa1, 0xff, 0, 0, 0x80})), "not UTF-8"},
      {"session below zero", head(text("drover") + raw({1, 0xa1, 'a', 0xd0, 0x80, 0, 0x80})),
       "negative"},
      {"sequence a float", head(text("drover") + raw({1, 0xa1, 'a', 0, 0xca, 0, 0, 0, 0, 0x80})),
       "found a float"},
      {"a str of 4 GiB", head(raw({0xdb, 0xff, 0xff, 0xff, 0xff}) + "12345678"),
       "4294967295 bytes announced"},
      {"unknown kind", frame("no such kind", raw({0x80})), "unknown kind 'no such kind'"},
      {"no body", frame("hello", ""), "the frame ends here"},
      {"bytes after the end", frame("goodbye", raw({0x80, 0})), "bytes follow"},
      {"too large", frame("goodbye", with("x", std::string(max_frame_bytes, '\0'))),
       "at most 2097152"},
  };
}

std::vector<Hostile> broken_bodies() {
  return {
      {"body as array", frame("goodbye", raw({0x90})), "goodbye: expected a map, found an array"},
      {"body as nil", frame("goodbye", raw({0xc0})), "expected a map, found nil"},
      {"body as ext", frame("goodbye", raw({0xd4, 1, 0})), "found an ext"},
      {"key as int", frame("goodbye", raw({0x81, 1, 1})), "expected a str, found an int"},
      {"key twice",
       frame("goodbye", raw({0x82}) + text("reason") + text("a") + text("reason") + text("b")),
       "goodbye.reason: this key stands twice"},
      {"unknown key twice",
       frame("goodbye", raw({0x82}) + text("x") + raw({1}) + text("x") + raw({2})),
       "a key stands twice"},
      {"label twice",
       frame("hello", with("labels", raw({0x82}) + text("a") + text("b") + text("a") + text("c"))),
       "hello.labels: the key 'a' stands twice"},
      {"ext below an unknown key", frame("goodbye", with("x", raw({0xc7, 0xff, 1}))),
       "found an ext"},
      {"0xc1 below an unknown key", frame("goodbye", with("x", raw({0xc1}))), "never uses"},
      {"text as int", frame("goodbye", with("reason", raw({5}))), "goodbye.reason: expected a str"},
      {"text as bin", frame("goodbye", with("reason", raw({0xc4, 1, 'a'}))),
       "expected a str, found a bin"},
      {"text not UTF-8", frame("goodbye", with("reason", raw({0xa1, 0x80}))), "not UTF-8"},
      {"overlong UTF-8", frame("goodbye", with("reason", raw({0xa2, 0xc0, 0xaf}))), "not UTF-8"},
      {"surrogate", frame("goodbye", with("reason", raw({0xa3, 0xed, 0xa0, 0x80}))), "not UTF-8"},
      {"map of 2^32-1", frame("goodbye", raw({0xdf, 0xff, 0xff, 0xff, 0xff})),
       "4294967295 elements"},
      {"map of 4097", frame("goodbye", raw({0xde, 0x10, 0x01}) + std::string(9000, '\0')),
       "4097 elements"},
      {"map with half a pair", frame("goodbye", raw({0x81}) + text("x")), "the frame ends here"},
      {"array of 2^31", frame("hello", with("tasks", raw({0xdd, 0x80, 0, 0, 0}))),
       "hello.tasks: 2147483648"},
      {"array larger than the frame", frame("hello", with("tasks", raw({0xdc, 0x0f, 0xff}))),
       "4095 elements announced"},
      {"bin of 4 GiB",
       frame("put_chunk", with("columns", with("bytes", raw({0xc6, 0xff, 0xff, 0xff, 0xff})))),
       "put_chunk.columns.bytes: 4294967295 bytes announced"},
      {"nested 2,000,000 deep", frame("goodbye", with("x", std::string(2'000'000, '\x91'))),
       "deeper than 16"},
      {"nested maps", frame("goodbye", with("x", repeat(1000, with("x", "")))), "deeper than 16"},
      {"4096 nests of 4096", frame("goodbye", with("x", repeat(100, raw({0xdc, 0x10, 0x00})))),
       "elements announced"},
      {"40 arrays of 4096",
       frame("goodbye", with("x", raw({0xdc, 0, 40}) +
                                      repeat(40, raw({0xdc, 0x10, 0}) + std::string(4096, '\0')))),
       "more than 131072 elements in all"},
      {"lease missing", frame("released", raw({0x80})), "released.lease: is missing"},
      {"lease of three", frame("released", with("lease", raw({0x93, 1, 2, 3}))),
       "expected an array of 2"},
      {"lease of one", frame("released", with("lease", raw({0x91, 1}))), "expected an array of 2"},
      {"lease as map", frame("released", with("lease", raw({0x80}))),
       "expected an array, found a map"},
      {"lease number negative", frame("released", with("lease", raw({0x92, 1, 0xff}))), "negative"},
      {"range backwards",
       frame("released", raw({0x82}) + lease.substr(1) + text("items") + raw({0x91, 0x92, 5, 4})),
       "released.items[0]: [5, 4)"},
      {"id of 15 bytes", frame("hello", with("agent", raw({0xc4, 15}) + std::string(15, 'a'))),
       "an id has 16 bytes"},
      {"id as text", frame("hello", with("agent", raw({0xb0}) + std::string(16, 'a'))),
       "expected a bin"},
      {"slot of 33 bits",
       frame("hello",
             with("slots", raw({0x91}) + with("slot", raw({0xcf, 0, 0, 0, 1, 0, 0, 0, 0})))),
       "hello.slots[0].slot: 4294967296 is out of range"},
      {"cpu not a number",
       frame("hello", with("slots", raw({0x91}) + with("cpu", raw({0xca, 0x7f, 0xc0, 0, 0})))),
       "not a finite number"},
      {"cpu infinite",
       frame("hello",
             with("slots", raw({0x91}) + with("cpu", raw({0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0})))),
       "not a finite number"},
      {"cause unknown", frame("call_failed", with("cause", text("bad luck"))),
       "'bad luck' is not a cause"},
      {"cause as int", frame("call_failed", with("cause", raw({2}))), "expected a str"},
      {"seconds too large",
       frame("call_failed", with("seconds", raw({0xcb, 0x7f, 0xe0, 0, 0, 0, 0, 0, 0}))),
       "out of range of a float"},
      {"bool as int", frame("results", with("failures", raw({0x91}) + with("permanent", raw({1})))),
       "expected a bool"},
      {"no offsets", frame("results", columns("", "")), "offsets do not rise"},
      {"offsets not from 0", frame("results", columns(little_endian({1, 2}), "ab")),
       "offsets do not rise"},
      {"offsets fall", frame("results", columns(little_endian({0, 2, 1, 3}), "abc")),
       "offsets do not rise"},
      {"offsets beyond", frame("results", columns(little_endian({0, 9}), "ab")),
       "offsets do not rise"},
      {"offsets before the end", frame("results", columns(little_endian({0, 1}), "ab")),
       "offsets do not rise"},
      {"offsets of 5 bytes", frame("results", columns("12345", "")),
       "results.columns.offsets: 5 bytes"},
      {"durations not finite", frame("results", with("seconds", raw({0xc4, 4, 0, 0, 0x80, 0x7f}))),
       "not finite"},
      {"durations below zero", frame("results", with("seconds", raw({0xc4, 4, 0, 0, 0x80, 0xbf}))),
       "below zero"},
      {"nil where a value must be", frame("get_chunk", with("request", raw({0xc0}))),
       "expected an int, found nil"},
  };
}

TEST(HostileFrames, AreEachRefusedWithTheReason) {
  auto all = broken_envelopes();
  const auto bodies = broken_bodies();
  all.insert(all.end(), bodies.begin(), bodies.end());
  EXPECT_GE(all.size(), 60U);
  for (const auto& hostile : all) {
    const auto received = decode<AgentMessage>(hostile.bytes);
    ASSERT_FALSE(received.has_value()) << hostile.name;
    EXPECT_THAT(received.error().context, HasSubstr(hostile.reason)) << hostile.name;
    EXPECT_LT(received.error().context.size(), 600U) << hostile.name;
  }
}

/// Message `kind` (counted over all four directions) as a generator makes it from `seed`.
template <class Message>
std::vector<std::string> samples() {
  std::vector<std::string> frames;
  for (std::size_t kind = 0; kind < std::variant_size_v<Message>; ++kind) {
    const auto make = rc::gen::exec([kind] {
      return encode({1, 2}, testing::any_message<Message>(kind)).value();
    });
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
      frames.push_back(make(rc::Random(seed), 30).value());
  }
  return frames;
}
std::vector<std::string> all_samples() {
  auto all = samples<AgentMessage>();
  for (const auto& more :
       {samples<SchedulerMessage>(), samples<ClientRequest>(), samples<ClientReply>()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

/// Decodes as everything; what is taken must be fit to be sent. True where something took it.
template <class Message>
bool survives(const std::string& bytes) {
  const auto received = decode<Message>(bytes);
  if (!received) {
    EXPECT_FALSE(received.error().context.empty());
    return false;
  }
  EXPECT_TRUE(encode(received->envelope, received->message).has_value());
  return true;
}
bool survives_as_anything(const std::string& bytes) {
  const bool agent = survives<AgentMessage>(bytes);
  const bool scheduler = survives<SchedulerMessage>(bytes);
  const bool request = survives<ClientRequest>(bytes);
  const bool reply = survives<ClientReply>(bytes);
  return agent || scheduler || request || reply;
}

TEST(HostileFrames, AreRefusedWhereverTheyAreCutOff) {
  for (const auto& whole : all_samples()) {
    ASSERT_TRUE(survives_as_anything(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A copy of just that length, so that a sanitizer sees every step beyond it.
      const std::vector<char> cut(whole.begin(),
                                  whole.begin() + static_cast<std::ptrdiff_t>(length));
      const std::string_view bytes(cut.data(), cut.size());
      EXPECT_FALSE(decode<AgentMessage>(bytes) || decode<SchedulerMessage>(bytes) ||
                   decode<ClientRequest>(bytes) || decode<ClientReply>(bytes));
    }
  }
}

TEST(HostileFrames, NeverCrashWithRandomBytesFlipped) {
  const auto whole = all_samples();
  std::mt19937_64 random(20'260'101);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  std::size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes = whole[below(whole.size())];
    const auto flips = 1 + below(6);
    for (std::size_t i = 0; i < flips; ++i) {
      bytes[below(bytes.size())] =
          static_cast<char>(below(4) == 0 ? random() : 0x80 | random() % 0x60);
    }
    if (below(8) == 0) bytes.resize(below(bytes.size() + 1));
    if (below(8) == 0) bytes.insert(below(bytes.size() + 1), std::string(below(9), '\xdd'));
    taken += survives_as_anything(bytes) ? 1 : 0;
  }
  // Some flips hit what may be anything; were none taken, the frames would all fail at the same
  // gate.
  EXPECT_GT(taken, 1'000U);
  EXPECT_LT(taken, 199'000U);
}

}  // namespace
}  // namespace drover::wire
