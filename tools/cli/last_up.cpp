#include "tools/cli/last_up.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/daemon/state_folder.hpp"

namespace drover::tools {
namespace {

void take_slots(const nlohmann::json& last, UpOptions& options, std::vector<std::string>& told) {
  const auto slots = last.find("slots");
  if (options.slots || slots == last.end() || !slots->is_number_unsigned()) return;
  options.slots = slots->get<std::uint32_t>();
  told.push_back(
      fmt::format("--slots {}, as last time; another number takes its place", *options.slots));
}

void take_tasks(const nlohmann::json& last, UpOptions& options, std::vector<std::string>& told) {
  const auto tasks = last.find("tasks");
  if (options.no_tasks || !options.tasks.empty() || tasks == last.end() || !tasks->is_array())
    return;
  for (const auto& folder : *tasks) {
    if (!folder.is_string()) continue;
    const auto path = folder.get<std::string>();
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      told.push_back(fmt::format("--tasks {} of last time is left out: the folder is gone", path));
      continue;
    }
    options.tasks.emplace_back(path);
    told.push_back(fmt::format("--tasks {}, as last time", path));
  }
  if (!options.tasks.empty()) {
    told.push_back(fmt::format("  without {}:  drover down && drover up --no-tasks",
                               options.tasks.size() == 1 ? "it" : "them"));
  }
}

}  // namespace

std::string kept_text(const UpOptions& options) {
  nlohmann::json kept{{"tasks", nlohmann::json::array()}};
  if (options.slots) kept["slots"] = *options.slots;
  for (const auto& folder : options.tasks) kept["tasks"].push_back(daemon::absolute_folder(folder));
  return kept.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

UpOptions as_last_time(UpOptions asked, const std::string& kept, std::vector<std::string>& told) {
  const auto last = nlohmann::json::parse(kept, nullptr, false);
  if (!last.is_object()) return asked;
  take_slots(last, asked, told);
  take_tasks(last, asked, told);
  return asked;
}

}  // namespace drover::tools
