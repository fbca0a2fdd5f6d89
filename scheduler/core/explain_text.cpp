#include "scheduler/core/explain_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/spelling.hpp"

namespace drover::scheduler {
namespace {

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  all.reserve(names.size());
  for (const auto& name : names) all.push_back(fmt::format("'{}'", name));
  return listed(all);
}

std::string why_unfit(const SlotsCannot& reason) {
  switch (reason.why) {
    case Unfit::NotConnected:
      return fmt::format("{} is not connected now", reason.detail);
    case Unfit::Silent:
      return fmt::format("{} is silent", reason.detail);
    case Unfit::NoTask:
      return fmt::format("their agents do not offer {}", reason.detail);
    case Unfit::OtherSignature:
      return fmt::format("their {} takes or returns other types than the one the run was made with",
                         reason.detail);
    case Unfit::KeptForOlderRun:
      return "kept for an older run, which needs the tasks as they were";
    case Unfit::Label:
      return fmt::format("their agents do not have the labels {}", reason.detail);
    case Unfit::OutOfService:
      return fmt::format("out of service on {}: what failed there was done elsewhere",
                         reason.detail);
    case Unfit::Gpu:
      return fmt::format("no GPU, the step needs gpu: {}", reason.detail);
    case Unfit::Cpu:
      return fmt::format("too few cores, the step needs cpu: {}", reason.detail);
    case Unfit::Memory:
      return fmt::format("too little memory, the step needs {}", reason.detail);
  }
  return "";
}

/// `2 of 3 slots go on with the types it was started with`
std::string go_on_text(const SlotsCannot& reason) {
  const std::string slots =
      fmt::format("{} of {} {} on with ", reason.go_on,
                  counted(reason.go_on + reason.slots, "slot"), reason.go_on == 1 ? "goes" : "go");
  if (reason.why == Unfit::OtherSignature) return slots + "the types it was started with";
  return fmt::format("{}{} as it was; their agents do not offer it now", slots, reason.detail);
}

std::string cannot_text(const SlotsCannot& reason) {
  if (reason.go_on > 0) return go_on_text(reason);
  return fmt::format("{} cannot run it: {}", counted(reason.slots, "slot"), why_unfit(reason));
}

std::string cannot_hint(const SlotsCannot& reason) {
  switch (reason.why) {
    case Unfit::Gpu:
      return "to allow CPUs too:  resources: {gpu: preferred}";
    case Unfit::NoTask:
      return fmt::format("{}", fmt::join(reason.not_loaded, "; "));
    case Unfit::OtherSignature:
      if (reason.go_on > 0) return "";
      return fmt::format(
          "the task was built anew after this run was submitted; {}a new run uses it as it is{}{}",
          reason.is_given_up ? fmt::format("if no agent has it as it was within {}, the step "
                                           "fails; ",
                                           spoken(other_types_for))
                             : "",
          reason.anew.empty() ? "" : ":  ", reason.anew);
    case Unfit::OutOfService:
      return "why, and for how long:  drover agents";
    default:
      return "";
  }
}

std::string_view unfit_code(Unfit why) {
  switch (why) {
    case Unfit::NotConnected:
      return "not_connected";
    case Unfit::Silent:
      return "silent";
    case Unfit::NoTask:
      return "no_task";
    case Unfit::OtherSignature:
      return "other_signature";
    case Unfit::KeptForOlderRun:
      return "kept_for_older_run";
    case Unfit::Label:
      return "no_label";
    case Unfit::OutOfService:
      return "out_of_service";
    case Unfit::Gpu:
      return "no_gpu";
    case Unfit::Cpu:
      return "no_cpu";
    case Unfit::Memory:
      return "no_memory";
  }
  return "";
}

std::string steps_text(const StepsBefore& reason) {
  const std::string names = quoted(reason.steps);
  if (reason.failed) return fmt::format("will not start: of what it reads, {} failed", names);
  return fmt::format("waits for {}", names);
}

std::string busy_text(const SlotsBusy& reason, const Wording& wording) {
  std::vector<std::string> with;
  for (const auto& other : reason.with) {
    with.push_back(
        fmt::format("{} with {} {}", other.slots, wording.run_name(other.run), other.step));
  }
  return fmt::format("{} can run it and {} busy: {}", counted(reason.slots, "slot"),
                     reason.slots == 1 ? "is" : "are", listed(with));
}

std::string queued_text(const NextInSlot& next, const Wording& wording) {
  std::string place = fmt::format("queued on {} slot {}", next.agent, next.slot);
  if (next.before == 0) return place;
  return fmt::format("{}, after {}", place, counted(next.before, wording.item_word));
}

std::string not_offered_text(const TaskNotOffered& reason) {
  if (reason.away.empty()) return fmt::format("no agent offers {}", reason.task);
  return fmt::format("no agent offers {} (last seen on {}, which is away)", reason.task,
                     listed(reason.away));
}

}  // namespace

