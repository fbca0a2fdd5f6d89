#include "tests/sim/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/check.hpp"
#include "tests/support/plans.hpp"

namespace drover::sim {
namespace {

using namespace std::chrono_literals;
using testing::listing_step;
using testing::map_of_constants;
using testing::map_over;
using testing::reduce_of;
using testing::zip_over;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return Random(a ^ (b * 0xd6e8feb86659fd93ULL)).next();
}

std::uint64_t mix(std::uint64_t seed, const StepRef& ref, ItemIndex item) {
  return mix(mix(seed, ref.step + 1), item + 1);
}

double share_of(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) / 9007199254740992.0;
}

/// Options that a user might set; most often so that a run survives its bad items.
void choose_options(Random& random, PlanStep& step) {
  auto& options = step.options;
  const std::uint32_t batches[] = {1, 1, 1, 2, 4, 8};
  options.batch = batches[random.below(std::size(batches))];
  options.allow_failed.is_share = true;
  options.allow_failed.share =
      random.chance(0.8) ? 1.0 : 0.1 * static_cast<double>(random.below(3));
  options.stop_when_exceeded = random.chance(0.3);
  options.canary = random.chance(0.8);
  if (random.chance(0.2)) options.concurrency = static_cast<std::uint32_t>(random.between(1, 3));
  if (random.chance(0.3)) {
    options.retries.crash = static_cast<std::uint32_t>(random.below(4));
    options.retries.user_error = static_cast<std::uint32_t>(random.below(3));
    options.retries.timeout = static_cast<std::uint32_t>(random.below(2));
  }
}

std::vector<PlanStep> choose_steps(Random& random, std::uint64_t most_items) {
  const auto width =
      std::min(most_items, random.chance(0.1) ? random.below(3) : random.between(3, 40));
  switch (random.below(6)) {
    case 0:
      return {map_of_constants(width), reduce_of(0)};
    case 1:
      return {listing_step(), map_over(0, Part::All, "first"), map_over(1, Part::All, "second"),
              reduce_of(2)};
    case 2:
      return {listing_step(), map_over(0, Part::All, "left"), map_over(0, Part::All, "right"),
              zip_over(1, 2), reduce_of(3)};
    case 3:
      return {map_of_constants(width, "left"), map_of_constants(width, "right"), zip_over(0, 1)};
    case 4:
      return {map_of_constants(width), map_over(0, Part::Ok), reduce_of(1, Part::Ok)};
    default:
      return {map_of_constants(width)};
  }
}

}  // namespace

std::int64_t value_of(const std::vector<std::int64_t>& inputs) {
  std::int64_t value = 1;
  for (const auto input : inputs) value = value * 31 + input * 3;
  return value;
}

std::int64_t value_of_list(std::uint64_t size) { return static_cast<std::int64_t>(size) * 7 + 5; }

Workload::Workload(Random random, const Cut& cut) : most_items_(cut.most_items), front_(cut.front) {
  const double shares[] = {0, 0, 0.03, 0.08, 0.2};
  bad_share_ = shares[random.below(std::size(shares))];
  poison_share_ = shares[random.below(4)];
  pace_ = static_cast<unsigned>(random.below(4));
  const auto count = random.between(1, 3);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto steps = choose_steps(random, most_items_);
    for (auto& step : steps) {
      PlanStep plain = step;
      choose_options(random, step);
      if (cut.plain) step = std::move(plain);
    }
    steps.resize(std::min<std::size_t>(steps.size(), cut.most_steps));
    SimRun run;
    run.id = testing::run_id(static_cast<std::uint8_t>(i + 1));
    run.plan = testing::plan_of(std::move(steps));
    run.spec = testing::spec_of(fmt::format("flow {}", i));
    run.seed = random.next();
    runs.push_back(std::move(run));
  }
  add_reruns(random);
  leave_out(cut);
}

void Workload::add_reruns(Random& random) {
  for (std::size_t i = 0, count = runs.size(); i < count; ++i) {
    if (!random.chance(0.4)) continue;
    SimRun rerun = runs[i];
    rerun.parent = rerun.id;
    rerun.id = testing::run_id(static_cast<std::uint8_t>(100 + i));
    rerun.spec = testing::spec_of(fmt::format("flow {} again", i));
    rerun.failed_stay = random.chance(0.3);
    rerun.reuses = random.chance(0.3);
    runs.push_back(std::move(rerun));
  }
}

void Workload::leave_out(const Cut& cut) {
  if (cut.all_good) bad_share_ = poison_share_ = 0;
  std::vector<SimRun> kept;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto is_kept = [&](const SimRun& run) { return run.id == runs[i].parent; };
    const bool orphan = runs[i].parent && std::none_of(kept.begin(), kept.end(), is_kept);
    if (!orphan && !cut.runs.contains(i)) kept.push_back(runs[i]);
  }
  runs = std::move(kept);
}

const SimRun& Workload::run(const RunId& id) const {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [&](const SimRun& run) { return run.id == id; });
  CHECK(found != runs.end(), "no run {}", to_string(id));
  return *found;
}

const SimRun* Workload::parent(const RunId& id) const {
  const SimRun& child = run(id);
  return child.parent ? &run(*child.parent) : nullptr;
}

Fate Workload::fate(const StepRef& ref, ItemIndex item) const {
  if (!step(ref).map) return Fate::Good;
  item += front_;
  // Half of what failed is good the second time; what was good is good.
  if (parent(ref.run) != nullptr && mix(run(ref.run).seed + 3, ref, item) % 2 == 0)
    return Fate::Good;
  const double at = share_of(mix(run(ref.run).seed, ref, item));
  if (at < poison_share_) {
    const Fate deaths[] = {Fate::Crash, Fate::Crash, Fate::OutOfMemory, Fate::Timeout};
    return deaths[mix(run(ref.run).seed + 1, ref, item) % std::size(deaths)];
  }
  if (at < poison_share_ + bad_share_)
    return at * 1000 - static_cast<int>(at * 1000) < 0.3 ? Fate::Permanent : Fate::UserError;
  return Fate::Good;
}

Duration Workload::duration(const StepRef& ref, ItemIndex item) const {
  item += front_;
  const std::uint64_t bits = mix(run(ref.run).seed + 2, ref, item);
  const Duration longest[] = {4ms, 40ms, 300ms, 2500ms};
  const Duration limit = longest[(pace_ + ref.step) % std::size(longest)];
  return limit / 4 +
         Duration(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(limit.count())));
}

std::vector<std::int64_t> Workload::list_of(const StepRef& ref, const LeaseId& lease) const {
  const std::uint64_t bits = mix(run(ref.run).seed + lease.epoch, ref, lease.number);
  std::vector<std::int64_t> list(std::min(most_items_, bits % 24));
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i] = static_cast<std::int64_t>((bits >> 20U) % 100'000 * 100 + i);
  }
  return list;
}

}  // namespace drover::sim
