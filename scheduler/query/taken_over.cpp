#include "scheduler/query/taken_over.hpp"

#include <algorithm>
#include <variant>

namespace drover::scheduler {
namespace {

bool reads(const Source& source, std::uint32_t step) {
  const auto any = [&](const std::vector<Source>& parts) {
    return std::ranges::any_of(parts, [&](const Source& part) { return reads(part, step); });
  };
  if (const auto* result = std::get_if<StepResult>(&source.from)) return result->step == step;
  if (const auto* list = std::get_if<MakeList>(&source.from)) return any(list->elements);
  if (const auto* text = std::get_if<Interpolate>(&source.from)) return any(text->parts);
  return false;
}

/// Does item i of `step` need nothing of `read` but its item i?
bool item_by_item(const Plan& plan, const PlanStep& step, std::uint32_t read) {
  if (!step.map || !plan.steps.at(read).map) return false;
  return std::ranges::all_of(step.arguments, [&](const PlanArgument& argument) {
    if (!reads(argument.source, read)) return true;
    const auto* result = std::get_if<StepResult>(&argument.source.from);
    return argument.feed == Feed::Each && result != nullptr && result->part == Part::All;
  });
}

IntervalSet common_items(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet both;
  for (const Range& range : b.ranges()) {
    for (const Range& part : a.within(range)) both.insert(part);
  }
  return both;
}

/// Takes over step by step; a step stands after those it reads.
class TakeOver {
 public:
  TakeOver(const Plan& plan, const StoredRun& parent, const Selection& selection)
      : plan_(plan), parent_(parent), selection_(selection) {}

  std::vector<TakenOver> run() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) taken_.push_back(of_step(i));
    return std::move(taken_);
  }

 private:
  TakenOver of_step(std::uint32_t index) const {
    const PlanStep& step = plan_.steps.at(index);
    const StoredStep& old = parent_.steps.at(index);
    TakenOver taken;
    if (!old.opening || (!step.map && old.state != StepState::Succeeded)) return taken;
    IntervalSet done = old.done;
    bool inputs_complete = true;
    for (const auto read : step.reads) {
      if (taken_[read].complete) continue;
      inputs_complete = false;
      if (!item_by_item(plan_, step, read)) return taken;  // its inputs change
      done = common_items(done, taken_[read].done);
    }
    taken.count = old.count;
    taken.done = std::move(done);
    if (selection_.failed_stay) taken.failed = old.failed;
    if (const auto named = selection_.named.find(index); named != selection_.named.end()) {
      taken.done.erase(named->second);
      taken.failed.erase(named->second);
    }
    taken.complete = inputs_complete && old.state == StepState::Succeeded &&
                     taken.done == old.done && taken.failed == old.failed;
    if (taken.complete) {
      taken.skipped = old.skipped;
      taken.list_size = old.list_size;
    }
    return taken;
  }

  const Plan& plan_;
  const StoredRun& parent_;
  const Selection& selection_;
  std::vector<TakenOver> taken_;
};

}  // namespace

std::vector<TakenOver> taken_over_from(const StoredRun& parent, const Plan& plan,
                                       const Selection& selection) {
  return TakeOver(plan, parent, selection).run();
}

}  // namespace drover::scheduler
