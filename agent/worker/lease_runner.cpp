#include "agent/worker/lease_runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/worker/clock.hpp"
#include "common/types/packed.hpp"
#include "drover/error.hpp"

namespace drover::worker {
namespace {

/// Items in a call where the lease leaves their number to the task.
constexpr std::uint32_t default_batch = 32;
constexpr std::int64_t check_peer_every_ns = 1'000'000'000;

sdk::Failure failure_of(const Error& error) {
  return {Cause::UserError, error.context, is_permanent(error.code)};
}

}  // namespace

std::string_view LeaseContext::key(std::size_t position) {
  if (lease_->key_argument && *lease_->key_argument < inputs_->arguments.size()) {
    packed::Reader reader(call_.value(*lease_->key_argument, position));
    std::string_view text;
    if (reader.read_str(text)) return text;
  }
  digits_ = std::to_string(index(position));
  return digits_;
}

LeaseRunner::LeaseRunner(Page& page, Channel& channel, const TaskSet& tasks, int spool)
    : page_(page),
      channel_(channel),
      tasks_(tasks),
      marks_(spool),
      lists_(page, channel),
      list_sink_(page, channel),
      writer_(page.results, channel),
      call_(lists_),
      context_(page, call_) {}

void LeaseRunner::run(const Lease& lease) {
  lease_ = lease.lease;
  writer_.begin_lease(lease.lease);
  list_sink_.begin_lease(lease.lease);
  lists_.begin_lease(lease);
  list_size_.reset();
  now_ns_ = now_ns();
  marks_.begin_lease(now_ns_);

  auto inputs = LeaseInputs::of(lease, page_);
  const LoadedTask* task = tasks_.find(lease.task);
  if (!inputs) {
    fail_items(lease.items, {Cause::Input, inputs.error().context, false});
  } else if (task == nullptr || task->hash != lease.signature ||
             lease.arguments.size() != task->signature.args.size()) {
    fail_items(lease.items,
               {Cause::Input,
                fmt::format(
                    "this worker has no task '{}' with the signature that the run was checked with",
                    lease.task),
                false});
  } else {
    inputs_ = std::move(*inputs);
    const bool in_chunks = lease.list_in_chunks && task->signature.returns.is(Type::Kind::List);
    call_.begin_lease(inputs_.arguments, in_chunks ? &list_sink_ : nullptr);
    context_.begin_lease(lease, inputs_);
    run_items(lease, *task);
  }
  finish_lease(lease);
}

void LeaseRunner::run_items(const Lease& lease, const LoadedTask& task) {
  column_constants_.clear();
  for (const auto argument : task.description.constants) {
    if (inputs_.arguments[argument].is_column) column_constants_.push_back(argument);
  }
  std::uint32_t step = 1;
  if (task.signature.batched) step = lease.largest_batch > 0 ? lease.largest_batch : default_batch;

  Result<sdk::TaskObject*> object = nullptr;
  for (std::uint32_t first = 0; first < lease.items;) {
    std::uint32_t last = std::min(lease.items, first + std::min(step, lease.items));
    if (first == 0 || !column_constants_.empty()) {
      last = same_constants_until(first, last);
      // Making an object is part of the first call that needs it: it may crash or hang too.
      if (!begin_call(first, last)) return;
      write_phase(page_.cell, "prepare");
      object = object_for(task, first);
      now_ns_ = now_ns();  // What is made once is no item's duration.
    }
    if (object) {
      if (!call(**object, first, last)) return;
    } else {
      // The same constants give the same error: no other item needs to try.
      if (column_constants_.empty()) last = lease.items;
      fail_items(last - first, failure_of(object.error()));
    }
    first = last;
  }
}

std::uint32_t LeaseRunner::same_constants_until(std::uint32_t first, std::uint32_t last) const {
  for (std::uint32_t item = first + 1; item < last; ++item) {
    const bool same = std::all_of(column_constants_.begin(), column_constants_.end(),
                                  [&](std::uint32_t argument) {
                                    const auto& view = inputs_.arguments[argument];
                                    return view.value(item) == view.value(first);
                                  });
    if (!same) return item;
  }
  return last;
}

Result<sdk::TaskObject*> LeaseRunner::object_for(const LoadedTask& task, std::uint32_t item) {
  std::vector<std::string_view> constants;
  for (const auto argument : task.description.constants) {
    const auto& view = inputs_.arguments[argument];
    auto value = view.is_list ? lists_.whole(argument) : Result<std::string_view>(view.value(item));
    if (!value) return tl::unexpected(std::move(value.error()));
    constants.push_back(*value);
  }
  return objects_.get(task, constants);
}

bool LeaseRunner::begin_call(std::uint32_t first, std::uint32_t last) {
  if (stop_of(page_) != StopWhen::Never) return false;
  write_progress(page_.cell, lease_, first, last, now_ns_);
  return true;
}

bool LeaseRunner::call(sdk::TaskObject& task, std::uint32_t first, std::uint32_t last) {
  if (!begin_call(first, last)) return false;
  outcomes_.clear();
  call_.select(first, last);
  task.call(call_, context_, outcomes_);
  if (outcomes_.call_failure()) return halve_or_fail(task, first, last);
  if (outcomes_.size() != last - first) {
    outcomes_.call_failed({Cause::UserError, "the task gave a wrong number of results", true});
    return halve_or_fail(task, first, last);
  }
  // The rest of a list goes out before its outcome takes its place in the page.
  if (call_.list_sink() != nullptr && outcomes_.failures().empty())
    list_size_ = list_sink_.finish();
  end_call(last - first);
  return true;
}

void LeaseRunner::end_call(std::uint32_t count) {
  const std::int64_t end_ns = now_ns();
  const float seconds = static_cast<float>(end_ns - now_ns_) * 1e-9F / static_cast<float>(count);
  const std::uint64_t log_end = marks_.after_call(end_ns);
  now_ns_ = end_ns;
  auto failure = outcomes_.failures().begin();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t item_log_end = i + 1 == count ? log_end : unknown_offset;
    if (failure != outcomes_.failures().end() && failure->position == i) {
      writer_.store_failure((failure++)->failure, seconds, item_log_end);
    } else {
      writer_.store_value(outcomes_.value(i), seconds, item_log_end);
    }
  }
  writer_.publish();
  if (writer_.waited()) now_ns_ = now_ns();
  if (end_ns - peer_checked_ns_ > check_peer_every_ns) {
    peer_checked_ns_ = end_ns;
    channel_.check_peer();
  }
}

bool LeaseRunner::halve_or_fail(sdk::TaskObject& task, std::uint32_t first, std::uint32_t last) {
  if (last - first == 1) {
    const sdk::Failure failure = *outcomes_.call_failure();
    outcomes_.clear();
    outcomes_.failed(failure);
    end_call(1);
    return true;
  }
  // A call of several items that fails says nothing about any of them.
  now_ns_ = now_ns();
  const std::uint32_t middle = first + (last - first) / 2;
  return call(task, first, middle) && call(task, middle, last);
}

void LeaseRunner::fail_items(std::uint32_t count, const sdk::Failure& failure) {
  for (std::uint32_t i = 0; i < count; ++i) writer_.store_failure(failure, 0, unknown_offset);
  writer_.publish();
  now_ns_ = now_ns();
}

void LeaseRunner::finish_lease(const Lease& lease) {
  write_progress(page_.cell, 0, 0, 0, now_ns_);
  LogMarks::flush();
  channel_.send(packet_of(FromWorker(LeaseEnded{lease.lease, writer_.done(), list_size_})));
}

}  // namespace drover::worker
