#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/causes.hpp"
#include "common/result.hpp"
#include "drover/context.hpp"

/// What stands between a worker and a library of tasks. Authors of tasks include task.hpp instead.
///
/// A library is a shared object with one entry symbol, `drover_task_library`, which gives a
/// LibraryEntry. Its first member is the number below; the rest is read only where that fits.
namespace drover::sdk {

/// Grows with every change to this header, to context.hpp, or to what they include.
inline constexpr std::uint32_t abi_version = 3;
inline constexpr const char* entry_symbol = "drover_task_library";

inline constexpr std::size_t max_value_bytes = std::size_t{1} << 20U;  ///< Of one value or element.
inline constexpr std::size_t max_whole_list_bytes = std::size_t{64} << 20U;  ///< Read at once.

/// The elements of a list that is an argument, encoded, from the first on.
class ElementSource {
 public:
  virtual ~ElementSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Nothing at the end. What is returned is valid until the next call.
  virtual Result<std::optional<std::string_view>> next() = 0;
};

/// Takes the elements of a list that is a result, encoded, one after another.
class ElementSink {
 public:
  virtual ~ElementSink() = default;
  /// `stamp`: see Sink::push(); 0: none.
  virtual Result<void> push(std::string_view element, std::uint64_t stamp) = 0;
};

/// The encoded values of one argument for all items of a lease, or one for all of them.
struct ArgumentView {
  const char* bytes = nullptr;
  const std::uint32_t* offsets = nullptr;  ///< Of a constant: 0 and its size.
  bool is_column = false;
  bool is_list = false;  ///< A whole list that is read in chunks; there are no bytes.

  std::string_view value(std::size_t item) const {
    const std::size_t i = is_column ? item : 0;
    return {bytes + offsets[i], offsets[i + 1] - offsets[i]};
  }
};

/// One call: which items of the lease, and their arguments in the order of the signature.
class Call {
 public:
  virtual ~Call() = default;

  std::size_t count() const { return last_ - first_; }
  std::string_view value(std::size_t argument, std::size_t position) const {
    return arguments_[argument].value(first_ + position);
  }
  bool is_list(std::size_t argument) const { return arguments_[argument].is_list; }

  /// Reads a list argument in chunks, from its beginning. Requires: is_list(argument).
  virtual Result<std::unique_ptr<ElementSource>> open_list(std::size_t argument) const = 0;
  /// The list as one encoded array; valid as long as the lease.
  /// Errors: TooLarge above max_whole_list_bytes; what reading gives. Requires: is_list(argument).
  virtual Result<std::string_view> whole_list(std::size_t argument) const = 0;
  /// Where the elements of a returned list go; none: the list is the value, an encoded array.
  virtual ElementSink* list_sink() const = 0;

 protected:
  std::span<const ArgumentView> arguments_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

/// Why a call, or one item of it, gave no value.
struct Failure {
  Cause cause = Cause::UserError;
  std::string text;
  bool permanent = false;
};

/// What a call gives back: one outcome per item, in order, or one failure of the call as a whole.
class Outcomes {
 public:
  struct ItemFailure {
    std::size_t position = 0;
    Failure failure;
  };

  /// Append the encoded value of the next item to this, then say done().
  std::string& value() { return bytes_; }
  void done() { ends_.push_back(static_cast<std::uint32_t>(bytes_.size())); }
  /// The next item has no value; what was appended for it is dropped.
  void failed(Failure failure) {
    bytes_.resize(ends_.empty() ? 0 : ends_.back());
    failures_.push_back({ends_.size(), std::move(failure)});
    done();
  }
  /// The call gave nothing: an exception, or a number of results that is not that of the items.
  void call_failed(Failure failure) {
    clear();
    call_failure_ = std::move(failure);
  }
  void clear() {
    bytes_.clear();
    ends_.clear();
    failures_.clear();
    call_failure_.reset();
  }

  std::size_t size() const { return ends_.size(); }
  std::string_view value(std::size_t position) const {
    const std::size_t begin = position == 0 ? 0 : ends_[position - 1];
    return std::string_view(bytes_).substr(begin, ends_[position] - begin);
  }
  const std::vector<ItemFailure>& failures() const { return failures_; }  ///< In order.
  const std::optional<Failure>& call_failure() const { return call_failure_; }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
  std::vector<ItemFailure> failures_;
  std::optional<Failure> call_failure_;
};

/// A task that is ready to be called. Made once per worker and set of constants.
class TaskObject {
 public:
  virtual ~TaskObject() = default;
  /// Does not throw. A task that is not batched is called for one item at a time.
  virtual void call(const Call& call, Context& context, Outcomes& outcomes) = 0;
};

/// A task as its library offers it.
struct TaskDescription {
  std::string signature;                 ///< As common/types prints it.
  std::vector<std::uint32_t> constants;  ///< The arguments that `make` takes, in its order.
  /// Does not throw. Encoded constants in, in the order of `constants`.
  std::function<Result<std::unique_ptr<TaskObject>>(std::span<const std::string_view> constants)>
      make;
};

/// What the entry symbol gives. Lives as long as the library is loaded.
struct LibraryEntry {
  std::uint32_t abi = abi_version;
  const std::vector<TaskDescription>* tasks = nullptr;
  /// What an operator should know about the library on this machine ("... is missing, so ..."); may
  /// be null. Called once, when the library is loaded; does not throw.
  std::vector<std::string> (*notes)() = nullptr;
};

}  // namespace drover::sdk
