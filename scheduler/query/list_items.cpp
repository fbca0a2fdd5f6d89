#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "common/spelling.hpp"
#include "scheduler/core/executing.hpp"
#include "scheduler/query/asking.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint32_t most_items = 1000;

/// Where the items of a running step are that have not ended.
class OpenItems {
 public:
  /// Knows nothing where the run is not active.
  OpenItems(const FoundRun& run, const State& state, const StepRef& ref, Instant now)
      : state_(state), ref_(ref), now_(now) {
    if (run.live == nullptr) return;
    step_ = &run.live->steps.at(ref.step);
    waiting_.insert(step_->free);
    for (const auto& [due, item] : step_->retry_queue) retrying_.insert(Range{item, item + 1});
    for (const auto& [id, lease] : state.leases) {
      if (lease.step != ref || lease.void_) continue;
      const IntervalSet executing = executing_items(state, lease);
      IntervalSet queued = lease.items;
      queued.erase(executing);
      running_.insert(executing);
      waiting_.insert(queued);
    }
  }

  const IntervalSet& of(ItemStatus status) const {
    if (status == ItemStatus::Running) return running_;
    return status == ItemStatus::Retrying ? retrying_ : waiting_;
  }

  /// Adds what the core knows of an open item to its row.
  void complete(wire::ItemRow& row) const {
    row.state = name_of(ItemStatus::Waiting);
    if (step_ == nullptr) return;
    if (const auto charged = step_->charged.find(row.item); charged != step_->charged.end()) {
      row.attempts = charged->second.attempts;
      if (retrying_.contains(row.item)) {
        row.state = name_of(ItemStatus::Retrying);
        const Duration pause = std::max(charged->second.due - now_, Duration::zero());
        row.retry_in_seconds = std::chrono::duration<double>(pause).count();
      }
    }
    if (!running_.contains(row.item)) return;
    row.state = name_of(ItemStatus::Running);
    row.attempts += 1;
    // What is there of a failure before is not of this attempt.
    row.reason.clear();
    row.cause.clear();
    row.seconds.reset();
    if (const Lease* lease = lease_of(state_, ref_, row.item)) {
      row.agent = state_.agents.at(lease->agent).name;
      row.slot = lease->slot;
    }
  }

 private:
  const State& state_;
  StepRef ref_;
  Instant now_;
  const Step* step_ = nullptr;
  IntervalSet waiting_, running_, retrying_;
};

std::string_view word_of(ItemState state) {
  switch (state) {
    case ItemState::Open:
      return name_of(ItemStatus::Waiting);
    case ItemState::Done:
      return name_of(ItemStatus::Done);
    case ItemState::Failed:
      return name_of(ItemStatus::Failed);
    case ItemState::Skipped:
      return name_of(ItemStatus::Skipped);
    case ItemState::Cancelled:
      return name_of(ItemStatus::Cancelled);
  }
  return "";
}

/// The state as the store has it; nothing for one that only the core tells apart.
std::optional<ItemState> stored_state(ItemStatus status) {
  switch (status) {
    case ItemStatus::Done:
      return ItemState::Done;
    case ItemStatus::Failed:
      return ItemState::Failed;
    case ItemStatus::Skipped:
      return ItemState::Skipped;
    case ItemStatus::Cancelled:
      return ItemState::Cancelled;
    default:
      return std::nullopt;
  }
}

Result<std::optional<ItemStatus>> wanted_state(const wire::ListItems& request) {
  if (!request.state) return std::optional<ItemStatus>();
  const auto status = item_status_named(*request.state);
  if (status) return status;
  return fail(ErrorCode::Invalid,
              fmt::format("'{}' is no state of an item: waiting, running, retrying, done, failed, "
                          "skipped or cancelled",
                          *request.state));
}

/// The first `limit` items of `set` from `first` on.
std::vector<ItemIndex> items_from(const IntervalSet& set, ItemIndex first, std::uint64_t limit) {
  std::vector<ItemIndex> items;
  for (const Range& range : set.within(Range{first, ~ItemIndex{0}})) {
    for (ItemIndex item = range.first; item < range.last && items.size() < limit; ++item) {
      items.push_back(item);
    }
    if (items.size() == limit) break;
  }
  return items;
}

