#pragma once

#include <string>
#include <vector>

namespace drover::bench {

/// One figure of a benchmark: the median of its repetitions, and all of them.
struct Measurement {
  std::string name;    ///< `no-op map`
  std::string figure;  ///< `items per second`
  double median = 0;
  std::vector<double> all;
  std::string target;  ///< What is asked for, in words; empty where nothing is.
  bool met = true;
};

double median_of(std::vector<double> values);  ///< Requires: not empty.

Measurement measurement(std::string name, std::string figure, std::vector<double> all);
/// As above, judged: `met` where the median is at least (at most) `bound`.
Measurement at_least(std::string name, std::string figure, std::vector<double> all, double bound);
Measurement at_most(std::string name, std::string figure, std::vector<double> all, double bound);

std::string table_of(const std::vector<Measurement>& measurements);
std::string json_of(const std::vector<Measurement>& measurements);

}  // namespace drover::bench
