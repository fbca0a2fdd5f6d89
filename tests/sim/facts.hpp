#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "common/ids.hpp"

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
};

}  // namespace drover::sim
