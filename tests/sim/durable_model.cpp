#include "tests/sim/durable_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/support/words.hpp"

namespace drover::sim {

using namespace scheduler;
using testing::words;

std::vector<std::string> DurableModel::Step::list() const {
  std::vector<std::string> values;
  if (!list_of || !chunks.contains(*list_of)) return values;
  for (const auto& [at, value] : chunks.at(*list_of)) values.push_back(value);
  return values;
}

void DurableModel::apply(const Save& saved) {
  std::visit([this](const auto& what) { save(what); }, saved.what);
}

const DurableModel::Run* DurableModel::run(const RunId& id) const {
  const auto found = runs.find(id);
  return found == runs.end() ? nullptr : &found->second;
}

const DurableModel::Step* DurableModel::step(const StepRef& ref) const {
  const Run* found = run(ref.run);
  return found == nullptr ? nullptr : &found->steps.at(ref.step);
}

bool DurableModel::closed(const StepRef& ref, ItemIndex item) const {
  const Run* found = run(ref.run);
  if (found == nullptr) return false;
  if (found->state != RunState::Running) return true;
  const Step& at = found->steps.at(ref.step);
  return at.ended(item) || (at.state != StepState::Running && at.state != StepState::Waiting);
}

DurableModel::Step* DurableModel::open_step(const StepRef& ref, const char* what) {
  const auto found = runs.find(ref.run);
  if (found == runs.end() || found->second.state != RunState::Running) {
    world_->fail(
        fmt::format("{} of {} were stored, whose run is unknown or ended", what, words(ref)));
    return nullptr;
  }
  Step& at = found->second.steps.at(ref.step);
  if (at.state != StepState::Running) {
    world_->fail(fmt::format("{} of {} were stored, which does not run", what, words(ref)));
    return nullptr;
  }
  return &at;
}

void DurableModel::save(const SaveRun& s) {
  if (runs.contains(s.run)) return world_->fail("a run was stored twice: " + words(s.run));
  runs[s.run].steps.resize(s.step_names.size());
}

void DurableModel::save(const SaveOpening& s) {
  Step& at = runs.at(s.step.run).steps.at(s.step.step);
  if (at.opening) return world_->fail("a step was opened twice: " + words(s.step));
  at.opening = s.opening;
  at.count = s.count;
  at.state = StepState::Running;
  for (const auto& range : s.skipped) {
    for (auto item = range.first; item < range.last; ++item) at.skipped.insert(item);
  }
  if (const auto& old = runs.at(s.step.run).takes_over; old && s.step.step < old->steps.size()) {
    const auto& taken = old->steps[s.step.step];
    if (taken.count == s.count) take_over(at, runs.at(old->parent).steps.at(s.step.step), taken);
  }
  const auto& moved = runs.at(s.step.run).moved;
  if (const auto found = moved.find(s.step.step); found != moved.end()) move(at, found->second);
}

void DurableModel::save(const SaveReuse& s) {
  if (runs.at(s.from).state == RunState::Running)
    world_->fail(words(s.run) + " reuses a run that has not ended");
}

void DurableModel::save(const SaveMoved& s) {
  Run& run = runs.at(s.step.run);
  if (run.steps.at(s.step.step).state != StepState::Waiting)
    world_->fail("items were moved into a step that has opened: " + words(s.step));
  if (!run.moved.emplace(s.step.step, s).second)
    world_->fail("items were moved twice: " + words(s.step));
}

void DurableModel::move(Step& step, const SaveMoved& moved) {
  const Step& from = runs.at(moved.from.run).steps.at(moved.from.step);
  for (const auto& part : *moved.moved) {
    for (std::uint64_t i = 0; i < part.items.size(); ++i) {
      const auto value = from.done.find(part.from + i);
      const ItemIndex item = part.items.first + i;
      if (value == from.done.end() || item >= step.count || step.skipped.contains(item))
        return world_->fail("an item was taken over that is not done: " + words(moved.from));
      step.done[item] = value->second;
      step.taken_over.insert(item);
    }
  }
}

void DurableModel::save(const SaveTakeOver& s) {
  if (runs.at(s.parent).state == RunState::Running)
    world_->fail(words(s.run) + " takes over of a run that has not ended");
  runs.at(s.run).takes_over = s;
}

void DurableModel::take_over(Step& step, const Step& from, const TakenOver& taken) {
  for (const auto& [item, value] : from.done) {
    if (!taken.done.contains(item) || step.skipped.contains(item)) continue;
    step.done[item] = value;
    step.taken_over.insert(item);
  }
  for (const auto& [item, cause] : from.failed) {
    if (!taken.failed.contains(item) || step.skipped.contains(item)) continue;
    step.failed[item] = cause;
    step.failed_before.insert(item);
  }
  for (const auto& [item, charges] : from.charges) {
    if (step.ended(item)) step.charges[item] = charges;
  }
  if (!taken.complete) return;
  step.chunks = from.chunks;
  step.list_of = from.list_of;
  step.list_size = from.list_size;
}

void DurableModel::save(const SaveResults& s) {
  Step* at = open_step(s.step, "results");
  if (at == nullptr) return;
  for (const auto& range : s.done) {
    for (auto item = range.first; item < range.last; ++item) {
      if (at->ended(item) || item >= at->count) {
        return world_->fail(
            fmt::format("an outcome was replaced: {} item {}", words(s.step), item));
      }
      at->done[item] = std::string(s.results->columns.value(item - s.results->first));
    }
  }
}

void DurableModel::save(const SaveChunk& s) {
  Step* at = open_step(s.step, "chunks");
  if (at == nullptr) return;
  for (std::size_t i = 0; i < s.chunk->columns.size(); ++i) {
    at->chunks[s.chunk->lease].emplace(s.chunk->first + i, std::string(s.chunk->columns.value(i)));
  }
}

void DurableModel::save(const SaveList& s) {
  Step* at = open_step(s.step, "a list");
  if (at == nullptr) return;
  at->list_of = s.lease;
  at->list_size = s.size;
  if (at->list().size() != s.size) {
    world_->fail(fmt::format("the list of {} has {} elements, not {}", words(s.step),
                             at->list().size(), s.size));
  }
}

void DurableModel::save(const SaveFailure& s) {
  Step* at = open_step(s.step, "failures");
  if (at == nullptr) return;
  auto& charges = at->charges[s.item];
  const bool twice = std::any_of(charges.begin(), charges.end(),
                                 [&](const auto& c) { return c.first == s.lease; });
  if (at->ended(s.item))
    world_->fail(fmt::format("an ended item was charged: {} item {}", words(s.step), s.item));
  if (twice) {
    world_->fail(fmt::format("lease {} charged {} item {} twice", to_string(s.lease), words(s.step),
                             s.item));
  }
  if (s.attempt != charges.size() + 1) {
    world_->fail(fmt::format("attempt {} of {} item {} was charged after {}", s.attempt,
                             words(s.step), s.item, charges.size()));
  }
  charges.emplace_back(s.lease, s.cause);
  if (!s.final) return;
  at->failed[s.item] = s.cause;
}

void DurableModel::save(const SaveStepEnded& s) {
  Step& at = runs.at(s.step.run).steps.at(s.step.step);
  at.state = s.state;
  if (s.done != at.done.size() || s.failed != at.failed.size() || s.skipped != at.skipped.size()) {
    world_->fail(
        fmt::format("the counters of {} say {} done, {} failed, {} skipped; stored are {}, {}, {}",
                    words(s.step), s.done, s.failed, s.skipped, at.done.size(), at.failed.size(),
                    at.skipped.size()));
  }
  if (s.done + s.failed + s.skipped + s.cancelled != at.count) {
    world_->fail(
        fmt::format("the counters of {} do not add up to its {} items", words(s.step), at.count));
  }
}

void DurableModel::save(const SaveRunEnded& s) {
  Run& at = runs.at(s.run);
  if (at.state != RunState::Running) return world_->fail("a run ended twice: " + words(s.run));
  at.state = s.state;
  for (const auto& each : at.steps) {
    const bool open = each.state == StepState::Running || each.state == StepState::Waiting;
    if (open) world_->fail("a run ended with a step that had not: " + words(s.run));
  }
}

}  // namespace drover::sim