std::string_view code_of(const WhyWaiting& reason) {
  return std::visit(
      Match{[](const StepsBefore&) -> std::string_view { return "steps_before"; },
            [](const SeeksReuse&) -> std::string_view { return "seeks_reuse"; },
            [](const AgentsToReturn&) -> std::string_view { return "agents_to_return"; },
            [](const StorageFull&) -> std::string_view { return "storage_full"; },
            [](const TooManyRetrying&) -> std::string_view { return "too_many_retrying"; },
            [](const ConcurrencyReached&) -> std::string_view { return "concurrency"; },
            [](const NoSlots&) -> std::string_view { return "no_slots"; },
            [](const TaskNotOffered&) -> std::string_view { return "task_not_offered"; },
            [](const SlotsCannot& cannot) { return unfit_code(cannot.why); },
            [](const SlotsBusy&) -> std::string_view { return "slots_busy"; },
            [](const NextInSlot&) -> std::string_view { return "next_in_slot"; },
            [](const BacksOff&) -> std::string_view { return "back_off"; },
            [](const FailureNotWritten&) -> std::string_view { return "failure_not_written"; },
            [](const FailedThere&) -> std::string_view { return "failed_there"; },
            [](const Ready&) -> std::string_view { return "ready"; }},
      reason);
}

std::uint64_t count_of(const WhyWaiting& reason) {
  return std::visit(
      Match{[](const StepsBefore& before) -> std::uint64_t { return before.steps.size(); },
            [](const AgentsToReturn& agents) -> std::uint64_t { return agents.agents.size(); },
            [](const TooManyRetrying& retrying) -> std::uint64_t { return retrying.items; },
            [](const ConcurrencyReached& limit) -> std::uint64_t { return limit.slots; },
            [](const SlotsCannot& cannot) -> std::uint64_t { return cannot.slots; },
            [](const SlotsBusy& busy) -> std::uint64_t { return busy.slots; },
            [](const NextInSlot& next) -> std::uint64_t { return next.before; },
            [](const auto&) -> std::uint64_t { return 0; }},
      reason);
}

std::string text_of(const WhyWaiting& reason, const Wording& wording) {
  return std::visit(
      Match{[](const StepsBefore& before) { return steps_text(before); },
            [](const SeeksReuse& seeks) {
              return fmt::format("looks up what is done in run {}",
                                 to_string(seeks.from).substr(0, 8));
            },
            [](const AgentsToReturn& agents) {
              return fmt::format("waits for {} to come back after the restart, {} at most",
                                 listed(agents.agents), spoken(agents.at_most));
            },
            [](const StorageFull&) {
              return std::string("the scheduler's disk is full, so nothing new is started");
            },
            [&](const TooManyRetrying& retrying) {
              return fmt::format("{} are retrying; nothing new is started until some of them end",
                                 counted(retrying.items, wording.item_word));
            },
            [](const ConcurrencyReached& limit) {
              return fmt::format("the step is limited to {}, and uses {}",
                                 counted(limit.slots, "slot"), limit.slots == 1 ? "it" : "them");
            },
            [](const NoSlots& none) {
              return std::string(none.agents == 0 ? "no agent is connected"
                                                  : "no slot is in service now");
            },
            [](const TaskNotOffered& task) { return not_offered_text(task); },
            [](const SlotsCannot& cannot) { return cannot_text(cannot); },
            [&](const SlotsBusy& busy) { return busy_text(busy, wording); },
            [&](const NextInSlot& next) { return queued_text(next, wording); },
            [](const BacksOff& pause) {
              return fmt::format("starts in {}", spoken(pause.starts_in));
            },
            [](const FailureNotWritten&) {
              return std::string("starts once the last failure is on disk");
            },
            [](const FailedThere& wait) {
              return fmt::format(
                  "failed on the slots that are free, and waits for another one, {} at most",
                  spoken(wait.left));
            },
            [](const Ready&) { return std::string("starts now"); }},
      reason);
}

std::string text_of(const std::vector<WhyWaiting>& reasons, const Wording& wording) {
  std::string text;
  for (const auto& reason : reasons) text += (text.empty() ? "" : "; ") + text_of(reason, wording);
  return text;
}

std::string hint_of(const WhyWaiting& reason) {
  return std::visit(
      Match{[](const StorageFull&) {
              return std::string("free some space there; work then goes on by itself");
            },
            [](const ConcurrencyReached& limit) {
              return fmt::format("to use more:  concurrency: {}", 2 * limit.slots);
            },
            [](const NoSlots& none) {
              if (none.agents > 0) return std::string("why, and for how long:  drover agents");
              return std::string("to start one:  drover up   or  drover-agent --scheduler ADDRESS");
            },
            [](const TaskNotOffered& task) {
              if (!task.why.empty()) return fmt::format("{}", fmt::join(task.why, "; "));
              return fmt::format(
                  "to load the folder it is in:  drover down && drover up --tasks DIR   "
                  "what {} takes:  drover tasks {}",
                  task.task, task.task);
            },
            [](const SlotsCannot& cannot) { return cannot_hint(cannot); },
            [](const auto&) { return std::string(); }},
      reason);
}

}  // namespace drover::scheduler
