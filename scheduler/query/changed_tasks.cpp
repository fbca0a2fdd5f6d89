#include "scheduler/query/changed_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/types/signature.hpp"

namespace drover::scheduler {
namespace {

std::set<std::string> builds_there(const State& state, const Signature& task) {
  std::set<std::string> builds;
  const std::string hash = signature_hash(task);
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    const auto offered = agent.tasks.find(task.name);
    if (offered != agent.tasks.end() && offered->second.hash == hash)
      builds.insert(offered->second.build);
  }
  return builds;
}

}  // namespace

Result<Changed> parse_changed(const std::string& word) {
  if (word.empty() || word == "keep") return Changed::Keep;
  if (word == "again") return Changed::Again;
  if (word == "ask") return Changed::Ask;
  return fail(ErrorCode::Invalid,
              fmt::format("changed: '{}' is none of keep, again and ask", word));
}

std::map<std::uint32_t, wire::ChangedTask> changed_tasks(
    const std::map<std::uint32_t, Keeps>& keeps, const State& state) {
  std::map<std::uint32_t, wire::ChangedTask> changed;
  for (const auto& [index, kept] : keeps) {
    const auto now = builds_there(state, kept.step->task);
    const auto is_there = [&](const std::string& build) { return now.contains(build); };
    if (kept.items == 0 || now.empty() || std::ranges::all_of(kept.from->builds, is_there))
      continue;
    changed[index] = wire::ChangedTask{kept.step->name,
                                       kept.step->task.name,
                                       kept.items,
                                       kept.from->builds,
                                       {now.begin(), now.end()}};
  }
  return changed;
}

}  // namespace drover::scheduler
