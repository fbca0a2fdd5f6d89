#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/ids.hpp"
#include "common/wire/messages.hpp"

namespace drover::sim {

/// What truly happened, known to the simulation alone; what the cores say of it is checked against
/// this.
struct Facts {
  std::set<std::pair<LeaseId, ItemIndex>> died_alone;  ///< Calls of one item that ended in a death.
  std::set<std::pair<LeaseId, ItemIndex>>
      refused;                        ///< First items of grants whose input was refused.
  std::map<LeaseId, StepRef> leases;  ///< Every lease that was ever granted.
  std::map<std::tuple<StepRef, OpeningId, ItemIndex>, int> starts;
  std::set<RunId> cancel_asked;
  struct Read {
    StepRef reader;
    OpeningId opening;  ///< Of the reader.
    wire::ListArgument list;
    std::vector<std::string> values;
  };
  std::vector<Read> reads;  ///< Whole lists, as workers got them chunk by chunk.
};

}  // namespace drover::sim
