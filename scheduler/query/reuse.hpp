#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/interval_set.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/query/changed_tasks.hpp"
#include "scheduler/store/store.hpp"

/// `drover run --reuse RUN`: items that are done there with the same inputs are not run again.
namespace drover::scheduler {

/// What a new run may take over of another one, before any of its lists is known.
struct PreparedReuse {
  Reuse reuse;
  std::vector<std::string> remarks;  ///< Steps of which nothing can be taken over, and why.
  /// Set where the client asks what has changed, and something has: then nothing is to be started.
  std::optional<wire::ChangedTasks> changed{};
};

/// Pairs the steps of `plan` that map with those of the run by name. Only those of the same task,
/// given the same constants, are of use; plain steps always run. `changed`: as in wire::Rerun.
/// Errors: NotFound for the run; Invalid where it has not ended, or no step is of use.
Result<PreparedReuse> prepare_reuse(const std::string& run, Changed changed, const Plan& plan,
                                    const LiveView& view, Store& store);

/// One step of one run, as its items are compared.
struct StepItems {
  RunId run;
  std::shared_ptr<const Plan> plan;
  std::uint32_t step = 0;
  std::uint64_t count = 0;
};

/// Finds which items of a step have the same encoded inputs as done ones of an older run's.
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
    ItemIndex next = 0;
    Waiting waiting{};
  };

  Result<bool> same_whole_inputs(Store& store) const;
  static Result<std::vector<Digest>> read(Side& side, Store& store);
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
