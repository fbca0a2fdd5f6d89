#include "agent/vision/detections.hpp"

#include <nlohmann/json.hpp>

namespace drover::vision {

std::string to_json(const Detections& detections) {
  auto boxes = nlohmann::ordered_json::array();
  for (const Box& box : detections.boxes)
    boxes.push_back({{"label", box.label},
                     {"score", box.score},
                     {"x", box.x},
                     {"y", box.y},
                     {"width", box.width},
                     {"height", box.height}});
  const nlohmann::ordered_json object{{"image", detections.image},
                                      {"width", detections.width},
                                      {"height", detections.height},
                                      {"model", detections.model},
                                      {"boxes", std::move(boxes)}};
  // File names need not be UTF-8; what is not becomes a replacement character, never an exception.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace drover::vision
