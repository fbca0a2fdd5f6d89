#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "scheduler/store/folder_lock.hpp"
#include "scheduler/store/open_database.hpp"
#include "scheduler/store/row_numbers.hpp"
#include "scheduler/store/segment_reader.hpp"
#include "scheduler/store/step_index.hpp"
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

}  // namespace drover::scheduler
