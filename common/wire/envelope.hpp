#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.hpp"
#include "common/wire/client_messages.hpp"
#include "common/wire/limits.hpp"
#include "common/wire/messages.hpp"

/// One message is one frame: the MessagePack array ["drover", version, kind, session, sequence,
/// body].
namespace drover::wire {

using AgentMessage = std::variant<Hello, Results, PutChunk, CallFailed, Released, Heartbeat,
                                  Goodbye, GetChunk, LogPart>;
using SchedulerMessage = std::variant<Welcome, Rejoin, Refused, Grant, Revoke, Release, Answer,
                                      Chunk, LogWanted, HeartbeatHeard>;
using ClientRequest = std::variant<Submit, Cancel, Rerun, ListRuns, ShowRun, Wait, ListItems,
                                   ReadResults, Explain, Log, ListAgents, ListTasks, Ping>;
using ClientReply = std::variant<Submitted, Rejected, ChangedTasks, RunStatus, Runs, Items,
                                 ResultsPage, Explanation, LogText, Agents, Tasks, Pong, Failed>;

/// Where a message belongs. Between agent and scheduler: the agent's session, and the message's
/// place in what this side sends in it, from 1 on. Of a request: a random number of the client, and
/// the request's number; its reply carries the same two.
struct Envelope {
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;

  bool operator==(const Envelope&) const = default;
};

/// What any version of Drover can read of a frame.
struct Head {
  std::uint64_t version = 0;
  std::string kind;
  Envelope envelope;
};

template <class Message>
struct Received {
  Envelope envelope;
  Message message;
};

/// The kinds that a variant's messages are named by, in its order: `hello`, `results`, ...
/// No two variants share one.
template <class Message>
std::span<const std::string_view> kinds();

/// The kind of this message.
template <class Message>
std::string_view kind_of(const Message& message);

/// One frame. Text that is not UTF-8 is repaired.
/// Errors: TooLarge, with kind and field, where the message breaks a limit of limits.hpp.
template <class Message>
Result<std::string> encode(const Envelope& envelope, const Message& message);

/// Reads the frame's head only, whatever its version: enough to answer one that cannot be decoded,
/// and to tell agents from clients. Errors: Invalid where the bytes are not Drover's.
Result<Head> read_head(std::string_view frame);

/// Decodes a frame from outside. Never throws, allocates no more than a few times the frame.
/// Errors: Invalid or TooLarge, naming kind and field (`results.columns.offsets: …`); Unsupported
/// with both versions where the frame's is not ours, and for a kind that `Message` does not have.
template <class Message>
Result<Received<Message>> decode(std::string_view frame);

// Implemented for these four, in envelope.cpp, so that only it compiles the codec.
#define DROVER_WIRE_EXTERN(Message)                                                     \
  extern template std::span<const std::string_view> kinds<Message>();                   \
  extern template std::string_view kind_of<Message>(const Message&);                    \
  extern template Result<std::string> encode<Message>(const Envelope&, const Message&); \
  extern template Result<Received<Message>> decode<Message>(std::string_view);
DROVER_WIRE_EXTERN(AgentMessage)
DROVER_WIRE_EXTERN(SchedulerMessage)
DROVER_WIRE_EXTERN(ClientRequest)
DROVER_WIRE_EXTERN(ClientReply)
#undef DROVER_WIRE_EXTERN

}  // namespace drover::wire
