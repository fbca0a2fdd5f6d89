// Takes the place of onnxruntime_engine.cpp in a build without ONNX Runtime's headers.
#include "common/check.hpp"
#include "models/onnxruntime_engine.hpp"

namespace drover::models {

const OnnxRuntime& onnxruntime() {
  static const OnnxRuntime absent{false, "",
                                  "this build was made without the headers of ONNX Runtime"};
  return absent;
}

Result<std::unique_ptr<Engine>> open_onnxruntime_engine(const Model& model) {
  CHECK(onnxruntime().usable, "model {}", model.spec.name);
  return fail(ErrorCode::Unsupported, onnxruntime().reason);
}

}  // namespace drover::models