wire::ItemRow row_of(const ItemRow& stored) {
  wire::ItemRow row;
  row.item = stored.item;
  row.state = word_of(stored.state);
  row.attempts = stored.attempts;
  if (stored.last_attempt) {
    const AttemptRow& last = *stored.last_attempt;
    row.reason = last.reason;
    if (last.cause) row.cause = name_of(*last.cause);
    row.agent = last.agent_name;
    row.slot = last.slot;
    row.seconds = static_cast<double>(last.seconds);
  }
  return row;
}

/// Why items of the step are skipped.
std::string skip_reason(const FoundRun& run, std::uint32_t step) {
  std::vector<std::string> before;
  for (const auto& argument : run.plan->steps.at(step).arguments) {
    const auto* result = std::get_if<StepResult>(&argument.source.from);
    if (argument.feed != Feed::Each || result == nullptr) continue;
    before.push_back(fmt::format("'{}'", run.plan->steps.at(result->step).name));
  }
  return fmt::format("its input failed in {}", listed(before));
}

/// One page, as the store has it, with one more row than asked for where there is one.
Result<std::vector<ItemRow>> stored_rows(const Asking& asking, const StepRef& ref,
                                         const OpenItems& open, std::optional<ItemStatus> status,
                                         ItemIndex first, std::uint64_t limit) {
  if (!status) return asking.store.read_items(ref, std::nullopt, first, limit);
  if (const auto state = stored_state(*status)) {
    return asking.store.read_items(ref, state, first, limit);
  }
  std::vector<ItemRow> rows;
  for (const ItemIndex item : items_from(open.of(*status), first, limit)) {
    auto row = asking.store.read_items(ref, std::nullopt, item, 1);
    if (!row) return row;
    // The store is newer than the view: what ended meanwhile is not in this state any more.
    if (!row->empty() && row->front().state == ItemState::Open) {
      rows.push_back(std::move(row->front()));
    }
  }
  return rows;
}

}  // namespace

const Lease* lease_of(const State& state, const StepRef& step, ItemIndex item) {
  for (const auto& [id, lease] : state.leases) {
    if (lease.step == step && !lease.void_ && lease.items.contains(item)) return &lease;
  }
  return nullptr;
}

Result<wire::Items> list_items(const Asking& asking, const wire::ListItems& request) {
  const auto run = asking.find(request.run);
  if (!run) return tl::unexpected(run.error());
  const auto plan = plan_of_found(*run);
  if (!plan) return tl::unexpected(plan.error());
  const auto step = resolve_step(**plan, request.step, [&](const std::string& name) {
    return fmt::format("drover items {} {}", request.run, name);
  });
  if (!step) return tl::unexpected(step.error());
  const auto status = wanted_state(request);
  if (!status) return tl::unexpected(status.error());

  const StepRef ref{run->id(), *step};
  const auto counts = asking.store.counts(ref);
  if (!counts) return tl::unexpected(counts.error());
  const OpenItems open(*run, asking.state(), ref, asking.view.now);
  const std::uint64_t limit = std::clamp(request.limit, 1U, most_items);
  const ItemIndex first = request.after ? *request.after + 1 : 0;
  auto rows = stored_rows(asking, ref, open, *status, first, limit + 1);
  if (!rows) return tl::unexpected(rows.error());

  wire::Items page{run->id(), (*plan)->steps.at(*step).name, run->item_word(), counts->count, {},
                   {}};
  ItemKeys keys(run->id(), *plan, *step, asking.store);
  for (const ItemRow& stored : *rows) {
    if (page.rows.size() == limit) {
      page.next = page.rows.back().item;
      break;
    }
    wire::ItemRow row = row_of(stored);
    row.key = keys.key(row.item);
    if (stored.state == ItemState::Open) open.complete(row);
    if (stored.state == ItemState::Skipped) row.reason = skip_reason(*run, *step);
    page.rows.push_back(std::move(row));
  }
  return page;
}

}  // namespace drover::scheduler
