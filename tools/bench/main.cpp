#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <functional>
#include <map>

#include "tools/bench/benchmarks.hpp"

namespace drover::bench {
namespace {

using Benchmark = std::function<Result<std::vector<Measurement>>(const Options&)>;

const std::vector<std::pair<std::string, Benchmark>>& benchmarks() {
  static const std::vector<std::pair<std::string, Benchmark>> all{
      {"noop", noop_throughput}, {"latency", latency}, {"sleep", sleeping},
      {"memory", memory},        {"faults", faults},   {"detection", detection}};
  return all;
}

int run(const Options& options, const std::vector<std::string>& wanted, const std::string& json) {
  std::vector<Measurement> all;
  bool failed = false;
  for (const auto& [name, benchmark] : benchmarks()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    if (name == "detection" && options.images.empty()) {
      fmt::print(stderr, "detection is left out: name a folder of images with --images\n");
      continue;
    }
    fmt::print(stderr, "{} ...\n", name);
    const auto measured = benchmark(options);
    if (!measured) {
      fmt::print(stderr, "{}: {}\n", name, measured.error().context);
      failed = true;
      continue;
    }
    all.insert(all.end(), measured->begin(), measured->end());
  }
  fmt::print("{}", table_of(all));
  if (!json.empty()) std::ofstream(json) << json_of(all) << '\n';
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace drover::bench

int main(int argc, char** argv) {
  drover::bench::Options options;
  std::vector<std::string> wanted;
  std::string json;
  CLI::App app{
      "drover-bench: measures Drover on this machine. Each benchmark starts a scheduler and an "
      "agent of its "
      "own.\nExample: drover-bench noop latency --repetitions 5"};
  app.add_option("BENCHMARK", wanted,
                 "noop, latency, sleep, memory, faults, detection; all of them if none is named")
      ->check(CLI::IsMember({"noop", "latency", "sleep", "memory", "faults", "detection"}));
  app.add_option("--repetitions", options.repetitions, "How often each is measured")
      ->capture_default_str();
  app.add_option("--items", options.items, "Items of the no-op map")->capture_default_str();
  app.add_option("--images", options.images, "Folder of .jpg files for the detection benchmark");
  app.add_option("--json", json, "Write the figures into this file, too");
  CLI11_PARSE(app, argc, argv);
  return drover::bench::run(options, wanted, json);
}
