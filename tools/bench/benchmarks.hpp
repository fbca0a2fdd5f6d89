#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "common/result.hpp"
#include "tools/bench/measurement.hpp"

/// Each benchmark starts its own scheduler and agent. Errors: what kept it from measuring.
namespace drover::bench {

struct Options {
  std::uint32_t repetitions = 5;
  std::uint64_t items = 10'000'000;  ///< Of the no-op map.
  std::filesystem::path
      images;  ///< Folder for the detection benchmark; without it that one is left out.
};

/// Items per second of a no-op map, from the opening of the map step to its end, every result
/// committed.
Result<std::vector<Measurement>> noop_throughput(const Options& options);

/// Submit to result of a run of one no-op item, on a warm system, as a client sees it.
Result<std::vector<Measurement>> latency(const Options& options);

/// Items of 10 ms against a bare loop of two processes that sleeps as often, in turn.
Result<std::vector<Measurement>> sleeping(const Options& options);

/// The scheduler's peak memory at `items` above that at 100,000.
Result<std::vector<Measurement>> memory(const Options& options);

/// Images per second against a bare loop of two processes over the same images with the same code,
/// in turn.
Result<std::vector<Measurement>> detection(const Options& options);

/// What it costs when a worker, the agent or the scheduler is killed in mid-run, and when items
/// kill their workers: seconds added to an undisturbed run, in turn, and good items that ran twice.
Result<std::vector<Measurement>> faults(const Options& options);

}  // namespace drover::bench
