#include "scheduler/shell/common_folders.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "common/types/codec.hpp"

namespace drover::scheduler {
namespace {

Result<std::string> shared_by_all(const StepRef& list, Part part, Store& store) {
  std::optional<std::string> folder;
  for (std::uint64_t first = 0;;) {
    auto page = store.read_list(list, part, first);
    if (!page) return tl::unexpected(page.error());
    if (page->empty()) return folder.value_or("");
    for (std::size_t i = 0; i < page->size(); ++i) {
      auto key = decode<std::string>(page->value(i));
      if (!key) continue;  // nil: its item failed
      folder = std::string(folder ? common_folder(*folder, *key) : common_folder(*key, *key));
    }
    if (folder && folder->empty()) return std::string();
    first += page->size();
  }
}

}  // namespace

std::string_view common_folder(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  const std::string_view same = a.substr(0, static_cast<std::size_t>(differ - a.begin()));
  const auto slash = same.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : same.substr(0, slash + 1);
}

std::string CommonFolders::of(const SendGrant& order, Store& store) {
  const PlanStep& plan = order.plan->steps.at(order.step.step);
  if (!plan.key_argument) return "";
  const auto* list = std::get_if<StepResult>(&plan.arguments.at(*plan.key_argument).source.from);
  if (list == nullptr) return "";
  if (const auto known = known_.find(order.step); known != known_.end()) return known->second;
  auto folder = shared_by_all(StepRef{order.step.run, list->step}, list->part, store);
  if (!folder) {
    spdlog::warn("the common folder of step '{}' was not found: {}", plan.name,
                 folder.error().context);
    return "";
  }
  return known_[order.step] = std::move(*folder);
}

void CommonFolders::forget(const RunId& run) {
  std::erase_if(known_, [&](const auto& entry) { return entry.first.run == run; });
}

}  // namespace drover::scheduler
