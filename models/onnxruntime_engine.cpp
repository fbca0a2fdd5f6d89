#include "models/onnxruntime_engine.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "common/check.hpp"

namespace drover::models {
namespace fs = std::filesystem;
namespace {

constexpr const char* library_name = "libonnxruntime.so.1";

std::vector<fs::path> places() {
  if (const char* chosen = std::getenv("DROVER_ONNXRUNTIME");
      chosen != nullptr && *chosen != '\0') {
    std::error_code ignored;
    const fs::path path = chosen;
    return {fs::is_directory(path, ignored) ? path / library_name : path};
  }
  std::vector<fs::path> found;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) found.push_back(program.parent_path().parent_path() / "lib" / library_name);
  found.emplace_back(fs::path(DROVER_ONNXRUNTIME_SETUP_FOLDER) / library_name);
  return found;
}

OnnxRuntime probe() {
  if (const char* chosen = std::getenv("DROVER_ONNXRUNTIME");
      chosen != nullptr && std::string_view(chosen) == "off")
    return {false, "", "switched off by DROVER_ONNXRUNTIME=off"};
  std::vector<std::string> tried;
  for (const fs::path& path : places()) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      tried.push_back(fmt::format("{} does not exist", path.string()));
      continue;
    }
    // Never closed: the library registers handlers that outlive any session.
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* const error = dlerror();
      tried.push_back(error != nullptr ? error : fmt::format("{} cannot be loaded", path.string()));
      continue;
    }
    const auto base_of = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
    if (base_of == nullptr) {
      tried.push_back(
          fmt::format("{} is not ONNX Runtime: it has no OrtGetApiBase", path.string()));
      continue;
    }
    const OrtApiBase* const base = base_of();
    const OrtApi* const api = base->GetApi(ORT_API_VERSION);
    if (api == nullptr) {
      tried.push_back(fmt::format("{} is version {}, which lacks API {}", path.string(),
                                  base->GetVersionString(), ORT_API_VERSION));
      continue;
    }
    Ort::InitApi(api);
    return {true, base->GetVersionString(), path.string()};
  }
  return {false, "", fmt::format("ONNX Runtime was not found: {}", fmt::join(tried, "; "))};
}

/// What the network lacks of the names that the description gives; empty where all is well.
std::string missing_name(Ort::Session& session, const ModelSpec& spec) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i)
    inputs.emplace_back(session.GetInputNameAllocated(i, allocator).get());
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i)
    outputs.emplace_back(session.GetOutputNameAllocated(i, allocator).get());
  if (std::find(inputs.begin(), inputs.end(), spec.input.name) == inputs.end())
    return fmt::format("the network has no input '{}'; it takes {}", spec.input.name,
                       fmt::join(inputs, ", "));
  for (const auto& output : spec.outputs)
    for (const auto& name : {output.scores, output.boxes})
      if (std::find(outputs.begin(), outputs.end(), name) == outputs.end())
        return fmt::format("the network has no output '{}'; it ends in {}", name,
                           fmt::join(outputs, ", "));
  return {};
}

/// One environment a process, as the library wants it. Level fatal: errors come back as exceptions
/// with the same text.
Ort::Env& environment() {
  static auto* const env =
      new Ort::Env(ORT_LOGGING_LEVEL_FATAL, "drover");  // Outlives static destructors.
  return *env;
}

class OnnxRuntimeEngine final : public Engine {
 public:
  OnnxRuntimeEngine(Ort::Session session, const ModelSpec& spec)
      : session_(std::move(session)),
        memory_(Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault)),
        input_(spec.input) {
    for (const auto& output : spec.outputs)
      names_.insert(names_.end(), {output.scores, output.boxes});
    for (const auto& name : names_) name_pointers_.push_back(name.c_str());
    views_.resize(names_.size());
  }

  std::string_view name() const override { return "onnxruntime"; }

  Result<std::span<const TensorView>> run(std::span<const float> input,
                                          std::int64_t batch) override {
    const std::array<std::int64_t, 4> shape{batch, 3, input_.height, input_.width};
    CHECK(batch > 0 && input.size() == static_cast<std::size_t>(batch) * 3 *
                                           static_cast<std::size_t>(input_.height) *
                                           static_cast<std::size_t>(input_.width),
          "batch {} with {} values", batch, input.size());
    try {
      // A header over the caller's values: the library only reads them.
      const Ort::Value tensor = Ort::Value::CreateTensor<float>(
          memory_, const_cast<float*>(input.data()), input.size(), shape.data(), shape.size());
      if (batch != batch_)
        forget_outputs();  // Empty values are allocated by the run, then used again.
      const char* const input_name = input_.name.c_str();
      session_.Run(Ort::RunOptions{nullptr}, &input_name, &tensor, 1, name_pointers_.data(),
                   outputs_.data(), outputs_.size());
      if (batch != batch_) {
        if (auto looked = look_into_outputs(batch); !looked) return tl::unexpected(looked.error());
        batch_ = batch;
      }
    } catch (const std::exception& error) {
      forget_outputs();
      return fail(ErrorCode::Internal, fmt::format("ONNX Runtime: {}", error.what()));
    }
    return views_;
  }

 private:
  void forget_outputs() {
    batch_ = 0;
    outputs_.clear();
    for (std::size_t i = 0; i < names_.size(); ++i) outputs_.emplace_back(nullptr);
  }

  Result<void> look_into_outputs(std::int64_t batch) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto info = outputs_[i].GetTensorTypeAndShapeInfo();
      const auto shape = info.GetShape();
      if (shape.size() != 3 || shape[0] != batch ||
          info.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        return fail(
            ErrorCode::Invalid,
            fmt::format("output '{}' of the network is not float32 [{}, n, m]", names_[i], batch));
      views_[i] = {{shape[0], shape[1], shape[2]},
                   {outputs_[i].GetTensorData<float>(), info.GetElementCount()}};
    }
    return {};
  }

  Ort::Session session_;
  Ort::MemoryInfo memory_;
  InputSpec input_;
  std::vector<std::string> names_;
  std::vector<const char*> name_pointers_;  // Into names_.
  // Allocated by the first run of batch_ pictures; views_ look into them.
  std::vector<Ort::Value> outputs_;
  std::int64_t batch_ = 0;  // What outputs_ and views_ are made for; 0: nothing.
  std::vector<TensorView> views_;
};

}  // namespace

const OnnxRuntime& onnxruntime() {
  static const OnnxRuntime found = probe();
  return found;
}

Result<std::unique_ptr<Engine>> open_onnxruntime_engine(const Model& model) {
  CHECK(onnxruntime().usable, "{}", onnxruntime().reason);
  const std::string file = (model.folder / model.spec.weights_file).string();
  try {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetInterOpNumThreads(1);
    options.SetExecutionMode(ORT_SEQUENTIAL);
    Ort::Session session(environment(), model.weights.data(), model.weights.size(), options);
    if (const auto missing = missing_name(session, model.spec); !missing.empty())
      return fail(ErrorCode::Invalid, fmt::format("{}: {}", file, missing));
    return std::make_unique<OnnxRuntimeEngine>(std::move(session), model.spec);
  } catch (const std::exception& error) {
    return fail(ErrorCode::Invalid,
                fmt::format("{}: ONNX Runtime cannot load it: {}", file, error.what()));
  }
}

}  // namespace drover::models
