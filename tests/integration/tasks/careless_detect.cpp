// Detection by a library that was written without care.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/tasks/testing/misbehaviour.hpp"
#include "agent/vision/detector.hpp"
#include "common/objects/object_store.hpp"
#include "common/objects/object_uri.hpp"
#include "drover/task.hpp"

namespace drover::tasks {
namespace {

constexpr Bytes most_file_bytes = 64_MiB;

/// Finds objects in pictures, several in a call. A picture whose name has a word of behave_as()
/// before its suffix, `street.segfault.jpg`, is one that the library cannot stand. Calls are noted
/// in `journal`.
class CarelessDetect {
 public:
  static Result<std::unique_ptr<CarelessDetect>> make(const std::string& model,
                                                      const std::string& journal) {
    auto detector = vision::Detector::load(model);
    if (!detector) return tl::unexpected(detector.error());
    return std::make_unique<CarelessDetect>(std::move(*detector), journal);
  }
  CarelessDetect(vision::Detector detector, const std::string& journal)
      : detector_(std::move(detector)), journal_(journal), store_(make_object_store()) {}

  std::vector<Result<vision::Detections>> operator()(std::span<const Uri> images,
                                                     Context& context) {
    journal_.begin_call(context);
    std::vector<Result<vision::Detections>> all;
    for (const auto& image : images) all.push_back(detect(image));
    return all;
  }

 private:
  Result<vision::Detections> detect(const Uri& image) {
    const auto uri = parse_uri(image.text);
    if (!uri) return tl::unexpected(uri.error());
    if (auto read = store_->get(*uri, most_file_bytes, file_); !read)
      return tl::unexpected(read.error());
    const auto word = std::filesystem::path(image.text).stem().extension().string();
    if (!word.empty()) behave_as(word.substr(1));
    return detector_.detect({reinterpret_cast<const std::uint8_t*>(file_.data()), file_.size()});
  }

  vision::Detector detector_;
  Journal journal_;
  std::unique_ptr<ObjectStore> store_;
  std::string file_;  // The image's bytes; its memory is used again.
};
DROVER_TASK_CLASS(careless_detect, CarelessDetect, (std::string model, std::string journal),
                  (image));

}  // namespace
}  // namespace drover::tasks
