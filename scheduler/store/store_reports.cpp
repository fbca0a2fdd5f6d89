#include <fmt/format.h>

#include <algorithm>

#include "scheduler/store/parts.hpp"
#include "scheduler/store/report_reader.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {
namespace {

std::uint64_t bounded(std::uint64_t limit) { return std::min(limit, Store::max_rows); }

}  // namespace

Result<std::vector<RunRow>> Store::runs(std::uint64_t limit) {
  return checked([&] { return ReportReader(*parts_->database).runs(bounded(limit)); });
}

Result<std::vector<RunRow>> Store::unlisted_runs(std::uint64_t limit) {
  return checked([&] { return ReportReader(*parts_->database).unlisted_runs(bounded(limit)); });
}

Result<void> Store::set_listed(const RunId& run) {
  parts_->database->run("UPDATE runs SET unlisted = 0 WHERE id = ?", run);
  return parts_->database->take();
}

Result<RunRow> Store::run(std::string_view id) {
  const bool hex = id.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (id.empty() || id.size() > 32 || !hex) {
    return fail(ErrorCode::Invalid,
                fmt::format("'{}' is not the id of a run, nor the beginning of one: up to 32 hex "
                            "digits",
                            id));
  }
  auto found = checked([&] { return ReportReader(*parts_->database).runs_beginning(id); });
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->empty()) return fail(ErrorCode::NotFound, fmt::format("no run begins with '{}'", id));
  if (found->size() > 1) {
    return fail(ErrorCode::Invalid,
                fmt::format("several runs begin with '{}', among them {} and {}: give more digits",
                            id, to_string(found->at(0).run), to_string(found->at(1).run)));
  }
  return std::move(found->front());
}

Result<std::vector<StepRow>> Store::steps(const RunId& run) {
  return of_run(run, [this](std::int64_t row) {
    return ReportReader(*parts_->database).steps(row, parts_->indices);
  });
}

Result<ItemCounts> Store::counts(const StepRef& step) {
  return of_step(step, [](const StepIndex& index) { return counts_of(index); });
}

Result<std::vector<FailureGroup>> Store::failure_groups(const RunId& run) {
  return of_run(run, [this](std::int64_t row) {
    return ReportReader(*parts_->database).failure_groups(row);
  });
}

Result<std::vector<EventRow>> Store::events(const RunId& run, std::uint64_t limit) {
  return of_run(run, [&](std::int64_t row) {
    return ReportReader(*parts_->database).events(row, bounded(limit));
  });
}

Result<std::vector<ItemRow>> Store::read_items(const StepRef& step, std::optional<ItemState> state,
                                               ItemIndex first, std::uint64_t limit) {
  return of_step(step, [&](const StepIndex& index) {
    return ItemReader(*parts_->database, index, parts_->values(index))
        .items(state, first, bounded(limit));
  });
}

Result<std::vector<ItemRow>> Store::find_failed(const StepRef& step, std::string_view signature,
                                                ItemIndex first, std::uint64_t limit) {
  return of_step(step, [&](const StepIndex& index) {
    return ItemReader(*parts_->database, index, parts_->values(index))
        .failed(signature, first, bounded(limit));
  });
}

Result<std::vector<AttemptRow>> Store::read_attempts(const StepRef& step, ItemIndex item) {
  return of_step(step, [&](const StepIndex& index) {
    if (item >= index.count) {
      parts_->database->refuse(
          ErrorCode::NotFound,
          fmt::format("there is no item {}: the step has {}", item, index.count));
      return std::vector<AttemptRow>{};
    }
    return ItemReader(*parts_->database, index, parts_->values(index)).attempts(item);
  });
}

}  // namespace drover::scheduler
