#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/wire/codec.hpp"
#include "common/wire/envelope.hpp"
#include "frames.hpp"

/// docs/protocol.md is all that a client in another language is written from: what it says must be
/// so.
namespace drover::wire {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string page() {
  std::ifstream file(DROVER_SOURCE_DIR "/docs/protocol.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What stands under `### kind` or `#### Struct`, up to the next heading.
std::string section(const std::string& page, const std::string& heading) {
  const auto start = page.find("\n" + heading + "\n");
  if (start == std::string::npos) return "";
  return page.substr(start + 1, page.find("\n#", start + heading.size()) - start);
}

/// The example of a kind: the first fenced JSON after its heading.
json example(const std::string& page, const std::string& kind) {
  const std::string fence = "```json\n";
  const auto start = page.find(fence, page.find("\n### " + kind + "\n")) + fence.size();
  return json::parse(page.substr(start, page.find("\n```", start) - start));
}

/// `"hex:0708"` is a bin of these bytes.
json with_binaries(const json& value) {
  if (value.is_string() && value.get<std::string>().starts_with("hex:")) {
    const auto digits = value.get<std::string>().substr(4);
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return json::binary(bytes);
  }
  json made = value;
  if (made.is_structured()) {
    for (auto& member : made) member = with_binaries(member);
  }
  return made;
}

template <class T>
void check_table(const std::string& page, const std::string& heading) {
  const auto text = section(page, heading);
  ASSERT_NE(text, "") << "docs/protocol.md has no " << heading;
  for_each_field<T>([&](std::string_view name, auto) {
    EXPECT_THAT(text, HasSubstr("\n| `" + std::string(name) + "` |")) << heading;
  });
}

template <class Message, std::size_t... index>
void check_messages(const std::string& page, std::index_sequence<index...>) {
  (check_table<std::variant_alternative_t<index, Message>>(
       page, "### " + std::string(kinds<Message>()[index])),
   ...);
  for (const auto kind : kinds<Message>()) {
    const json body = example(page, std::string(kind));
    const auto packed = json::to_msgpack(with_binaries(body));
    const auto received =
        decode<Message>(testing::frame(kind, std::string(packed.begin(), packed.end())));
    ASSERT_TRUE(received) << received.error().context;
    // What decoding passed over would be missing from what is encoded again.
    const auto again = json::from_msgpack(encode({7, 1}, received->message).value());
    EXPECT_EQ(again[5], with_binaries(body)) << kind;
  }
}
template <class Message>
void check_messages(const std::string& page) {
  check_messages<Message>(page, std::make_index_sequence<std::variant_size_v<Message>>());
}

TEST(ProtocolPage, HasEveryMessageWithItsFieldsAndAnExampleThatDecodes) {
  const auto text = page();
  check_messages<AgentMessage>(text);
  check_messages<SchedulerMessage>(text);
  check_messages<ClientRequest>(text);
  check_messages<ClientReply>(text);
}

template <class... Ts>
void check_structs(const std::string& page) {
  (check_table<Ts>(page, "#### " + std::string(struct_name<Ts>())), ...);
}

TEST(ProtocolPage, HasEveryStructInsideMessages) {
  check_structs<SlotOffer, LeaseReport, ItemFailure, SlotProgress, RevokedItems, ListArgument,
                Argument, Problem, StepStatus, FailureGroup, RunEvent, RunRow, ItemRow, AttemptRow,
                Reason, SlotRow, AgentRow, TaskRow>(page());
}

TEST(ProtocolPage, StatesTheLimits) {
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("# Drover's protocol, version " + std::to_string(protocol_version)));
  EXPECT_THAT(text, HasSubstr("| frame | 2 MiB |"));
  EXPECT_EQ(max_frame_bytes, std::size_t{2} << 20U);
  EXPECT_THAT(
      text, HasSubstr("| arrays and maps inside each other | " + std::to_string(max_depth) + " |"));
  EXPECT_THAT(text, HasSubstr("pairs of a map | 4,096,"));
  EXPECT_EQ(max_elements, 4096U);
  EXPECT_THAT(text, HasSubstr("maps together | 131,072 |"));
  EXPECT_EQ(max_elements_in_all, 131'072U);
}

}  // namespace
}  // namespace drover::wire
