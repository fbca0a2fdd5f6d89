#include "scheduler/query/failed_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scheduler/core/failure_signature.hpp"
#include "scheduler/query/item_keys.hpp"
#include "scheduler/query/names.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t page_items = 1'000;

/// Texts of tasks may be any bytes.
void add_line(const nlohmann::ordered_json& line, std::string& text) {
  text += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text += '\n';
}

nlohmann::ordered_json line_of(const std::string& step, const ItemRow& row,
                               const std::string& key) {
  nlohmann::ordered_json line{
      {"step", step}, {"item", row.item}, {"key", key}, {"attempts", row.attempts}};
  if (const auto& last = row.last_attempt) {
    line["cause"] = last->cause ? name_of(*last->cause) : "";
    line["reason"] = last->reason;
    line["signature"] = failure_signature(last->reason);
    line["agent"] = last->agent_name;
    line["slot"] = last->slot;
    line["seconds"] = last->seconds;
    line["ended_ms"] = last->ended.milliseconds;
  }
  return line;
}

}  // namespace

Result<bool> FailedList::add_page(Store& store, StoredPlans* plans) {
  const auto steps = store.steps(run_);
  if (!steps) return tl::unexpected(steps.error());
  if (step_ >= steps->size()) return true;
  const StepRow& step = steps->at(step_);
  const auto left = most_lines - lines_;
  const auto page = store.read_items(StepRef{run_, step.step}, ItemState::Failed, next_,
                                     std::min(page_items, left));
  if (!page) return tl::unexpected(page.error());
  const auto plan = plan_of_run(run_, store, plans);  // Without one, items go by their index.
  ItemKeys keys(run_, plan ? plan->get() : nullptr, step.step, store);
  for (const ItemRow& row : *page) {
    auto line = line_of(step.name, row, keys.key(row.item));
    line["log"] = fmt::format("drover logs{} {} {} --step {}", words_, folder_name(run_), row.item,
                              step.name);
    add_line(line, text_);
    next_ = row.item + 1;
  }
  lines_ += page->size();
  of_step_ += page->size();
  if (of_step_ < step.items.failed && !page->empty()) return false;
  if (of_step_ < step.items.failed) add_rest(step.name, step.items.failed);
  step_ += 1;
  next_ = 0;
  of_step_ = 0;
  return step_ >= steps->size();
}

void FailedList::add_rest(const std::string& step, std::uint64_t failed) {
  add_line({{"step", step},
            {"more", failed - of_step_},
            {"see",
             fmt::format("drover items{} {} {} --state failed", words_, folder_name(run_), step)}},
           text_);
}

}  // namespace drover::scheduler
