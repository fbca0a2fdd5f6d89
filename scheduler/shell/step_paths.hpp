#pragma once

#include <map>

#include "common/wire/messages.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/query/item_paths.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// Tells grants what of the whole step is in the names of result files. Found once for each step
/// whose items have keys, by reading these; a start finds the same again, as lists never change.
///
/// Threads  One at a time.
class StepPaths {
 public:
  /// Errors: those of the store. The files of such a grant could take each other's place: it must
  /// not go out.
  Result<void> fill(wire::Grant& grant, const SendGrant& order, Store& store);

  void forget(const RunId& run);

 private:
  std::map<StepRef, ItemPaths> known_;
};

}  // namespace drover::scheduler
