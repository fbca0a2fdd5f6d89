#include "models/box_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/check.hpp"

namespace drover::models {
namespace {

constexpr std::int64_t sides = 4;  // left, top, right, bottom
constexpr std::int64_t most_bins = 64;

std::int64_t cells_along(int pixels, int stride) { return (pixels + stride - 1) / stride; }

/// A class of a cell whose score is high enough. `order` is its place in the outputs.
struct Candidate {
  float score;
  std::uint32_t output;
  std::int64_t cell;
  int label;
  std::int64_t order;
};

bool comes_first(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.order < b.order;
}

std::vector<Candidate> find_candidates(std::span<const TensorView> outputs, std::int64_t picture,
                                       float least_score) {
  std::vector<Candidate> candidates;
  std::int64_t order = 0;
  for (std::size_t i = 0; i < outputs.size(); i += 2) {
    const auto [batch, cells, labels] = outputs[i].shape;
    const float* const scores = outputs[i].values.data() + picture * cells * labels;
    for (std::int64_t at = 0; at < cells * labels; ++at)
      if (scores[at] >= least_score)
        candidates.push_back({scores[at], static_cast<std::uint32_t>(i / 2), at / labels,
                              static_cast<int>(at % labels), order + at});
    order += cells * labels;
  }
  std::sort(candidates.begin(), candidates.end(), comes_first);
  if (candidates.size() > most_candidates) candidates.resize(most_candidates);
  return candidates;
}

/// The expectation of softmax over bins 0, 1, 2, ...
float expected_bin(const float* logits, std::int64_t bins) {
  const float highest = *std::max_element(logits, logits + bins);
  float sum = 0;
  float weighted = 0;
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    const float weight = std::exp(logits[bin] - highest);
    sum += weight;
    weighted += weight * static_cast<float>(bin);
  }
  return weighted / sum;
}

ScoredBox decode_box(const ModelSpec& spec, std::span<const TensorView> outputs,
                     std::int64_t picture, const Placement& placement, const Candidate& candidate) {
  const TensorView& distances = outputs[std::size_t{candidate.output} * 2 + 1];
  const auto [batch, cells, values] = distances.shape;
  const std::int64_t bins = values / sides;
  const float* const logits = distances.values.data() + (picture * cells + candidate.cell) * values;
  const int stride = spec.outputs[candidate.output].stride;
  const std::int64_t columns = cells_along(spec.input.width, stride);
  const auto step = static_cast<float>(stride);
  const std::int64_t column = candidate.cell % columns;
  const std::int64_t row = candidate.cell / columns;
  const float x = (static_cast<float>(column) + 0.5F) * step - 0.5F;
  const float y = (static_cast<float>(row) + 0.5F) * step - 0.5F;

  const auto to_picture_x = [&](float at) {
    return std::clamp((at - placement.offset_x) / placement.scale_x, 0.0F,
                      static_cast<float>(placement.width));
  };
  const auto to_picture_y = [&](float at) {
    return std::clamp((at - placement.offset_y) / placement.scale_y, 0.0F,
                      static_cast<float>(placement.height));
  };
  return {candidate.label,
          candidate.score,
          to_picture_x(x - expected_bin(logits, bins) * step),
          to_picture_y(y - expected_bin(logits + bins, bins) * step),
          to_picture_x(x + expected_bin(logits + 2 * bins, bins) * step),
          to_picture_y(y + expected_bin(logits + 3 * bins, bins) * step)};
}

}  // namespace

std::vector<std::string> compare_outputs(const ModelSpec& spec,
                                         std::span<const TensorView> outputs) {
  CHECK(outputs.size() == spec.outputs.size() * 2, "{} outputs", outputs.size());
  std::vector<std::string> problems;
  const auto labels = static_cast<std::int64_t>(spec.labels.size());
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    const OutputSpec& output = spec.outputs[i];
    const std::int64_t cells = cells_along(spec.input.width, output.stride) *
                               cells_along(spec.input.height, output.stride);
    const auto& scores = outputs[2 * i].shape;
    const auto& boxes = outputs[2 * i + 1].shape;
    if (scores[1] != cells || scores[2] != labels)
      problems.push_back(
          fmt::format("output '{}' is [{}]; expected [batch, {} cells of stride {}, {} labels]",
                      output.scores, fmt::join(scores, ", "), cells, output.stride, labels));
    if (boxes[1] != cells || boxes[2] % sides != 0 || boxes[2] < 2 * sides ||
        boxes[2] > most_bins * sides)
      problems.push_back(
          fmt::format("output '{}' is [{}]; expected [batch, {} cells of stride {}, 4 * bins]",
                      output.boxes, fmt::join(boxes, ", "), cells, output.stride));
  }
  return problems;
}

void decode_nanodet(const ModelSpec& spec, std::span<const TensorView> outputs,
                    std::int64_t picture, const Placement& placement, Thresholds thresholds,
                    std::vector<ScoredBox>& boxes) {
  boxes.clear();
  for (const Candidate& candidate : find_candidates(outputs, picture, thresholds.score)) {
    const ScoredBox box = decode_box(spec, outputs, picture, placement, candidate);
    // Also drops what a network that answers NaN would give.
    if (box.right > box.left && box.bottom > box.top) boxes.push_back(box);
  }
  suppress(boxes, thresholds.iou);
  if (boxes.size() > most_boxes) boxes.resize(most_boxes);
}

float intersection_over_union(const ScoredBox& a, const ScoredBox& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const auto area = [](const ScoredBox& box) {
    return (box.right - box.left) * (box.bottom - box.top);
  };
  const float shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

void suppress(std::vector<ScoredBox>& boxes, float iou) {
  std::vector<ScoredBox> kept;
  for (const ScoredBox& box : boxes) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const ScoredBox& other) {
      return other.label == box.label && intersection_over_union(other, box) > iou;
    });
    if (!covered) kept.push_back(box);
  }
  boxes = std::move(kept);
}

}  // namespace drover::models
