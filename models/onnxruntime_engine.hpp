#pragma once

#include <string>

#include "models/engine.hpp"

namespace drover::models {

/// ONNX Runtime as this process found it. The library is loaded at run time, so one build runs with
/// and without it.
struct OnnxRuntime {
  bool usable = false;
  std::string version;  ///< Where usable: "1.31.1".
  std::string reason;   ///< The library's path; or why it is not used.
};

/// Searches for the library once: where the environment's DROVER_ONNXRUNTIME says (a file or
/// folder, and then nowhere else; `off` means nowhere at all), in `lib` below the folder of the
/// installed program, and where set-up puts it in the source tree.
///
/// Never throws: a library that is missing, too old or of another kind is a reason.
const OnnxRuntime& onnxruntime();

/// Requires onnxruntime().usable
Result<std::unique_ptr<Engine>> open_onnxruntime_engine(const Model& model);

}  // namespace drover::models
