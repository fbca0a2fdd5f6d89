#pragma once

#include "models/engine.hpp"

namespace drover::models {

/// OpenCV's DNN module on the CPU: always there.
Result<std::unique_ptr<Engine>> open_opencv_engine(const Model& model);
std::string opencv_version();

}  // namespace drover::models
