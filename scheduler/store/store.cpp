#include "scheduler/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/clock.hpp"
#include "scheduler/store/list_reader.hpp"
#include "scheduler/store/loader.hpp"
#include "scheduler/store/parts.hpp"
#include "scheduler/store/writer.hpp"

namespace drover::scheduler {
namespace {

constexpr int checkpoint_pages = 2000;

std::int64_t system_milliseconds() { return wall_now().milliseconds; }

tl::unexpected<Error> error_of(Database& database) {
  return tl::unexpected<Error>(database.take().error());
}

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
  Stored stored = read_stored(database);
  if (!database.ok()) return error_of(database);
  return stored;
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

Result<void> Store::reset() {
  parts_->forget();
  delete_everything(*parts_->database);
  return parts_->database->take();
}

Result<StoredRun> Store::stored_run(const RunId& run) {
  Database& database = *parts_->database;
  const auto row = parts_->numbers.run(run);
  if (!database.ok()) return error_of(database);
  if (!row) return fail(ErrorCode::NotFound, "no run " + to_string(run));
  StoredRun stored = read_run(database, *row);
  if (!database.ok()) return error_of(database);
  return stored;
}

Result<std::int64_t> Store::find_step(const StepRef& step) {
  const auto row = parts_->numbers.step(step);
  if (!parts_->database->ok()) return error_of(*parts_->database);
  if (!row) {
    return fail(ErrorCode::NotFound,
                fmt::format("run {} has no step {}", to_string(step.run), step.step));
  }
  return *row;
}

Result<std::uint64_t> Store::list_size(const StepRef& step, Part part) {
  const auto row = find_step(step);
  if (!row) return tl::unexpected<Error>(row.error());
  Database& database = *parts_->database;
  const auto index = parts_->indices.of(*row);
  if (!index) return error_of(database);
  const std::uint64_t size = ListReader(database, parts_->segments, *index).size(part);
  if (!database.ok()) return error_of(database);
  return size;
}

Result<Columns> Store::read_list(const StepRef& step, Part part, std::uint64_t first,
                                 const ReadLimit& limit, const KeyOfItem& key_of) {
  const auto row = find_step(step);
  if (!row) return tl::unexpected<Error>(row.error());
  Database& database = *parts_->database;
  const auto index = parts_->indices.of(*row);
  if (!index) return error_of(database);
  Columns elements =
      ListReader(database, parts_->segments, *index).read(part, first, limit, key_of);
  if (!database.ok()) return error_of(database);
  return elements;
}

Result<std::string> Store::read_value(const StepRef& step) {
  const auto row = find_step(step);
  if (!row) return tl::unexpected<Error>(row.error());
  Database& database = *parts_->database;
  const auto index = parts_->indices.of(*row);
  if (!index) return error_of(database);
  if (index->list) {
    return fail(ErrorCode::Invalid, fmt::format("step {} of run {} returned a list, which is read "
                                                "in parts",
                                                step.step, to_string(step.run)));
  }
  if (!index->of(ItemFate::Done).contains(0)) {
    return fail(ErrorCode::NotFound,
                fmt::format("step {} of run {} has no value", step.step, to_string(step.run)));
  }
  Columns value = ListReader(database, parts_->segments, *index).read(Part::All, 0, {1, 1}, {});
  if (!database.ok()) return error_of(database);
  return std::string(value.value(0));
}

}  // namespace drover::scheduler
