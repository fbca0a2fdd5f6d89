#include "models/engine.hpp"

#include <fmt/format.h>

#include "models/onnxruntime_engine.hpp"
#include "models/opencv_engine.hpp"

namespace drover::models {

const EngineReport& engine_report() {
  static const EngineReport report = [] {
    const OnnxRuntime& runtime = onnxruntime();
    return runtime.usable ? EngineReport{EngineKind::OnnxRuntime, runtime.version, runtime.reason}
                          : EngineReport{EngineKind::OpenCv, opencv_version(), runtime.reason};
  }();
  return report;
}

Result<std::unique_ptr<Engine>> open_engine(const Model& model, EngineKind kind) {
  switch (kind) {
    case EngineKind::OpenCv:
      return open_opencv_engine(model);
    case EngineKind::OnnxRuntime:
      if (!onnxruntime().usable) return fail(ErrorCode::Unavailable, onnxruntime().reason);
      return open_onnxruntime_engine(model);
    case EngineKind::Best:
      break;
  }
  if (!onnxruntime().usable) return open_opencv_engine(model);
  auto best = open_onnxruntime_engine(model);
  if (best) return best;
  auto other = open_opencv_engine(model);
  if (other) return other;
  return fail(ErrorCode::Invalid,
              fmt::format("{}; {}", best.error().context, other.error().context));
}

}  // namespace drover::models
