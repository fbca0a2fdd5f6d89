#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "scheduler/store/folder_lock.hpp"
#include "scheduler/store/open_database.hpp"
#include "scheduler/store/row_numbers.hpp"
#include "scheduler/store/segment_reader.hpp"
#include "scheduler/store/step_index.hpp"
#include "scheduler/store/step_values.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// What a Store is made of. All but the database can be forgotten at any time.
struct Store::Parts {
  Parts(std::optional<FolderLock> lock_, StoreOptions options_, std::unique_ptr<Database> database_)
      : lock(std::move(lock_)),
        options(std::move(options_)),
        database(std::move(database_)),
        numbers(*database),
        segments(*database),
        indices(*database) {}

  std::optional<FolderLock> lock;  // Held until the database is closed.
  StoreOptions options;
  std::unique_ptr<Database> database;
  RowNumbers numbers;
  SegmentReader segments;
  StepIndices indices;

  void forget() {
    numbers.forget();
    segments.forget();
    indices.forget();
  }

  /// Reads the results of a step's items.
  StepValues values(const StepIndex& step) { return {*database, segments, indices, step}; }

  /// Forgets what `save` makes untrue.
  void changed(const Save& save) {
    if (std::holds_alternative<SaveList>(save.what)) segments.forget();
    if (std::holds_alternative<SaveTakeOver>(save.what)) indices.forget();
    std::visit(
        [this](const auto& what) {
          if constexpr (requires { what.step; }) {
            if (const auto row = numbers.step(what.step)) indices.changed(*row);
          }
        },
        save.what);
  }
};

template <class Read>
auto Store::checked(Read read) -> Result<decltype(read())> {
  auto value = read();
  if (auto done = parts_->database->take(); !done) return tl::unexpected<Error>(done.error());
  return value;
}

template <class Read>
auto Store::of_run(const RunId& run, Read read) {
  using Value = decltype(read(std::int64_t{}));
  const auto row = parts_->numbers.run(run);
  if (!row && parts_->database->ok()) {
    return Result<Value>(fail(ErrorCode::NotFound, "there is no run " + to_string(run)));
  }
  return checked([&] { return row ? read(*row) : Value{}; });
}

template <class Read>
auto Store::of_step(const StepRef& step, Read read) {
  using Value = decltype(read(std::declval<const StepIndex&>()));
  const auto row = parts_->numbers.step(step);
  if (!row && parts_->database->ok()) {
    return Result<Value>(fail(ErrorCode::NotFound, fmt::format("there is no step {} in run {}",
                                                               step.step, to_string(step.run))));
  }
  const auto index = row ? parts_->indices.of(*row) : nullptr;
  return checked([&] { return index ? read(*index) : Value{}; });
}

}  // namespace drover::scheduler
