#include "common/workflow/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/types/codec.hpp"
#include "common/workflow/check_arguments.hpp"
#include "common/workflow/check_inputs.hpp"
#include "common/workflow/step_order.hpp"

namespace drover {
namespace {

using WhyNoTask = std::function<std::string(const std::string& task)>;
using checking::Report;
using checking::Scope;
using checking::StepInfo;

class WorkflowCheck {
 public:
  WorkflowCheck(const WorkflowSpec& spec, const Catalogue& catalogue, const InputTexts& inputs,
                const std::string& working_directory, const WhyNoTask& why_no_task)
      : spec_(spec), catalogue_(catalogue), why_no_task_(why_no_task), report_(spec) {
    scope_.inputs = checking::read_inputs(spec, catalogue, inputs, working_directory, report_);
    scope_.working_directory = working_directory;
  }

  std::variant<Plan, std::vector<Diagnostic>> run() {
    declare_steps();
    const auto order = checking::order_steps(steps_, report_);
    for (std::size_t i = 0; i < order.size(); ++i) {
      scope_.steps.at(steps_[order[i]]->name.text).index = static_cast<std::uint32_t>(i);
    }
    for (const auto index : order) check_step(*steps_[index]);
    choose_outputs();
    report_unused();

    auto& problems = report_.problems();
    if (!problems.empty()) {
      sort_for_reading(problems);
      if (report_.full()) {
        problems.push_back({"more", 0, 0, 0,
                            fmt::format("after {} problems nothing was looked at", max_diagnostics),
                            ""});
      }
      return std::move(problems);
    }
    plan_.name = spec_.name.text;
    plan_.item_word = spec_.item_word;
    plan_.results = results_folder();
    return std::move(plan_);
  }

 private:
  /// Inputs and steps have one namespace.
  void declare_steps() {
    for (const auto& step : spec_.steps) {
      const auto& name = step.name.text;
      const auto input = scope_.inputs.find(name);
      if (name == "results") {
        report_.add(step.name.place, "step 'results': this is the name of the folder for results");
      } else if (input != scope_.inputs.end()) {
        report_.add(step.name.place, fmt::format("'{}' is an input and a step", name),
                    fmt::format("the input is on line {}", input->second.place.line));
        input->second.used = true;
      } else if (scope_.steps.emplace(name, StepInfo{0, {}, !step.each.empty()}).second) {
        steps_.push_back(&step);
      }
    }
  }

  void check_step(const StepSpec& step) {
    const auto task = catalogue_.find(step.task.text);
    if (task == catalogue_.end()) {
      if (!step.task.text.empty()) report_unknown_task(step);
      checking::check_references(step, scope_, report_);
      return;
    }
    check_options(step, task->second);
    auto checked = checking::check_arguments(step, task->second, scope_, report_);
    if (!checked) {
      // What reads this step is checked all the same where its result is known whatever it is
      // given.
      const Type& returns = task->second.returns;
      if (!returns.has_variables()) scope_.steps.at(step.name.text).returns = returns;
      return;
    }
    scope_.steps.at(step.name.text).returns = checked->returns;

    PlanStep planned;
    planned.name = step.name.text;
    planned.task = task->second;
    planned.arguments = std::move(checked->arguments);
    planned.returns = std::move(checked->returns);
    planned.map = !step.each.empty();
    planned.key_argument = checked->key_argument;
    planned.options = step.options;
    planned.reads = reads_of(step);
    plan_.steps.push_back(std::move(planned));
  }

  void report_unknown_task(const StepSpec& step) {
    std::vector<std::string> names;
    for (const auto& [name, signature] : catalogue_) names.push_back(name);
    const auto near = nearest(step.task.text, names);
    std::string hint = near.empty() ? "" : first_line(catalogue_.at(near));
    if (hint.empty() && why_no_task_) hint = why_no_task_(step.task.text);
    if (hint.empty()) hint = "yours?  drover down && drover up --tasks DIR";
    report_.add(step.task.place,
                fmt::format("step '{}': there is no task '{}'{}", step.name.text, step.task.text,
                            did_you_mean(step.task.text, names)),
                std::move(hint));
  }

  void check_options(const StepSpec& step, const Signature& task) {
    const auto refuse = [&](std::string_view option, std::string_view why) {
      report_.add(step.option_places.find(std::string(option))->second,
                  fmt::format("step '{}': {}: {}", step.name.text, option, why));
    };
    for (const std::string option :
         {"batch", "allow_failed", "stop_when_exceeded", "canary", "concurrency"}) {
      if (step.each.empty() && step.option_places.count(option) > 0) {
        refuse(option, "is for steps that run once per item (each)");
      }
    }
    if (!step.each.empty() && !task.batched && step.options.batch > 0) {
      refuse("batch", fmt::format("{} takes one item at a time", task.name));
    }
  }

  std::vector<std::uint32_t> reads_of(const StepSpec& step) const {
    std::set<std::uint32_t> reads;
    for (const auto& name : checking::steps_read(step)) {
      if (const auto read = scope_.steps.find(name); read != scope_.steps.end()) {
        reads.insert(read->second.index);
      }
    }
    return {reads.begin(), reads.end()};
  }

  void choose_outputs() {
    if (!spec_.outputs) {
      std::set<std::uint32_t> read;
      for (const auto& step : plan_.steps) read.insert(step.reads.begin(), step.reads.end());
      for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
        if (read.count(i) == 0) plan_.outputs.push_back(i);
      }
      return;
    }
    std::vector<std::string> names;
    for (const auto& [name, step] : scope_.steps) names.push_back(name);
    for (const auto& word : *spec_.outputs) {
      const auto step = scope_.steps.find(word.text);
      if (step == scope_.steps.end()) {
        if (word.text.empty()) continue;  // reported when it was read
        report_.add(word.place, fmt::format("outputs: there is no step '{}'{}", word.text,
                                            did_you_mean(word.text, names)));
        continue;
      }
      const auto index = step->second.index;
      if (std::count(plan_.outputs.begin(), plan_.outputs.end(), index) > 0) {
        report_.add(word.place, fmt::format("outputs: '{}' is given twice", word.text));
      } else {
        plan_.outputs.push_back(index);
      }
    }
  }

  void report_unused() {
    for (const auto& [name, input] : scope_.inputs) {
      if (input.used) continue;
      report_.add(input.place, fmt::format("input '{}' is not used", name),
                  fmt::format("a step takes it as ${}", name));
    }
  }

  std::string results_folder() const {
    // Without a value it would be among the problems.
    return decode<std::string>(scope_.inputs.at("results").value.value()).value();
  }

  const WorkflowSpec& spec_;
  const Catalogue& catalogue_;
  const WhyNoTask& why_no_task_;
  Report report_;
  Scope scope_;
  std::vector<const StepSpec*> steps_;  // in the file's order, without those whose name is taken
  Plan plan_;
};

}  // namespace

std::variant<Plan, std::vector<Diagnostic>> check(const WorkflowSpec& spec,
                                                  const Catalogue& catalogue,
                                                  const InputTexts& inputs,
                                                  const std::string& working_directory,
                                                  const WhyNoTask& why_no_task) {
  if (!spec.readable) return spec.problems;
  return WorkflowCheck(spec, catalogue, inputs, working_directory, why_no_task).run();
}

}  // namespace drover
