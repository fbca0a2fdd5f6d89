#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>

#include "agent/vision/detector.hpp"
#include "agent/vision/draw.hpp"
#include "common/objects/object_store.hpp"
#include "tools/bench/bare_loop.hpp"
#include "tools/bench/benchmarks.hpp"
#include "tools/bench/pool.hpp"

namespace drover::bench {
namespace {

constexpr std::uint32_t processes = 2;

constexpr const char* naps_workflow = R"(
workflow: naps
inputs:
  count: int
  milliseconds: float
steps:
  numbers:
    task: sequence
    with: {count: $count}
  naps:
    task: sleep
    each: {value: $numbers}
    with: {milliseconds: $milliseconds}
)";
constexpr std::uint64_t naps = 2'000;
constexpr double nap_milliseconds = 10;

constexpr const char* detection_workflow = R"(
workflow: detection
item: image
inputs:
  images: uri
results: uri = ./results
steps:
  listing:
    task: list_objects
    with: {prefix: $images, suffixes: [.jpg]}
  detections:
    task: detect
    each: {image: $listing}
    with: {model: nanodet-g-416, draw: true}
    allow_failed: 1%
)";

/// As the task `sleep` sleeps: the rest after an interruption, too.
void nap() {
  timespec left{0, static_cast<long>(nap_milliseconds * 1e6)};
  while (::nanosleep(&left, &left) != 0) {
  }
}

Result<double> bare_naps() {
  return bare_loop(processes,
                   [](std::uint64_t first, std::uint64_t step, const std::function<void()>& ready) {
                     ready();
                     for (std::uint64_t i = first; i < naps; i += step) nap();
                     return true;
                   });
}

std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> images;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") images.push_back(entry.path());
  }
  std::sort(images.begin(), images.end());
  return images;
}

/// What the task `detect` does with one image, without Drover around it: the same detector, the
/// same files.
void detect_bare(const std::filesystem::path& image, vision::Detector& detector,
                 vision::JpegEncoder& encoder, ObjectStore& store,
                 const std::filesystem::path& results) {
  std::ifstream file(image, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const std::string text = bytes.str();
  auto found = detector.detect({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (!found) return;  // A broken image is a broken image there, too.
  found->image = image.filename().string();
  vision::draw_boxes(detector.picture(), found->boxes);
  const auto folder = parse_uri(results.string());
  if (!folder) return;
  const auto write = [&](const std::string& suffix, std::string_view contents) {
    (void)store.create(*folder, image.filename().string() + suffix, contents, Durability::Machine);
  };
  if (const auto jpeg = encoder.encode(detector.picture())) {
    write(".boxes.jpg", {reinterpret_cast<const char*>(jpeg->data()), jpeg->size()});
  }
  write(".json", vision::to_json(*found) + "\n");
}

Result<double> bare_detection(const std::vector<std::filesystem::path>& images,
                              const std::filesystem::path& results) {
  return bare_loop(
      processes, [&](std::uint64_t first, std::uint64_t step, const std::function<void()>& ready) {
        auto detector = vision::Detector::load("nanodet-g-416");
        if (!detector) return false;
        vision::JpegEncoder encoder;
        const auto store = make_object_store();
        ready();
        for (std::uint64_t i = first; i < images.size(); i += step) {
          detect_bare(images[i], *detector, encoder, *store, results);
        }
        return true;
      });
}

}  // namespace

Result<std::vector<Measurement>> sleeping(const Options& options) {
  auto pool = Pool::start(processes);
  if (!pool) return tl::unexpected(pool.error());
  std::vector<double> over;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const auto bare = bare_naps();
    if (!bare) return tl::unexpected(bare.error());
    const auto run = (*pool)->run(
        naps_workflow,
        {{"count", std::to_string(naps)}, {"milliseconds", fmt::format("{}", nap_milliseconds)}});
    if (!run) return tl::unexpected(run.error());
    over.push_back((step_named(*run, "naps").seconds / *bare - 1) * 100);
  }
  return std::vector{at_most("items that sleep 10 ms, over a bare loop", "percent more time",
                             std::move(over), 0.5)};
}

Result<std::vector<Measurement>> detection(const Options& options) {
  const auto images = images_in(options.images);
  if (images.empty())
    return fail(ErrorCode::NotFound, fmt::format("no .jpg in {}", options.images.string()));
  auto pool = Pool::start(processes);
  if (!pool) return tl::unexpected(pool.error());
  const auto once = [&](std::uint32_t i) -> Result<std::pair<double, double>> {
    const auto run = (*pool)->run(detection_workflow,
                                  {{"images", std::filesystem::absolute(options.images).string()}});
    if (!run) return tl::unexpected(run.error());
    const auto bare = bare_detection(images, (*pool)->folder() / fmt::format("bare-{}", i));
    if (!bare) return tl::unexpected(bare.error());
    return std::pair{step_named(*run, "detections").seconds, *bare};
  };
  if (auto warm = once(~0U); !warm)
    return tl::unexpected(warm.error());  // Workers load the model once.
  std::vector<double> share;
  std::vector<double> rate;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const auto seconds = once(i);
    if (!seconds) return tl::unexpected(seconds.error());
    share.push_back(100 * seconds->second / seconds->first);
    rate.push_back(static_cast<double>(images.size()) / seconds->first);
  }
  return std::vector{
      measurement("detection with 2 slots", "images per second", std::move(rate)),
      at_least("detection with 2 slots", "percent of a bare loop's rate", std::move(share), 97)};
}

}  // namespace drover::bench
