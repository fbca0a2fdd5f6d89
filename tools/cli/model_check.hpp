#pragma once

#include <string>

namespace drover::tools {

/// `drover model check URI`: prints everything that is wrong with a model's folder, which may be
/// given as a relative path; returns the exit status.
int check_model(const std::string& word);

}  // namespace drover::tools
