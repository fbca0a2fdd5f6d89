#include "agent/vision/detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "models/model.hpp"

namespace drover::vision {
namespace {

/// Folders mix portrait and landscape and a few cameras; a table of one size is some 20 kB.
constexpr std::size_t most_plans = 8;

/// Measures one phase after the other.
class PhaseClock {
 public:
  /// The time since the last call, or since the clock was made.
  Duration lap() {
    const auto now = std::chrono::steady_clock::now();
    const Duration passed = now - last_;
    last_ = now;
    return passed;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Every picture meets the same model, so trying again is of no use unless it could not be read.
tl::unexpected<Error> unfit(const std::string& model, const Error& error) {
  const auto code = error.code == ErrorCode::NotFound ? ErrorCode::Invalid : error.code;
  return fail(code, fmt::format("model '{0}' cannot be used: {1}; 'drover model check {0}' says "
                                "all that is wrong with it, on the machine where it is called",
                                model, error.context));
}

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

}  // namespace

Detector::Detector(models::ModelSpec spec, std::unique_ptr<models::Engine> engine,
                   models::Thresholds thresholds)
    : spec_(std::move(spec)),
      engine_(std::move(engine)),
      thresholds_(thresholds),
      normalisation_(normalisation_of(spec_.input)),
      tensor_(3 * static_cast<std::size_t>(spec_.input.width) *
              static_cast<std::size_t>(spec_.input.height)) {}

Result<Detector> Detector::load(const std::string& model, const DetectorOptions& options) {
  const double score = options.score.value_or(1);
  if (!(score > 0 && score <= 1))
    return fail(ErrorCode::Invalid,
                fmt::format("score is {}; expected a number above 0 and at most 1", score));
  auto loaded = models::load_model(model);
  if (!loaded) return unfit(model, loaded.error());
  auto engine = models::open_engine(*loaded, options.engine);
  if (!engine) return unfit(model, engine.error());

  models::Thresholds thresholds = loaded->spec.thresholds;
  if (options.score) thresholds.score = static_cast<float>(*options.score);
  Detector detector(std::move(loaded->spec), std::move(*engine), thresholds);
  // The first run allocates and is slow: here, not at the first picture's expense. It also shows
  // what the outputs are.
  const auto outputs = detector.engine_->run(detector.tensor_, 1);
  if (!outputs) return unfit(model, outputs.error());
  if (const auto problems = models::compare_outputs(detector.spec_, *outputs); !problems.empty())
    return unfit(model, {ErrorCode::Invalid, problems.front()});
  return detector;
}

Result<Detections> Detector::detect(std::span<const std::uint8_t> file,
                                    const std::function<void(std::string_view)>& on_phase) {
  phases_ = {};
  PhaseClock clock;
  const auto begin = [&](std::string_view name) {
    if (on_phase) on_phase(name);
  };
  begin("decode");
  if (const auto decoded = decoder_.decode(file, spec_.input.channels, picture_); !decoded)
    return tl::unexpected(decoded.error());
  phases_.decode = clock.lap();

  begin("preprocess");
  const LetterboxPlan& plan = plan_for(picture_.width, picture_.height);
  letterbox(picture_, plan, normalisation_, scratch_, tensor_);
  phases_.preprocess = clock.lap();

  begin("infer");
  const auto outputs = engine_->run(tensor_, 1);
  if (!outputs) return tl::unexpected(outputs.error());
  phases_.infer = clock.lap();

  begin("boxes");
  models::decode_nanodet(spec_, *outputs, 0, plan.placement(), thresholds_, boxes_);
  Detections detections = named(boxes_);
  phases_.boxes = clock.lap();
  return detections;
}

const LetterboxPlan& Detector::plan_for(int width, int height) {
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const LetterboxPlan& plan) {
    return plan.source_width == width && plan.source_height == height;
  });
  if (found != plans_.end()) {
    std::rotate(plans_.begin(), found, found + 1);
  } else {
    if (plans_.size() == most_plans) plans_.pop_back();
    plans_.insert(plans_.begin(),
                  plan_letterbox(width, height, spec_.input.width, spec_.input.height));
  }
  return plans_.front();
}

Detections Detector::named(std::span<const models::ScoredBox> boxes) const {
  constexpr double score_steps = 10'000;
  constexpr double pixel_steps = 100;
  Detections detections{"", picture_.width, picture_.height, spec_.name, {}};
  detections.boxes.reserve(boxes.size());
  for (const auto& box : boxes)
    detections.boxes.push_back(
        {spec_.labels[static_cast<std::size_t>(box.label)], rounded(box.score, score_steps),
         rounded(box.left, pixel_steps), rounded(box.top, pixel_steps),
         rounded(box.right - box.left, pixel_steps), rounded(box.bottom - box.top, pixel_steps)});
  return detections;
}

}  // namespace drover::vision
