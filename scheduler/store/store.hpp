#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/columns.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/store/rows.hpp"

namespace drover::scheduler {

struct StoreOptions {
  /// False: not synchronised to the disk. For simulations on a memory file system.
  bool durable = true;
  /// Wall-clock milliseconds since 1970, for the times in rows. Empty: the system's clock.
  std::function<std::int64_t()> wall_clock{};
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
///          overwritten. Unsupported: a newer or an older Drover made it. NotFound: no such run,
///          step or item. TooLarge: a limit of the store. Unavailable: the folder cannot be used.
///          Internal: the rest; what was committed is safe, this object is not to be used any
///          further.
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

  /// Is the state folder still where it was opened? Else nothing more is to be promised.
  bool is_in_place() const;
  /// Is there room for new runs? Errors: Full, as check_room() says it (disk_room.hpp).
  Result<void> has_room_for_runs() const;

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

  /// Stamps of elements of a list that a plain step returned (Sink::push), 0 where they have none;
  /// none for other steps.
  Result<std::vector<std::uint64_t>> read_stamps(const StepRef& step, Range elements);

  /// Of elements of `part` (All or Ok) of a map step: whether a run before made the result, under
  /// another index (SaveMoved).
  Result<std::vector<bool>> read_moved(const StepRef& step, Part part, Range elements);

  /// The encoded value of a plain step. Errors: NotFound while it has none; Invalid where it is a
  /// list, which only read_list gives.
  Result<std::string> read_value(const StepRef& step);

  // ------------------------------------------------------------------ what people ask

  static constexpr std::uint64_t max_rows = 10'000;  ///< More are never returned at once.

  Result<std::vector<RunRow>> runs(std::uint64_t limit);  ///< Newest first.
  /// By its id or what is unique of it. Errors: NotFound; Invalid where several begin so.
  Result<RunRow> run(std::string_view id);
  Result<std::vector<StepRow>> steps(const RunId& run);
  /// Runs that ended with failed items, of which set_listed() was not said yet: oldest first.
  Result<std::vector<RunRow>> unlisted_runs(std::uint64_t limit = max_rows);
  /// The list of the run's failed items is written where it belongs. Commits.
  Result<void> set_listed(const RunId& run);
  Result<ItemCounts> counts(const StepRef& step);
  Result<std::vector<FailureGroup>> failure_groups(const RunId& run);  ///< Largest first.
  Result<std::vector<EventRow>> events(const RunId& run, std::uint64_t limit = max_rows);

  /// Items of one state, or all, from `first` on. The next page begins after the last one.
  Result<std::vector<ItemRow>> read_items(const StepRef& step, std::optional<ItemState> state,
                                          ItemIndex first, std::uint64_t limit);
  /// Failed items of one group of failures, from `first` on.
  Result<std::vector<ItemRow>> find_failed(const StepRef& step, std::string_view signature,
                                           ItemIndex first, std::uint64_t limit);
  /// All attempts at the item that ended, in order. Errors: NotFound beyond the step's items.
  Result<std::vector<AttemptRow>> read_attempts(const StepRef& step, ItemIndex item);

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);

  /// What `read` gives, or the error that the database met meanwhile.
  template <class Read>
  auto checked(Read read) -> Result<decltype(read())>;
  /// The same for a read of one step, which must exist.
  template <class Read>
  auto of_step(const StepRef& step, Read read);
  template <class Read>
  auto of_run(const RunId& run, Read read);

  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::scheduler
