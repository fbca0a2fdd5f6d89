#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "models/model.hpp"

namespace drover::models {

/// One output of a network: float32, packed, rows last.
struct TensorView {
  std::array<std::int64_t, 3> shape{};  ///< [batch, cells, values of a cell]
  std::span<const float> values;        ///< Their product many.
};

/// A loaded network that runs on one thread.
///
/// Threads  One engine belongs to one thread; several engines may run at once.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;  ///< `opencv` or `onnxruntime`

  /// Runs the network on a batch.
  ///
  /// Input    float32 [batch, 3, height, width] of the model, batch at least 1.
  /// Output   For every OutputSpec in order: its scores, then its boxes.
  /// Owns     The views belong to the engine and hold until its next run; buffers are reused.
  /// Errors   Internal with the library's words; Invalid where an output is not [batch, n, m].
  virtual Result<std::span<const TensorView>> run(std::span<const float> input,
                                                  std::int64_t batch) = 0;
};

enum class EngineKind {
  Best,  ///< ONNX Runtime where it works, else OpenCV.
  OpenCv,
  OnnxRuntime,
};

/// Loads the model's network into an engine.
///
/// With `Best`, a network that ONNX Runtime refuses goes to OpenCV.
/// Errors   Invalid where the network cannot be loaded; Unavailable, with the reason, where ONNX
///          Runtime was asked for by name and is not there.
Result<std::unique_ptr<Engine>> open_engine(const Model& model, EngineKind kind = EngineKind::Best);

/// Which engine `Best` means in this process, and why.
struct EngineReport {
  EngineKind kind = EngineKind::OpenCv;
  std::string version;  ///< The library's: "1.31.1", "4.6.0".
  std::string reason;   ///< Where ONNX Runtime was found; or why it is not used, for a person.
};
/// Probes for ONNX Runtime on the first call and keeps the answer; the library stays loaded.
const EngineReport& engine_report();

}  // namespace drover::models
