// The built-in task `detect`.

#include <fmt/format.h>

#include "agent/tasks/vision/result_files.hpp"
#include "agent/vision/detector.hpp"
#include "agent/vision/draw.hpp"
#include "common/objects/object_store.hpp"
#include "common/objects/object_uri.hpp"
#include "drover/task.hpp"
#include "models/engine.hpp"

namespace drover::tasks {
namespace {

/// An image file larger than this is refused before it is read.
constexpr Bytes most_file_bytes = 512_MiB;

/// Finds objects in pictures; one per worker, model and threshold.
class Detect {
 public:
  static Result<std::unique_ptr<Detect>> make(const std::string& model, std::optional<double> score,
                                              std::optional<bool> draw) {
    auto detector = vision::Detector::load(model, {models::EngineKind::Best, score});
    if (!detector) return tl::unexpected(detector.error());
    return std::make_unique<Detect>(std::move(*detector), draw.value_or(false));
  }
  Detect(vision::Detector detector, bool draw)
      : detector_(std::move(detector)), draw_(draw), store_(make_object_store()) {}

  Result<vision::Detections> operator()(const Uri& image, Context& context) {
    const auto uri = parse_uri(image.text);
    if (!uri) return tl::unexpected(uri.error());
    context.phase("fetch");
    if (auto read = store_->get(*uri, most_file_bytes, file_); !read)
      return tl::unexpected(read.error());
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(file_.data()), file_.size());
    auto detections =
        detector_.detect(bytes, [&](std::string_view phase) { context.phase(phase); });
    if (!detections) return detections;
    detections->image = file_name(*uri);
    if (auto written = write_files(*detections, context); !written)
      return tl::unexpected(written.error());
    return detections;
  }

 private:
  /// The boxes as JSON and, where asked for, the picture with the boxes drawn. A call without a run
  /// has no folder for results and writes none.
  Result<void> write_files(const vision::Detections& detections, Context& context) {
    if (context.results().empty()) return {};
    if (draw_) {
      context.phase("draw");
      vision::draw_boxes(detector_.picture(), detections.boxes);
      const auto jpeg = encoder_.encode(detector_.picture());
      if (!jpeg) return tl::unexpected(jpeg.error());
      context.phase("write");
      const std::string_view contents(reinterpret_cast<const char*>(jpeg->data()), jpeg->size());
      const auto written = write_result_file(*store_, context, 0, ".boxes.jpg", contents);
      if (!written) return tl::unexpected(written.error());
    }
    context.phase("write");
    const auto written =
        write_result_file(*store_, context, 0, ".json", vision::to_json(detections) + "\n");
    if (!written) return tl::unexpected(written.error());
    return {};
  }

  vision::Detector detector_;
  bool draw_;
  vision::JpegEncoder encoder_;
  std::unique_ptr<ObjectStore> store_;
  std::string file_;  // The image's bytes; its memory is used again.
};
DROVER_TASK_CLASS(detect, Detect,
                  (std::string model, std::optional<double> score, std::optional<bool> draw),
                  (image));

std::vector<std::string> notes() {
  const auto& engine = models::engine_report();
  if (engine.kind == models::EngineKind::OnnxRuntime) return {};
  return {fmt::format("detect runs on OpenCV DNN {}, two to three times slower: {}", engine.version,
                      engine.reason)};
}
DROVER_NOTES(notes);

}  // namespace
}  // namespace drover::tasks
