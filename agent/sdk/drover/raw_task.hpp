#pragma once

#include <string>

#include "drover/task.hpp"

/// Tasks over encoded values, for signatures that C++ types cannot write: those with type
/// variables.
namespace drover::sdk {

/// What such a task may do: read its arguments, write a value or a list.
class RawCall {
 public:
  RawCall(const Call& call, std::string& value) : call_(call), value_(value) {}

  /// The elements of argument `argument`, however they come.
  Result<std::unique_ptr<ElementSource>> elements(std::size_t argument) const {
    if (call_.is_list(argument)) return call_.open_list(argument);
    return std::make_unique<ArraySource>(call_.value(argument, 0));
  }
  /// Appends one element to the list that is returned.
  Result<void> push(std::string_view element) {
    return (call_.list_sink() != nullptr ? *call_.list_sink() : array_).push(element, 0);
  }
  /// The encoded value that is returned, for tasks that return no list.
  std::string& value() { return value_; }

  void end_list() {
    if (call_.list_sink() == nullptr) array_.append_to(value_);
  }

 private:
  const Call& call_;
  std::string& value_;
  ArraySink array_;
};

class RawTask final : public TaskObject {
 public:
  using Function = Result<void> (*)(RawCall&);
  RawTask(Function function, bool returns_list)
      : function_(function), returns_list_(returns_list) {}

  void call(const Call& call, Context&, Outcomes& outcomes) override {
    guarded(outcomes, [&] {
      RawCall raw(call, outcomes.value());
      if (auto done = function_(raw); !done) {
        outcomes.failed(failure_of(done.error()));
        return;
      }
      if (returns_list_) raw.end_list();
      outcomes.done();
    });
  }

 private:
  Function function_;
  bool returns_list_;
};

inline bool add_raw(RawTask::Function function, std::string signature, bool returns_list) {
  TaskDescription task;
  task.signature = std::move(signature);
  task.make = [=](std::span<const std::string_view>) -> Result<std::unique_ptr<TaskObject>> {
    return std::make_unique<RawTask>(function, returns_list);
  };
  own_tasks().push_back(std::move(task));
  return true;
}

}  // namespace drover::sdk
