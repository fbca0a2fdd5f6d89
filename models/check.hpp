#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"

namespace drover::models {

/// All that is wrong with a model, for `drover model check`; find_model says what `model` is.
///
/// Reads the description, compares the weights' hash, loads the network into every engine of this
/// build, runs it on one and on two grey pictures, and compares its outputs with the description.
/// Takes a second or two.
///
/// Output   Empty where the model is good.
std::vector<Error> check_model(const std::string& model);

}  // namespace drover::models
