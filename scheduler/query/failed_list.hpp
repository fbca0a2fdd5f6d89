#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "scheduler/query/stored_plan.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// The failed items of a run as lines of JSON, for the file beside its results: what `drover items
/// --state failed` shows, for programs and for when the scheduler is gone. docs/cli.md has the
/// fields.
///
/// Made a page at a time, so that whoever owns the store can do other things in between.
class FailedList {
 public:
  static constexpr const char* file_name = "failed.jsonl";
  static constexpr std::uint64_t most_lines =
      100'000;  ///< Then one line more says what is left out.

  /// `words` follow the name of each command: ` --state DIR`, where commands need it.
  FailedList(const RunId& run, std::string words) : run_(run), words_(std::move(words)) {}

  /// Adds up to a thousand items; true once all are there. `plans` may be null.
  Result<bool> add_page(Store& store, StoredPlans* plans);

  const RunId& run() const { return run_; }
  const std::string& text() const { return text_; }

 private:
  void add_rest(const std::string& step, std::uint64_t failed);

  RunId run_;
  std::string words_;
  std::string text_;
  std::uint32_t step_ = 0;
  ItemIndex next_ = 0;
  std::uint64_t of_step_ = 0;  // lines
  std::uint64_t lines_ = 0;
};

}  // namespace drover::scheduler
