#include "agent/vision/preprocess.hpp"

#include <algorithm>
#include <cmath>

#include "common/check.hpp"

namespace drover::vision {
namespace {

AxisTable axis_table(int source, int scaled) {
  AxisTable table;
  const double step = static_cast<double>(source) / scaled;
  for (int i = 0; i < scaled; ++i) {
    const double at = std::clamp((i + 0.5) * step - 0.5, 0.0, static_cast<double>(source - 1));
    const auto first = static_cast<std::int32_t>(at);
    const auto second_weight = static_cast<float>(at - first);
    table.first.push_back(first);
    table.second.push_back(std::min(first + 1, source - 1));
    table.first_weight.push_back(1.0F - second_weight);
    table.second_weight.push_back(second_weight);
  }
  return table;
}

/// A source row scaled along x: four floats a column, the fourth without meaning, so that a column
/// is one vector.
void scale_row(const std::uint8_t* source, const AxisTable& columns, float* scaled) {
  for (std::size_t x = 0; x < columns.first.size(); ++x) {
    const std::uint8_t* const first = source + std::ptrdiff_t{columns.first[x]} * 3;
    const std::uint8_t* const second = source + std::ptrdiff_t{columns.second[x]} * 3;
    for (std::size_t c = 0; c < 3; ++c)
      scaled[4 * x + c] = static_cast<float>(first[c]) * columns.first_weight[x] +
                          static_cast<float>(second[c]) * columns.second_weight[x];
  }
}

void fill(float* from, std::size_t count, float value) { std::fill(from, from + count, value); }

}  // namespace

models::Placement LetterboxPlan::placement() const {
  return {source_width,
          source_height,
          static_cast<float>(scaled_width) / static_cast<float>(source_width),
          static_cast<float>(scaled_height) / static_cast<float>(source_height),
          static_cast<float>(left),
          static_cast<float>(top)};
}

LetterboxPlan plan_letterbox(int source_width, int source_height, int input_width,
                             int input_height) {
  CHECK(source_width > 0 && source_height > 0 && input_width > 0 && input_height > 0,
        "{} x {} into {} x {}", source_width, source_height, input_width, input_height);
  LetterboxPlan plan;
  plan.source_width = source_width;
  plan.source_height = source_height;
  plan.input_width = input_width;
  plan.input_height = input_height;
  const double scale = std::min(static_cast<double>(input_width) / source_width,
                                static_cast<double>(input_height) / source_height);
  const auto scaled = [&](int source, int input) {
    return std::clamp(static_cast<int>(std::lround(source * scale)), 1, input);
  };
  plan.scaled_width = scaled(source_width, input_width);
  plan.scaled_height = scaled(source_height, input_height);
  plan.left = (input_width - plan.scaled_width) / 2;
  plan.top = (input_height - plan.scaled_height) / 2;
  plan.columns = axis_table(source_width, plan.scaled_width);
  plan.rows = axis_table(source_height, plan.scaled_height);
  return plan;
}

Normalisation normalisation_of(const models::InputSpec& input) {
  Normalisation made;
  made.mean = input.mean;
  for (std::size_t c = 0; c < 3; ++c) made.factor[c] = 1.0F / input.deviation[c];
  return made;
}

void letterbox(const Picture& picture, const LetterboxPlan& plan,
               const Normalisation& normalisation, LetterboxScratch& scratch,
               std::span<float> tensor) {
  const auto input_width = static_cast<std::size_t>(plan.input_width);
  const auto width = static_cast<std::size_t>(plan.scaled_width);
  const auto left = static_cast<std::size_t>(plan.left);
  const std::size_t plane = input_width * static_cast<std::size_t>(plan.input_height);
  CHECK(picture.width == plan.source_width && picture.height == plan.source_height &&
            tensor.size() == 3 * plane,
        "{} x {}", picture.width, picture.height);

  for (auto& row : scratch.rows)
    if (row.size() < 4 * width) row.resize(4 * width);
  // Which source row each buffer holds: neighbouring target rows often share one.
  std::array<std::int32_t, 2> held{-1, -1};
  const auto scaled_row = [&](std::int32_t row, std::size_t buffer) {
    if (held[buffer] != row)
      scale_row(picture.pixels.data() + std::ptrdiff_t{row} * picture.width * 3, plan.columns,
                scratch.rows[buffer].data());
    held[buffer] = row;
    return scratch.rows[buffer].data();
  };

  std::array<float, 3> padding{};
  for (std::size_t c = 0; c < 3; ++c) {
    padding[c] = (padding_grey - normalisation.mean[c]) * normalisation.factor[c];
    const std::size_t above = static_cast<std::size_t>(plan.top) * input_width;
    const std::size_t picture_end =
        above + static_cast<std::size_t>(plan.scaled_height) * input_width;
    fill(tensor.data() + c * plane, above, padding[c]);
    fill(tensor.data() + c * plane + picture_end, plane - picture_end, padding[c]);
  }
  for (std::size_t y = 0; y < plan.rows.first.size(); ++y) {
    if (held[1] == plan.rows.first[y]) {
      std::swap(scratch.rows[0], scratch.rows[1]);
      std::swap(held[0], held[1]);
    }
    const float* const upper = scaled_row(plan.rows.first[y], 0);
    const float* const lower = scaled_row(plan.rows.second[y], 1);
    const float upper_weight = plan.rows.first_weight[y];
    const float lower_weight = plan.rows.second_weight[y];
    float* const row = tensor.data() + (static_cast<std::size_t>(plan.top) + y) * input_width;
    for (std::size_t c = 0; c < 3; ++c) {
      float* const out = row + c * plane;
      const float mean = normalisation.mean[c];
      const float factor = normalisation.factor[c];
      fill(out, left, padding[c]);
      for (std::size_t x = 0; x < width; ++x) {
        const float value = upper[4 * x + c] * upper_weight + lower[4 * x + c] * lower_weight;
        out[left + x] = (value - mean) * factor;
      }
      fill(out + left + width, input_width - left - width, padding[c]);
    }
  }
}

}  // namespace drover::vision
