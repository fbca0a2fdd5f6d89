#pragma once

#include "agent/worker/channel.hpp"
#include "agent/worker/lease_inputs.hpp"
#include "agent/worker/list_reader.hpp"
#include "agent/worker/log_marks.hpp"
#include "agent/worker/object_cache.hpp"
#include "agent/worker/result_writer.hpp"
#include "agent/worker/task_set.hpp"

namespace drover::worker {

/// A call as the task sees it: items [first, last) of the lease.
class LeaseCall final : public sdk::Call {
 public:
  explicit LeaseCall(ListReader& lists) : lists_(lists) {}

  void begin_lease(std::span<const sdk::ArgumentView> arguments, sdk::ElementSink* sink) {
    arguments_ = arguments;
    sink_ = sink;
  }
  void select(std::size_t first, std::size_t last) {
    first_ = first;
    last_ = last;
  }
  std::size_t first() const { return first_; }

  Result<std::unique_ptr<sdk::ElementSource>> open_list(std::size_t argument) const override {
    return lists_.open(argument);
  }
  Result<std::string_view> whole_list(std::size_t argument) const override {
    return lists_.whole(argument);
  }
  sdk::ElementSink* list_sink() const override { return sink_; }

 private:
  ListReader& lists_;
  sdk::ElementSink* sink_ = nullptr;
};

class LeaseContext final : public Context {
 public:
  LeaseContext(Page& page, const LeaseCall& call) : page_(page), call_(call) {}

  void begin_lease(const Lease& lease, const LeaseInputs& inputs) {
    lease_ = &lease;
    inputs_ = &inputs;
  }
  std::size_t items() const override { return call_.count(); }
  std::string_view key(std::size_t position) override;
  std::uint64_t index(std::size_t position) const override {
    return lease_->first_item + call_.first() + position;
  }
  std::uint32_t attempt(std::size_t position) const override {
    return inputs_->attempts.empty() ? 1 : inputs_->attempts[call_.first() + position];
  }
  std::uint32_t ordinal(std::size_t position) const override {
    return inputs_->ordinals.empty() ? 1 : inputs_->ordinals[call_.first() + position];
  }
  std::string_view run() const override { return lease_->run; }
  std::string_view step() const override { return lease_->step; }
  std::string_view results() const override { return lease_->results; }
  std::string_view common_folder() const override { return lease_->common_folder; }
  void phase(std::string_view name) override { write_phase(page_.cell, name); }
  bool cancelled() const override { return stop_of(page_) == StopWhen::Cancelled; }

 private:
  Page& page_;
  const LeaseCall& call_;
  const Lease* lease_ = nullptr;
  const LeaseInputs* inputs_ = nullptr;
  std::string digits_;  // of the index, where that is the key
};

/// Runs leases one after another, call by call, in the thread it is used on.
///
/// Per call: the progress cell is written, the task is called, the clock is read once (a call
/// begins where the one before it ended), outcomes go into the page and are published by one atomic
/// store.
class LeaseRunner {
 public:
  LeaseRunner(Page& page, Channel& channel, const TaskSet& tasks, int spool);

  void run(const Lease& lease);

 private:
  /// Runs [first, last) as one call; where it fails as a whole, as halves of it. False: the
  /// lease was cancelled.
  bool call(sdk::TaskObject& task, std::uint32_t first, std::uint32_t last);
  bool begin_call(std::uint32_t first, std::uint32_t last);
  void end_call(std::uint32_t count);
  bool halve_or_fail(sdk::TaskObject& task, std::uint32_t first, std::uint32_t last);
  void run_items(const Lease& lease, const LoadedTask& task);
  /// The end of the items from `first` on that share their constants with it.
  std::uint32_t same_constants_until(std::uint32_t first, std::uint32_t last) const;
  Result<sdk::TaskObject*> object_for(const LoadedTask& task, std::uint32_t item);
  void fail_items(std::uint32_t count, const sdk::Failure& failure);
  void finish_lease(const Lease& lease);

  Page& page_;
  Channel& channel_;
  const TaskSet& tasks_;
  LogMarks marks_;
  ListReader lists_;
  PageListSink list_sink_;
  ResultWriter writer_;
  ObjectCache objects_;
  LeaseCall call_;
  LeaseContext context_;
  sdk::Outcomes outcomes_;

  // Of the lease that runs:
  std::uint32_t lease_ = 0;
  LeaseInputs inputs_;
  std::vector<std::uint32_t> column_constants_;  // constants that differ from item to item
  std::int64_t now_ns_ = 0;                      // when the last call ended
  std::optional<std::uint64_t> list_size_;       // of a list that went out in chunks
  std::int64_t peer_checked_ns_ = 0;
};

}  // namespace drover::worker
