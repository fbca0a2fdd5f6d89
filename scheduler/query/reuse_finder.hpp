#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/interval_set.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/store/store.hpp"

/// Which items of a step were done before with the same inputs (docs/decisions/0008).
namespace drover::scheduler {

/// One step of one run, as its items are compared.
struct StepItems {
  RunId run;
  std::shared_ptr<const Plan> plan;
  std::uint32_t step = 0;
  std::uint64_t count = 0;
};

/// Finds which items of a step have the same encoded inputs as done ones of an older run's.
///
/// A `uri` only names a file, so an input that holds one is the same only where more is known of
/// the file: its listing gave it a stamp, or the item that made it was itself taken over.
///
/// Reads both lists side by side, in parts. What has not met its like waits: at most
/// `reuse_window` to twice as many items on each side, so inputs that stand further apart in the
/// two lists than that are not found, and run again. Of equal inputs any may meet.
class ReuseFinder {
 public:
  /// `done`: the items of `then` to look for.
  ReuseFinder(StepItems now, StepItems then, IntervalSet done);

  /// Reads on. True: there is more. Errors: those of the store.
  Result<bool> advance(Store& store);

  std::vector<MovedItems> found() const;  ///< Ascending by the new run's items, disjoint.

 private:
  struct Digest {
    std::uint64_t low = 0, high = 0;
    bool operator==(const Digest&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Digest& digest) const { return digest.low; }
  };
  /// Items of one run that wait for their like in the other; the oldest are forgotten.
  class Waiting {
   public:
    void add(const Digest& digest, ItemIndex item);
    std::optional<ItemIndex> take(const Digest& digest);

   private:
    std::unordered_multimap<Digest, ItemIndex, Hash> young_, old_;
  };
  struct Side {
    StepItems of;
    bool is_new;  ///< Of the new run: only here it matters whether files are known.
    ItemIndex next = 0;
    Waiting waiting{};
  };

  Result<bool> same_whole_inputs(Store& store) const;
  /// The next items' inputs; nothing where what their files hold is not known.
  static Result<std::vector<std::optional<Digest>>> read(Side& side, Store& store);
  void meet(ItemIndex now, ItemIndex then);

  Side now_, then_;
  IntervalSet done_;
  bool begun_ = false;
  std::vector<MovedItems> found_;
};

inline constexpr std::size_t reuse_window = 131'072;

/// The finder for a step that opens. Errors: those of the store and of plan_of_run().
Result<ReuseFinder> reuse_finder(const StepRef& step, const StepRef& from,
                                 std::shared_ptr<const Plan> plan,
                                 std::shared_ptr<const Plan> from_plan, std::uint64_t count,
                                 Store& store);

}  // namespace drover::scheduler
