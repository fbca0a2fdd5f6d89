#include "scheduler/query/failure_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/spelling.hpp"
#include "scheduler/core/failure_signature.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t most_kinds_named = 5;

tl::unexpected<Error> no_such(const std::string& text, const std::vector<FailureGroup>& groups) {
  if (groups.empty()) return fail(ErrorCode::NotFound, "nothing failed in this run");
  std::string reason = fmt::format("nothing failed like '{}'; this did:", one_line(text));
  for (std::size_t i = 0; i < std::min(groups.size(), most_kinds_named); ++i) {
    reason += fmt::format("\n  {:<6} {}", groups[i].count, one_line(groups[i].reason));
  }
  if (groups.size() > most_kinds_named) {
    reason += fmt::format("\n  and {} more", counted(groups.size() - most_kinds_named, "kind"));
  }
  return fail(ErrorCode::NotFound, reason);
}

Result<void> add_items(const StepRef& step, const std::string& signature, Store& store,
                       IntervalSet& items) {
  for (ItemIndex first = 0;;) {
    const auto page = store.find_failed(step, signature, first, Store::max_rows);
    if (!page) return tl::unexpected(page.error());
    for (const ItemRow& row : *page) items.insert(Range{row.item, row.item + 1});
    if (page->size() < Store::max_rows) return {};
    first = page->back().item + 1;
  }
}

}  // namespace

std::string text_of_group(const FailureGroup& group, const std::string& example_key) {
  return group.count > 1 ? without_name(group.reason, example_key) : group.reason;
}

Result<std::map<std::uint32_t, IntervalSet>> failed_like(const RunId& run, const std::string& text,
                                                         Store& store) {
  const std::string wanted = failure_signature(text);
  if (wanted.find_first_not_of(' ') == std::string::npos)
    return fail(ErrorCode::Invalid, "a kind of failure is named by its text, or a part of it");
  const auto groups = store.failure_groups(run);
  if (!groups) return tl::unexpected(groups.error());
  std::map<std::uint32_t, IntervalSet> items;
  for (const FailureGroup& group : *groups) {
    if (group.signature.find(wanted) == std::string::npos) continue;
    const auto added =
        add_items(StepRef{run, group.step}, group.signature, store, items[group.step]);
    if (!added) return tl::unexpected(added.error());
  }
  if (items.empty()) return no_such(text, *groups);
  return items;
}

}  // namespace drover::scheduler
