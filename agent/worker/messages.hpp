#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.hpp"
#include "common/types/describe.hpp"

/// The small messages between an agent and its worker, over a SOCK_SEQPACKET socket pair.
///
/// One message is one packet: a MessagePack number that says which, then an array of its fields.
/// docs/worker-protocol.md describes the same for other languages: a change here is a change there.
/// All bulk stands in the page (page.hpp).
namespace drover::worker {

inline constexpr std::size_t max_message_bytes = std::size_t{192} << 10U;

// ------------------------------------------------------------------ worker to agent

/// The first message: what this worker can do.
struct Catalogue {
  static constexpr std::uint8_t number = 1;
  std::vector<std::string> tasks;     ///< Signatures, as common/types prints them.
  std::vector<std::string> notes;     ///< Lines for an operator: a library that did not load.
  std::vector<std::string> programs;  ///< Files in folders of tasks that descriptions of commands
                                      ///< name: where one changes, tasks are to be loaded anew.
  std::vector<std::string> builds;  ///< One per task: tells its files from those of another build;
                                    ///< empty where it comes with Drover.
};
DROVER_STRUCT(Catalogue, tasks, notes, programs, builds);

/// All of the lease that will be done is in the page.
struct LeaseEnded {
  static constexpr std::uint8_t number = 2;
  std::uint32_t lease = 0;
  std::uint32_t done = 0;  ///< Outcomes, from the lease's first item on; fewer than its items where
                           ///< it was stopped.
  std::optional<std::uint64_t> list_size;  ///< Where the value is a list that went in chunks.
};
DROVER_STRUCT(LeaseEnded, lease, done, list_size);

/// No further outcome fits. The worker waits for PageFree.
struct PageFull {
  static constexpr std::uint8_t number = 3;
  std::uint32_t lease = 0;
};
DROVER_STRUCT(PageFull, lease);

/// The result columns hold a part of the list that the task returns: elements in place of outcomes.
/// The worker waits for PageFree.
struct ListChunk {
  static constexpr std::uint8_t number = 4;
  std::uint32_t lease = 0;
  std::uint64_t first = 0;  ///< Index of the first element.
  std::uint32_t count = 0;
  bool stamped = false;  ///< `log_ends` holds the elements' stamps.
};
DROVER_STRUCT(ListChunk, lease, first, count, stamped);

/// Asks for elements of a list argument from `first` on. The worker waits for Chunk.
struct ListWanted {
  static constexpr std::uint8_t number = 5;
  std::uint32_t lease = 0;
  std::uint32_t argument = 0;
  std::uint64_t first = 0;
};
DROVER_STRUCT(ListWanted, lease, argument, first);

// ------------------------------------------------------------------ agent to worker

enum class ArgumentKind : std::uint8_t {
  Constant = 0,  ///< One value for all items: `bytes` long.
  Column = 1,    ///< One value per item.
  List = 2,      ///< A whole list, read through ListWanted.
};

/// Where an argument stands. Positions count from the beginning of Page::inputs.
struct LeaseArgument {
  std::uint8_t kind = 0;         ///< An ArgumentKind.
  std::uint32_t offsets_at = 0;  ///< Of Constant and Column: values + 1 numbers of 32 bits.
  std::uint32_t bytes_at = 0;
  std::uint32_t bytes = 0;
  std::uint64_t list_size = 0;  ///< Of List.
};
DROVER_STRUCT(LeaseArgument, kind, offsets_at, bytes_at, bytes, list_size);

/// Run these items. The page's result columns are empty.
struct Lease {
  static constexpr std::uint8_t number = 16;
  std::uint32_t lease = 0;       ///< A number of the agent's own, never 0.
  std::uint32_t items = 0;       ///< At most max_page_items.
  std::uint64_t first_item = 0;  ///< Index in the step of the first.
  std::string task;
  std::string signature;  ///< Hash of the task's signature.
  std::vector<LeaseArgument> arguments;
  std::optional<std::uint32_t> key_argument;  ///< Which argument is the item's key.
  std::uint32_t largest_batch = 1;            ///< Items per call; 0: as the task likes.
  std::optional<std::uint32_t>
      attempts_at;              ///< One 32-bit number per item in Page::inputs; none: all 1.
  bool list_in_chunks = false;  ///< A returned list goes out by ListChunk.
  std::string run;
  std::string step;
  std::string results;        ///< URI of the run's folder for results.
  std::string common_folder;  ///< The longest folder that the keys of all items of the step share.
  std::optional<std::uint32_t>
      ordinals_at;  ///< Like attempts_at: the how-manieth of its step with this key.
};
DROVER_STRUCT(Lease, lease, items, first_item, task, signature, arguments, key_argument,
              largest_batch, attempts_at, list_in_chunks, run, step, results, common_folder,
              ordinals_at);

/// Answers PageFull and ListChunk: the result columns are empty again.
struct PageFree {
  static constexpr std::uint8_t number = 17;
  std::uint32_t lease = 0;
};
DROVER_STRUCT(PageFree, lease);

/// Answers ListWanted. Elements stand in Page::chunk; positions count from its beginning.
struct Chunk {
  static constexpr std::uint8_t number = 18;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t offsets_at = 0;
  std::uint32_t bytes_at = 0;
  std::uint32_t bytes = 0;
  std::optional<std::string> error;  ///< Why there are none.
};
DROVER_STRUCT(Chunk, first, count, offsets_at, bytes_at, bytes, error);

/// Leave now.
struct Stop {
  static constexpr std::uint8_t number = 19;
  std::string reason;
};
DROVER_STRUCT(Stop, reason);

using FromWorker = std::variant<Catalogue, LeaseEnded, PageFull, ListChunk, ListWanted>;
using FromAgent = std::variant<Lease, PageFree, Chunk, Stop>;

std::string packet_of(const FromWorker& message);
std::string packet_of(const FromAgent& message);
/// Errors: Invalid for a number that is not known, or fields that are not those of the message.
Result<FromWorker> read_from_worker(std::string_view packet);
Result<FromAgent> read_from_agent(std::string_view packet);

}  // namespace drover::worker
