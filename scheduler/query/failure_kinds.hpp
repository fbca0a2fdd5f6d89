#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/interval_set.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// The items of a run that failed like `text`: a failure as it is shown, or a part of one. Numbers,
/// paths and quoted text in it do not count. By step.
/// Errors: NotFound with the kinds of failures that there are; Invalid where `text` is empty.
Result<std::map<std::uint32_t, IntervalSet>> failed_like(const RunId& run, const std::string& text,
                                                         Store& store);

/// What is told of a group beside an example of this key: where there are several, not that one's
/// name.
std::string text_of_group(const FailureGroup& group, const std::string& example_key);

}  // namespace drover::scheduler
