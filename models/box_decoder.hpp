#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/engine.hpp"
#include "models/model_spec.hpp"

namespace drover::models {

/// A box in pixels: corners, edge to edge, so a box over the whole picture is 0, 0, width, height.
struct ScoredBox {
  int label = 0;  ///< Index into the model's labels.
  float score = 0;
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;

  bool operator==(const ScoredBox&) const = default;
};

/// How a picture lies in a network's input: input = picture * scale + offset, in pixels, per axis.
struct Placement {
  int width = 0;  ///< Of the picture; so is height.
  int height = 0;
  float scale_x = 1;  ///< Not 0. Differs from scale_y where scaled sizes were rounded to pixels.
  float scale_y = 1;
  float offset_x = 0;
  float offset_y = 0;
};

/// At most this many candidates, those with the highest scores, enter suppression, so that a
/// threshold near 0 cannot cost seconds; and at most this many boxes of a picture are kept.
constexpr std::size_t most_candidates = 4096;
constexpr std::size_t most_boxes = 1000;

/// What does not fit between a model's description and its network's outputs; empty: all is well.
std::vector<std::string> compare_outputs(const ModelSpec& spec,
                                         std::span<const TensorView> outputs);

/// Turns a network's outputs into the boxes of one picture.
///
/// Input    outputs  as Engine::run gives them; picture  the index in the batch
/// Output   `boxes` is replaced: boxes with a score of at least `thresholds.score` that survive
///          class-wise suppression at `thresholds.iou`, in pixels of the original picture, clipped
///          to it, none empty. The order is by score, highest first, then by the cell's index, then
///          by the label's, so equal outputs give equal boxes.
/// Requires compare_outputs found nothing.
/// Source   NanoDet: for each side of a cell a softmax over bins, whose expectation times the
///          stride is the distance from the cell's centre, (x + 0.5) * stride - 0.5 (Li et al.,
///          Generalized Focal Loss, 2020).
void decode_nanodet(const ModelSpec& spec, std::span<const TensorView> outputs,
                    std::int64_t picture, const Placement& placement, Thresholds thresholds,
                    std::vector<ScoredBox>& boxes);

/// Greedy class-wise non-maximum suppression, in place: a box goes where one of its label that was
/// kept before it overlaps it by an IoU above `iou`. Keeps the order.
///
/// Requires sorted by score, highest first.
void suppress(std::vector<ScoredBox>& boxes, float iou);

float intersection_over_union(const ScoredBox& a, const ScoredBox& b);

}  // namespace drover::models
