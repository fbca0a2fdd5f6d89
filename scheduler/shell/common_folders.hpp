#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scheduler/core/effect.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// The longest folder that all keys of a step share, so that a result file can be named by the rest
/// of its item's path. Found once for each step, by reading its list.
class CommonFolders {
 public:
  /// With a closing slash; empty where the step's keys are not from a list of a step, or share no
  /// folder.
  std::string of(const SendGrant& order, Store& store);

  void forget(const RunId& run);

 private:
  std::map<StepRef, std::string> known_;
};

/// The longest prefix of both that ends in a slash.
std::string_view common_folder(std::string_view a, std::string_view b);

}  // namespace drover::scheduler
