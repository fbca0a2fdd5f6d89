#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace drover {

/// What a call of a task may know about itself. Take it as the last parameter, `Context& context`.
///
/// A plain task is called for one item; a batched one for several, which are told apart by their
/// position in the spans it was given.
/// Threads  The one that the task was called on.
class Context {
 public:
  virtual ~Context() = default;

  virtual std::size_t items() const = 0;  ///< Of this call.

  /// What people call the item: its URI or name, else its index in digits.
  virtual std::string_view key(std::size_t position) = 0;
  std::string_view key() { return key(0); }

  virtual std::uint64_t index(std::size_t position) const = 0;  ///< In its step.
  std::uint64_t index() const { return index(0); }

  virtual std::uint32_t attempt(std::size_t position) const = 0;  ///< 1 for the first.
  std::uint32_t attempt() const { return attempt(0); }

  /// 1 for the first item of the step with this key, 2 for the second, ...: files that are named by
  /// keys are told apart by it.
  virtual std::uint32_t ordinal(std::size_t) const { return 1; }
  std::uint32_t ordinal() const { return ordinal(0); }

  /// The run's id, 32 hex digits; all zeros under `drover call`.
  virtual std::string_view run() const = 0;
  virtual std::string_view step() const = 0;  ///< The step's name; `call` under `drover call`.
  /// URI of the run's folder for results; it need not be there yet. `drover call` gives every call
  /// a new one below the current folder.
  virtual std::string_view results() const = 0;
  /// The longest folder that the keys of all items of the step share, where they are URIs; result
  /// files are named by the path below it (common/objects/result_key.hpp). Empty where there is
  /// none.
  virtual std::string_view common_folder() const { return {}; }

  /// Says what the call does from here on ("decode"): shown where a call is slow or dies. At most
  /// 31 bytes are kept.
  virtual void phase(std::string_view name) = 0;

  /// Whether nobody wants the result any more: a long call should return then, with any result.
  virtual bool cancelled() const = 0;
};

}  // namespace drover
