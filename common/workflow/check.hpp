#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/types/catalogue.hpp"
#include "common/workflow/plan.hpp"
#include "common/workflow/spec.hpp"

namespace drover {

/// What `-i name=value` gave: the text by the input's name.
using InputTexts = std::map<std::string, std::string>;

/// Checks everything there is to check before a run starts, and folds the inputs into a plan.
///
/// Either there is nothing wrong and the plan can run with tasks as the catalogue has them, or all
/// that is wrong is there, in the order of reading. Deterministic: nothing but the arguments is
/// looked at. Requires: `working_directory` is absolute; a relative uri is taken from there.
/// `why_no_task` may know why the catalogue lacks a task; empty where it does not.
std::variant<Plan, std::vector<Diagnostic>> check(
    const WorkflowSpec& spec, const Catalogue& catalogue, const InputTexts& inputs,
    const std::string& working_directory,
    const std::function<std::string(const std::string& task)>& why_no_task = {});

/// A constant, or a member of a constant list, has at most this many bytes.
inline constexpr std::size_t max_value_bytes = 1U << 20U;

}  // namespace drover
