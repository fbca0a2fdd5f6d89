#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vision/decode.hpp"
#include "agent/vision/detections.hpp"
#include "agent/vision/preprocess.hpp"
#include "common/result.hpp"
#include "common/units.hpp"
#include "models/box_decoder.hpp"
#include "models/engine.hpp"

namespace drover::vision {

struct DetectorOptions {
  models::EngineKind engine = models::EngineKind::Best;
  /// In place of the model's threshold; above 0, at most 1.
  std::optional<double> score = std::nullopt;
};

/// Where the time of one picture went.
struct DetectionPhases {
  Duration decode{};
  Duration preprocess{};
  Duration infer{};
  Duration boxes{};  ///< Decoding the network's outputs and suppression.
};

/// Finds objects in image files: decode, preprocess, infer, boxes. Loaded once, used for many
/// files; its buffers are reused.
///
/// Threads  One detector belongs to one thread.
class Detector {
 public:
  /// Loads a model (models::find_model says what `model` may be), opens an engine and runs it once.
  ///
  /// Errors   Those of load_model and open_engine; Invalid for outputs that do not fit the
  ///          description or a score that is no threshold.
  static Result<Detector> load(const std::string& model, const DetectorOptions& options = {});

  /// Finds the objects of one JPEG or PNG file held in memory. The `image` of the answer is left
  /// empty. `on_phase` is told the name of each phase as it begins.
  ///
  /// Errors   Those of ImageDecoder::decode, and Internal where the engine fails.
  Result<Detections> detect(std::span<const std::uint8_t> file,
                            const std::function<void(std::string_view)>& on_phase = {});

  /// The last file's picture; draw into it freely. Unspecified after an error.
  Picture& picture() { return picture_; }
  const DetectionPhases& phases() const { return phases_; }  ///< Of the last detect().
  std::string_view engine() const { return engine_->name(); }

 private:
  Detector(models::ModelSpec spec, std::unique_ptr<models::Engine> engine,
           models::Thresholds thresholds);

  const LetterboxPlan& plan_for(int width, int height);
  Detections named(std::span<const models::ScoredBox> boxes) const;

  models::ModelSpec spec_;
  std::unique_ptr<models::Engine> engine_;
  models::Thresholds thresholds_;
  Normalisation normalisation_;
  ImageDecoder decoder_;
  Picture picture_;
  std::vector<LetterboxPlan> plans_;  // The sizes met last, newest first; at most `most_plans`.
  LetterboxScratch scratch_;
  std::vector<float> tensor_;  // float32 [1, 3, height, width] of the network's input
  std::vector<models::ScoredBox> boxes_;
  DetectionPhases phases_;
};

}  // namespace drover::vision
