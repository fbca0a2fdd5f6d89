#include "agent/tasks/vision/summarise.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "drover/task.hpp"

namespace drover::tasks {

void DetectionCounter::add(const vision::Detections& image) {
  ++summary_.images;
  if (!image.boxes.empty()) ++summary_.images_with_objects;
  std::set<std::string_view> seen;
  for (const auto& box : image.boxes) {
    ClassCount& count = classes_[box.label];
    ++count.objects;
    if (seen.insert(box.label).second) ++count.images;
  }
}

DetectionSummary DetectionCounter::summary() const {
  DetectionSummary summary = summary_;
  for (const auto& [label, count] : classes_)
    summary.objects.push_back({label, count.objects, count.images});
  std::stable_sort(summary.objects.begin(), summary.objects.end(),
                   [](const ClassCount& a, const ClassCount& b) { return a.objects > b.objects; });
  return summary;
}

namespace {

/// Takes the results of a map as they are, with nothing in the place of an image that failed.
DetectionSummary summarise_detections(Stream<std::optional<vision::Detections>>& detections) {
  DetectionCounter counter;
  for (const auto& image : detections) image ? counter.add(*image) : counter.add_failed();
  return counter.summary();
}
DROVER_TASK(summarise_detections, detections);

}  // namespace
}  // namespace drover::tasks
