#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "scheduler/core/explain.hpp"

/// Explanations in words. Whatever holds an item is a slot here: how work is granted is nobody's
/// concern.
namespace drover::scheduler {

/// What things are called towards this reader.
struct Wording {
  std::string item_word = "item";
  std::function<std::string(const RunId&)> run_name;  ///< Its short id.
};

/// Stable, for programs: `no_gpu`, `concurrency`, `back_off`, ...
std::string_view code_of(const WhyWaiting& reason);

/// Slots or items that the reason is about; 0 where that says nothing.
std::uint64_t count_of(const WhyWaiting& reason);

/// One line without a full stop: `12 slots cannot run it: no GPU, the step needs gpu: 1`.
std::string text_of(const WhyWaiting& reason, const Wording& wording);

/// All of them in one line, `; ` between.
std::string text_of(const std::vector<WhyWaiting>& reasons, const Wording& wording);

/// The way out, or nothing: `to allow CPUs too:  resources: {gpu: preferred}`.
std::string hint_of(const WhyWaiting& reason);

}  // namespace drover::scheduler
