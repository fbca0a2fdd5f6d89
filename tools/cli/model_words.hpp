#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/workflow/diagnostic.hpp"

/// The models that a workflow names, looked at before it is submitted: the scheduler knows no
/// models, and each item would find the same mistake for itself.
namespace drover::tools {

/// What is wrong with the `model` of steps of the task `detect`, as far as it is known now: a
/// literal, or an input. A folder that is not there is wrong only where the pool is `here`.
std::vector<Diagnostic> model_problems(std::string_view workflow, const std::string& file,
                                       const std::map<std::string, std::string>& inputs, bool here);

/// A model as the command line may name it: a relative path is made absolute.
std::string model_of_word(const std::string& word);

}  // namespace drover::tools
