#pragma once

#include <string>

namespace drover::tools {

/// `drover model check URI`: prints everything that is wrong with a model's folder; returns the
/// exit status.
int check_model(const std::string& model);

}  // namespace drover::tools
