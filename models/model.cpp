#include "models/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "common/units.hpp"
#include "models/sha256.hpp"

namespace drover::models {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view description_file = "model.yaml";
constexpr Bytes most_description = 1_MiB;
constexpr Bytes most_weights = 2_GiB;

Result<std::string> read_file(const fs::path& path, Bytes limit) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error)
    return fail(error == std::errc::no_such_file_or_directory ? ErrorCode::NotFound
                                                              : ErrorCode::Unavailable,
                fmt::format("{}: {}", path.string(), error.message()));
  if (size > limit.count)
    return fail(ErrorCode::TooLarge,
                fmt::format("{} has {} bytes, the limit is {}", path.string(), size, limit.count));
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    return fail(ErrorCode::Unavailable,
                fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  return bytes;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The path in a `file:` URI: `file:/a`, `file:///a` and `file://localhost/a`, with %20 and the
/// like.
Result<fs::path> path_of_file_uri(const std::string& uri) {
  std::string_view rest = std::string_view(uri).substr(std::string_view("file:").size());
  if (rest.starts_with("//localhost/")) rest.remove_prefix(std::string_view("//localhost").size());
  if (rest.starts_with("///")) rest.remove_prefix(2);
  std::string path;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool escaped = rest[i] == '%' && i + 2 < rest.size() && hex_digit(rest[i + 1]) >= 0 &&
                         hex_digit(rest[i + 2]) >= 0;
    path +=
        escaped ? static_cast<char>(hex_digit(rest[i + 1]) * 16 + hex_digit(rest[i + 2])) : rest[i];
    if (escaped) i += 2;
  }
  if (!path.starts_with('/') || path.starts_with("//"))
    return fail(ErrorCode::Invalid,
                fmt::format("model '{}': expected file:///absolute/path/of/a/folder", uri));
  return fs::path(path);
}

/// Reads the weights and compares their hash; appends what is wrong.
std::string read_weights(const fs::path& folder, const ModelSpec& spec,
                         std::vector<Error>& problems) {
  const fs::path path = folder / spec.weights_file;
  auto weights = read_file(path, most_weights);
  if (!weights) {
    problems.push_back(weights.error());
    return {};
  }
  const std::string actual = sha256_hex(*weights);
  if (actual == spec.weights_sha256) return std::move(*weights);
  problems.push_back(
      {ErrorCode::Invalid,
       fmt::format(
           "{} has SHA-256 {}, but {} says {}: the file is damaged or is not the one described",
           path.string(), actual, description_file, spec.weights_sha256)});
  return {};
}

}  // namespace

fs::path builtin_models_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  fs::path installed = program.parent_path().parent_path() / "share" / "drover" / "models";
  if (!error && fs::is_directory(installed, error)) return installed;
  return DROVER_MODELS_FOLDER;
}

std::vector<std::string> builtin_models() {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(builtin_models_folder(), error), end; !error && at != end;
       at.increment(error))
    if (std::error_code ignored; fs::exists(at->path() / description_file, ignored))
      names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<fs::path> find_model(const std::string& model) {
  if (model.starts_with('/')) return fs::path(model);
  if (model.starts_with("file:")) return path_of_file_uri(model);
  if (model.find('/') != std::string::npos || model.find(':') != std::string::npos)
    return fail(
        ErrorCode::Invalid,
        fmt::format("model '{}': expected a built-in model ({}), an absolute path, or a file: URI",
                    model, fmt::join(builtin_models(), ", ")));
  const auto names = builtin_models();
  if (std::find(names.begin(), names.end(), model) != names.end())
    return builtin_models_folder() / model;
  return fail(
      ErrorCode::NotFound,
      names.empty()
          ? fmt::format("no built-in model '{}': {} holds none", model,
                        builtin_models_folder().string())
          : fmt::format("no built-in model '{}'; there is {}. A model of your own is named by the "
                        "absolute path of its folder",
                        model, fmt::join(names, ", ")));
}

std::vector<Error> find_problems(const std::string& model, Model& loaded) {
  std::vector<Error> problems;
  const auto folder = find_model(model);
  if (!folder) return {folder.error()};
  const fs::path path = *folder / description_file;
  const auto yaml = read_file(path, most_description);
  if (!yaml) return {yaml.error()};

  std::vector<SpecProblem> spec_problems;
  loaded = Model{parse_model_spec(*yaml, spec_problems), *folder, {}};
  problems.reserve(spec_problems.size());
  for (const auto& problem : spec_problems)
    problems.push_back({ErrorCode::Invalid, describe(path.string(), problem)});
  const bool weights_are_described = !loaded.spec.weights_file.empty() &&
                                     loaded.spec.weights_file.find('/') == std::string::npos &&
                                     loaded.spec.weights_sha256.size() == 64;
  if (weights_are_described) loaded.weights = read_weights(*folder, loaded.spec, problems);
  return problems;
}

Result<Model> load_model(const std::string& model) {
  Model loaded;
  const auto problems = find_problems(model, loaded);
  if (problems.empty()) return loaded;
  if (problems.size() == 1) return tl::unexpected(problems.front());
  return fail(problems.front().code,
              fmt::format("{} (and {} more)", problems.front().context, problems.size() - 1));
}

}  // namespace drover::models
