#include "agent/vision/draw.hpp"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/check.hpp"

namespace drover::vision {
namespace {

/// A strong colour for a label: its hash picks the hue.
cv::Scalar colour_of(const std::string& label, ChannelOrder order) {
  std::uint32_t hash = 2166136261U;  // FNV-1a, so that colours are the same on every machine.
  for (const char c : label) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  const double sixth = (hash % 360) / 60.0;
  const auto channel = [&](double shift) {
    const double k = std::fmod(shift + sixth, 6.0);
    return 255 * (1 - 0.85 * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
  };
  const cv::Scalar rgb(channel(5), channel(3), channel(1));
  return order == ChannelOrder::Rgb ? rgb : cv::Scalar(rgb[2], rgb[1], rgb[0]);
}

void draw_box(cv::Mat& canvas, const Box& box, ChannelOrder order, int thickness,
              double font_scale) {
  const auto pixel = [](double at) { return static_cast<int>(std::lround(at)); };
  const cv::Scalar colour = colour_of(box.label, order);
  const cv::Point corner(pixel(box.x), pixel(box.y));
  cv::rectangle(canvas, corner, {pixel(box.x + box.width) - 1, pixel(box.y + box.height) - 1},
                colour, thickness);

  const std::string text = fmt::format("{} {:.0f}%", box.label, box.score * 100);
  int below = 0;
  const cv::Size size =
      cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, font_scale, thickness, &below);
  const int label_height = size.height + below + 2;
  // Above the box where there is room, else inside it.
  const int top = corner.y >= label_height ? corner.y - label_height : corner.y;
  const int left = std::clamp(corner.x, 0, std::max(0, canvas.cols - size.width - 4));
  cv::rectangle(canvas, {left, top}, {left + size.width + 3, top + label_height}, colour,
                cv::FILLED);
  const double brightness = 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2];
  const cv::Scalar ink = brightness > 120 ? cv::Scalar(0, 0, 0) : cv::Scalar(255, 255, 255);
  cv::putText(canvas, text, {left + 2, top + size.height + 1}, cv::FONT_HERSHEY_SIMPLEX, font_scale,
              ink, std::max(1, thickness - 1), cv::LINE_AA);
}

}  // namespace

void draw_boxes(Picture& picture, std::span<const Box> boxes) {
  cv::Mat canvas(picture.height, picture.width, CV_8UC3, picture.pixels.data());
  const double side = std::max(picture.width, picture.height);
  const int thickness = std::max(1, static_cast<int>(std::lround(side / 600)));
  const double font_scale = std::max(0.4, side / 1800);
  // The best one last, so that it lies on top.
  for (std::size_t i = boxes.size(); i > 0; --i)
    draw_box(canvas, boxes[i - 1], picture.order, thickness, font_scale);
}

JpegEncoder::JpegEncoder() : handle_(tjInitCompress()) {
  CHECK(handle_ != nullptr, "no memory for a JPEG encoder");
}

void JpegEncoder::Close::operator()(void* handle) const { tjDestroy(handle); }

Result<std::span<const std::uint8_t>> JpegEncoder::encode(const Picture& picture, int quality) {
  const auto most = tjBufSize(picture.width, picture.height, TJSAMP_420);
  if (buffer_.size() < most) buffer_.resize(most);
  std::uint8_t* to = buffer_.data();
  auto size = static_cast<unsigned long>(buffer_.size());
  const int format = picture.order == ChannelOrder::Rgb ? TJPF_RGB : TJPF_BGR;
  if (tjCompress2(handle_.get(), picture.pixels.data(), picture.width, 0, picture.height, format,
                  &to, &size, TJSAMP_420, quality, TJFLAG_NOREALLOC) != 0)
    return fail(ErrorCode::Internal, fmt::format("the picture cannot be written as JPEG: {}",
                                                 tjGetErrorStr2(handle_.get())));
  return std::span<const std::uint8_t>(buffer_.data(), size);
}

}  // namespace drover::vision
