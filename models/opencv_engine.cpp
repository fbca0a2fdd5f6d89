#include "models/opencv_engine.hpp"

#include <fmt/format.h>

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <vector>

#include "common/check.hpp"

namespace drover::models {
namespace {

/// What OpenCV says, without the place in its sources.
std::string words_of(const cv::Exception& error) {
  return error.err.empty() ? error.what() : error.err;
}

class OpenCvEngine final : public Engine {
 public:
  OpenCvEngine(const cv::dnn::Net& net, const ModelSpec& spec) : net_(net), input_(spec.input) {
    for (const auto& output : spec.outputs)
      names_.insert(names_.end(), {output.scores, output.boxes});
    views_.resize(names_.size());
  }

  std::string_view name() const override { return "opencv"; }

  Result<std::span<const TensorView>> run(std::span<const float> input,
                                          std::int64_t batch) override {
    const std::array<int, 4> shape{static_cast<int>(batch), 3, input_.height, input_.width};
    CHECK(batch > 0 && input.size() == static_cast<std::size_t>(batch) * 3 *
                                           static_cast<std::size_t>(input_.height) *
                                           static_cast<std::size_t>(input_.width),
          "batch {} with {} values", batch, input.size());
    try {
      // A header over the caller's values: OpenCV only reads them.
      const cv::Mat blob(4, shape.data(), CV_32F, const_cast<float*>(input.data()));
      net_.setInput(blob, input_.name);
      net_.forward(outputs_, names_);
      for (std::size_t i = 0; i < names_.size(); ++i) {
        const cv::Mat& output = outputs_[i];
        if (output.dims != 3 || output.type() != CV_32F || !output.isContinuous() ||
            output.size[0] != batch)
          return fail(ErrorCode::Invalid,
                      fmt::format("output '{}' of the network is not float32 [{}, n, m]", names_[i],
                                  batch));
        views_[i] = {{output.size[0], output.size[1], output.size[2]},
                     {output.ptr<float>(), output.total()}};
      }
    } catch (const cv::Exception& error) {
      return fail(ErrorCode::Internal, fmt::format("OpenCV DNN: {}", words_of(error)));
    } catch (const std::exception& error) {
      return fail(ErrorCode::Internal, fmt::format("OpenCV DNN: {}", error.what()));
    }
    return views_;
  }

 private:
  cv::dnn::Net net_;
  InputSpec input_;
  std::vector<cv::String> names_;
  std::vector<cv::Mat> outputs_;  // views_ look into these.
  std::vector<TensorView> views_;
};

}  // namespace

std::string opencv_version() { return cv::getVersionString(); }

Result<std::unique_ptr<Engine>> open_opencv_engine(const Model& model) {
  const std::string file = (model.folder / model.spec.weights_file).string();
  try {
    // One thread: a machine is filled with one worker per core. The log would repeat what the
    // exception says.
    cv::setNumThreads(1);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::dnn::Net net = cv::dnn::readNetFromONNX(model.weights.data(), model.weights.size());
    if (net.empty())
      return fail(ErrorCode::Invalid, fmt::format("{}: OpenCV DNN found no network in it", file));
    for (const auto& output : model.spec.outputs)
      for (const auto& name : {output.scores, output.boxes})
        if (net.getLayerId(name) < 0)
          return fail(ErrorCode::Invalid,
                      fmt::format("{}: the network has no output '{}'; it ends in {}", file, name,
                                  fmt::join(net.getUnconnectedOutLayersNames(), ", ")));
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return std::make_unique<OpenCvEngine>(net, model.spec);
  } catch (const cv::Exception& error) {
    return fail(ErrorCode::Invalid,
                fmt::format("{}: OpenCV DNN cannot load it: {}", file, words_of(error)));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Invalid,
                fmt::format("{}: OpenCV DNN cannot load it: {}", file, error.what()));
  }
}

}  // namespace drover::models
