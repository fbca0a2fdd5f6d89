#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/columns.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"

namespace drover::scheduler {

struct StoreOptions {
  /// False: not synchronised to the disk. For simulations on a memory file system.
  bool durable = true;
  /// Wall-clock milliseconds since 1970, for the times in rows. Empty: the system's clock.
  std::function<std::int64_t()> wall_clock;
  /// Refuses to grow the database beyond so many pages of 16 KiB, as a full disk would. 0: no
  /// limit.
  std::uint32_t max_pages = 0;
};

/// The key of an item, for people: its uri, or its index as digits.
using KeyOfItem = std::function<Result<std::string>(ItemIndex)>;

/// What a read may return at most. At least one element is returned where there is one.
struct ReadLimit {
  std::uint64_t elements = 16384;
  std::uint64_t bytes = 1 << 20;
};

/// The scheduler's memory: one SQLite database in one folder, one connection.
///
/// What apply() has returned from is there after a crash, a kill or a power cut. Results are read
/// back without the state that load() gives ever holding them.
///
/// Threads  One at a time; blocks on the disk.
/// Errors   Busy: another scheduler has the folder. Full: the disk is full, nothing of the call was
///          kept. Invalid: the database is damaged, or an argument is wrong; nothing was
///          overwritten. Unsupported: a newer Drover made it. NotFound: no such run, step or item.
///          TooLarge: a limit of the store. Unavailable: the folder cannot be used. Internal: the
///          rest; what was committed is safe, this object is not to be used any further.
class Store {
 public:
  /// Opens `drover.db` in the folder; makes both where they are missing.
  static Result<Store> open(const std::filesystem::path& state_folder, StoreOptions options = {});

  /// Ends with this object. For simulations: a simulated kill is dropping the saves that were not
  /// applied and calling load() again; reset() starts the next simulation.
  static Result<Store> open_in_memory(StoreOptions options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Commits the epoch of this start, then reads what is unfinished.
  Result<Stored> load(std::int64_t wall_clock_milliseconds);

  /// Commits the saves as one transaction: all of them or none.
  Result<void> apply(std::span<const Save> saves);

  /// Deletes everything.
  Result<void> reset();

  /// A run in any state, as load() gives it. For a rerun.
  Result<StoredRun> stored_run(const RunId& run);

  // ------------------------------------------------------------------ values

  /// How many elements `part` of the step's result has: so far, while the step runs.
  Result<std::uint64_t> list_size(const StepRef& step, Part part);

  /// Elements `first` and following of `part`: Value or All of a plain step that returned a list;
  /// All, Ok or Failed of a map step. In All an item without a result is nil; elements of Failed
  /// are encoded structs {index, key, reason}. Empty at the end of the list. Any window costs what
  /// it holds, wherever it lies.
  Result<Columns> read_list(const StepRef& step, Part part, std::uint64_t first,
                            const ReadLimit& limit = {}, const KeyOfItem& key_of = {});

  /// The encoded value of a plain step. Errors: NotFound while it has none; Invalid where it is a
  /// list, which only read_list gives.
  Result<std::string> read_value(const StepRef& step);

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  Result<std::int64_t> find_step(const StepRef& step);

  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::scheduler
