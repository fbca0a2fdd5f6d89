#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "models/model.hpp"

namespace drover::models {

/// A folder of this test with the built-in model's description and (by link) weights, to break in
/// one place.
class ModelFolder {
 public:
  explicit ModelFolder(const std::string& name)
      : path_(std::filesystem::path(::testing::TempDir()) / ("drover model " + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
    const auto built_in = builtin_models_folder() / "nanodet-g-416";
    std::filesystem::create_symlink(built_in / "model.onnx", path_ / "model.onnx");
    std::ostringstream text;
    text << std::ifstream(built_in / "model.yaml").rdbuf();
    description_ = text.str();
    write_description();
  }
  ~ModelFolder() { std::filesystem::remove_all(path_); }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  /// Replaces the first `from` of the description.
  ModelFolder& replace(const std::string& from, const std::string& to) {
    const auto at = description_.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    description_.replace(at, from.size(), to);
    write_description();
    return *this;
  }
  void write_weights(const std::string& bytes) {
    std::filesystem::remove(path_ / "model.onnx");
    std::ofstream(path_ / "model.onnx", std::ios::binary) << bytes;
  }
  const std::filesystem::path& path() const { return path_; }
  const std::string& description() const { return description_; }

 private:
  void write_description() { std::ofstream(path_ / "model.yaml") << description_; }

  std::filesystem::path path_;
  std::string description_;
};

}  // namespace drover::models
