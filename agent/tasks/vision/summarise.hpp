#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/vision/detections.hpp"
#include "common/types/describe.hpp"

namespace drover::tasks {

/// How often a class was found.
struct ClassCount {
  std::string label;
  std::int64_t objects = 0;
  std::int64_t images = 0;  ///< Images with at least one.

  bool operator==(const ClassCount&) const = default;
};
DROVER_STRUCT(ClassCount, label, objects, images)

/// What was found in many images.
struct DetectionSummary {
  std::int64_t images = 0;               ///< With a result.
  std::int64_t images_with_objects = 0;  ///< With at least one box.
  std::int64_t failed = 0;               ///< Without a result.
  std::vector<ClassCount> objects;       ///< Most frequent first, then by label.

  bool operator==(const DetectionSummary&) const = default;
};
DROVER_STRUCT(DetectionSummary, images, images_with_objects, failed, objects)

/// Adds detections up, image by image; holds one count per class.
class DetectionCounter {
 public:
  void add(const vision::Detections& image);
  void add_failed() { ++summary_.failed; }
  DetectionSummary summary() const;

 private:
  DetectionSummary summary_;  // Without `objects`.
  std::map<std::string, ClassCount> classes_;
};

}  // namespace drover::tasks
