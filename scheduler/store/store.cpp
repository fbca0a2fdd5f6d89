#include "scheduler/store/store.hpp"

#include <utility>

#include "common/clock.hpp"
#include "scheduler/store/disk_room.hpp"
#include "scheduler/store/list_reader.hpp"
#include "scheduler/store/loader.hpp"
#include "scheduler/store/parts.hpp"
#include "scheduler/store/writer.hpp"

namespace drover::scheduler {
namespace {

constexpr int checkpoint_pages = 2000;

std::int64_t system_milliseconds() { return wall_now().milliseconds; }

}  // namespace

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& state_folder, StoreOptions options) {
  auto lock = FolderLock::take(state_folder);
  if (!lock) return tl::unexpected<Error>(lock.error());
  auto database = open_database(state_folder, options);
  if (!database) return tl::unexpected<Error>(database.error());
  if (!options.wall_clock) options.wall_clock = system_milliseconds;
  return Store(std::make_unique<Parts>(std::move(*lock), std::move(options), std::move(*database)));
}

Result<Store> Store::open_in_memory(StoreOptions options) {
  auto database = open_memory_database(options);
  if (!database) return tl::unexpected<Error>(database.error());
  if (!options.wall_clock) options.wall_clock = system_milliseconds;
  return Store(std::make_unique<Parts>(std::nullopt, std::move(options), std::move(*database)));
}

Result<Stored> Store::load(std::int64_t wall_clock_milliseconds) {
  parts_->forget();
  Database& database = *parts_->database;
  database.run("UPDATE store SET epoch = max(epoch + 1, ?) WHERE one = 1", wall_clock_milliseconds);
  return checked([&] { return read_stored(database); });
}

Result<void> Store::apply(std::span<const Save> saves) {
  Database& database = *parts_->database;
  database.run("BEGIN IMMEDIATE");
  Writer writer(database, parts_->numbers, parts_->options.wall_clock());
  for (const Save& save : saves) {
    if (!database.ok()) break;
    writer.write(save);
    parts_->changed(save);
  }
  writer.finish();
  database.run("COMMIT");
  if (!database.ok()) {
    database.roll_back();
    parts_->forget();
    return database.take();
  }
  database.checkpoint_from(checkpoint_pages);
  return database.take();
}

bool Store::is_in_place() const { return !parts_->lock || parts_->lock->is_in_place(); }

Result<void> Store::has_room_for_runs() const {
  return parts_->lock ? check_room(parts_->lock->folder()) : Result<void>();
}

Result<void> Store::reset() {
  parts_->forget();
  delete_everything(*parts_->database);
  return parts_->database->take();
}

Result<StoredRun> Store::stored_run(const RunId& run) {
  return of_run(run, [this](std::int64_t row) { return read_run(*parts_->database, row); });
}

Result<std::uint64_t> Store::list_size(const StepRef& step, Part part) {
  return of_step(step, [&](const StepIndex& index) {
    return ListReader(*parts_->database, parts_->segments, index, parts_->values(index)).size(part);
  });
}

Result<Columns> Store::read_list(const StepRef& step, Part part, std::uint64_t first,
                                 const ReadLimit& limit, const KeyOfItem& key_of) {
  return of_step(step, [&](const StepIndex& index) {
    return ListReader(*parts_->database, parts_->segments, index, parts_->values(index))
        .read(part, first, limit, key_of);
  });
}

Result<std::vector<std::uint64_t>> Store::read_stamps(const StepRef& step, Range elements) {
  return of_step(step, [&](const StepIndex& index) {
    return ListReader(*parts_->database, parts_->segments, index, parts_->values(index))
        .stamps(elements);
  });
}

Result<std::vector<bool>> Store::read_moved(const StepRef& step, Part part, Range elements) {
  return of_step(step, [&](const StepIndex& index) {
    return ListReader(*parts_->database, parts_->segments, index, parts_->values(index))
        .moved(part, elements);
  });
}

Result<std::string> Store::read_value(const StepRef& step) {
  return of_step(step, [&](const StepIndex& index) {
    return ListReader(*parts_->database, parts_->segments, index, parts_->values(index)).single();
  });
}

}  // namespace drover::scheduler
