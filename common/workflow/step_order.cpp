#include "common/workflow/step_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/workflow/check_arguments.hpp"

namespace drover::checking {
namespace {

std::vector<Reference> references_of(const StepSpec& step) {
  std::vector<Reference> found;
  for (const auto* arguments : {&step.with, &step.each}) {
    for (const auto& argument : *arguments) collect_references(argument.value, found);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Reference& a, const Reference& b) { return a.place < b.place; });
  return found;
}

class Order {
 public:
  Order(const std::vector<const StepSpec*>& steps, Report& report)
      : steps_(steps), report_(report) {
    std::map<std::string, std::uint32_t, std::less<>> by_name;
    for (std::uint32_t i = 0; i < steps.size(); ++i) by_name[steps[i]->name.text] = i;
    waits_for_.resize(steps.size());
    read_by_.resize(steps.size());
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      for (const auto& name : steps_read(*steps[i])) {
        const auto read = by_name.find(name);
        if (read == by_name.end()) continue;
        waits_for_[i].insert(read->second);
        read_by_[read->second].push_back(i);
      }
    }
  }

  std::vector<std::uint32_t> run() {
    std::set<std::uint32_t> ready;
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      open_.insert(i);
      if (waits_for_[i].empty()) ready.insert(i);
    }
    std::vector<std::uint32_t> order;
    while (!open_.empty()) {
      if (ready.empty()) ready.insert(break_cycle());
      const std::uint32_t next = *ready.begin();
      ready.erase(ready.begin());
      open_.erase(next);
      order.push_back(next);
      for (const auto reader : read_by_[next]) {
        waits_for_[reader].erase(next);
        if (waits_for_[reader].empty() && open_.count(reader) > 0) ready.insert(reader);
      }
    }
    return order;
  }

 private:
  /// Every open step waits for an open one: following them leads into a cycle. Gives the step in it
  /// that stands first in the file, as if it waited for nothing.
  std::uint32_t break_cycle() {
    std::vector<std::uint32_t> path;
    std::uint32_t at = *open_.begin();
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      at = *waits_for_[at].begin();
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    report_cycle(path);
    waits_for_[path.front()].clear();
    return path.front();
  }

  void report_cycle(const std::vector<std::uint32_t>& cycle) {
    const StepSpec& first = *steps_[cycle.front()];
    const std::string& next = steps_[cycle[1 % cycle.size()]]->name.text;
    Place place = first.name.place;
    for (const auto& reference : references_of(first)) {
      if (reference.name == next) {
        place = reference.place;
        break;
      }
    }
    std::string names;
    for (const auto step : cycle) names += fmt::format("'{}' reads ", steps_[step]->name.text);
    report_.add(place, fmt::format("steps wait for each other: {}'{}'", names, first.name.text));
  }

  const std::vector<const StepSpec*>& steps_;
  Report& report_;
  std::vector<std::set<std::uint32_t>> waits_for_;
  std::vector<std::vector<std::uint32_t>> read_by_;
  std::set<std::uint32_t> open_;
};

}  // namespace

std::vector<std::string> steps_read(const StepSpec& step) {
  std::vector<std::string> names;
  for (const auto& reference : references_of(step)) names.push_back(reference.name);
  return names;
}

std::vector<std::uint32_t> order_steps(const std::vector<const StepSpec*>& steps, Report& report) {
  return Order(steps, report).run();
}

}  // namespace drover::checking
