#pragma once

#include <string>
#include <vector>

#include "common/units.hpp"

namespace drover::sim {

/// One thing that happened, or one effect of what stands before it.
struct Line {
  Instant when;
  std::string who;
  std::string what;
  bool effect = false;
};
using History = std::vector<Line>;

std::string text_of(const Line& line);

/// What a person needs to see: without heartbeats, alarms and messages that changed nothing.
struct Digest {
  std::size_t events = 0;
  std::string text;  ///< Lines; epochs are named E1, E2, ... as they appear.
};
Digest digest_of(const History& history);

}  // namespace drover::sim
