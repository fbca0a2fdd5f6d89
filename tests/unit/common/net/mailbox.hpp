#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace drover::net::testing {

constexpr std::chrono::seconds patience{20};  // reached only where a test fails

/// What handlers put in from their thread, for the test to wait for.
template <class T>
class Mailbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    arrived_.notify_all();
  }
  /// The oldest that was not taken; nothing where none comes for `time`.
  std::optional<T> take(std::chrono::milliseconds time = patience) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, time, [&] { return !values_.empty(); })) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> values_;
};

}  // namespace drover::net::testing
