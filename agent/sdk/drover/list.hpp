#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "common/types/codec.hpp"
#include "drover/abi.hpp"
#include "drover/text_check.hpp"
#include "drover/values.hpp"

namespace drover {

/// A list could not be read or written; becomes the item's error.
///
/// Thrown, because a loop over a list would be unreadable if every step of it could fail; Drover
/// catches it.
class ListError : public std::runtime_error {
 public:
  explicit ListError(const Error& error) : std::runtime_error(error.context), code(error.code) {}
  ErrorCode code;
};

/// Takes the elements of a list, one after another; see List.
template <class T>
class Sink {
 public:
  explicit Sink(sdk::ElementSink& target) : target_(&target) {}

  /// Throws ListError where an element is larger than 1 MiB, a text in it is not UTF-8, or the list
  /// cannot be taken.
  ///
  /// `stamp`: tells one state of what the element names from another, where its value does not, as
  /// size and modification time of a file do; 0: none. `drover run --reuse` takes over an item only
  /// where values and stamps of its inputs are the same.
  void push(const T& element, std::uint64_t stamp = 0) {
    if constexpr (sdk::IsValue<T>::value) {
      if (auto checked = sdk::texts_are_utf8(element); !checked) {
        throw ListError(fail(fmt::format("element {}", pushed_), checked.error()).value());
      }
      ++pushed_;
      encoded_.clear();
      encode(element, encoded_);
      if (auto taken = target_->push(encoded_, stamp); !taken) throw ListError(taken.error());
    }
  }

 private:
  sdk::ElementSink* target_;  // Outlives the sink: it belongs to the call.
  std::string encoded_;
  std::uint64_t pushed_ = 0;
};

/// A list that is made while it is sent, so it may be longer than memory holds:
/// ```
/// drover::List<std::int64_t> sequence(std::int64_t count) {
///   return {[count](auto& sink) { for (std::int64_t i = 0; i < count; ++i) sink.push(i); }};
/// }
/// ```
/// The function is called once, after the task returned; it may return nothing or Result<void>.
template <class T>
class List {
 public:
  template <class Produce>
  requires std::invocable < Produce&, Sink<T>
  & > List(Produce
               produce) {  // NOLINT(google-explicit-constructor): a list is what its function makes
    if constexpr (std::is_void_v<std::invoke_result_t<Produce&, Sink<T>&>>) {
      produce_ = [produce = std::move(produce)](Sink<T>& sink) mutable -> Result<void> {
        produce(sink);
        return {};
      };
    } else {
      produce_ = std::move(produce);
    }
  }

  Result<void> produce(Sink<T>& sink) { return produce_(sink); }

 private:
  std::function<Result<void>(Sink<T>&)> produce_;
};

/// A list argument that is read as it comes, so it may be longer than memory holds:
/// `for (const Box& box : boxes) …`, or `while (auto box = boxes.next()) …`. It is read once.
template <class T>
class Stream {
 public:
  explicit Stream(std::unique_ptr<sdk::ElementSource> source) : source_(std::move(source)) {}

  std::uint64_t size() const { return source_->size(); }

  /// The next element; nothing at the end. Throws ListError where it cannot be read.
  std::optional<T> next() {
    if constexpr (sdk::IsValue<T>::value) {
      auto bytes = source_->next();
      if (!bytes) throw ListError(bytes.error());
      if (!*bytes) return std::nullopt;
      auto element = decode<T>(**bytes);
      if (!element) throw ListError(element.error());
      return std::move(*element);
    } else {
      return std::nullopt;
    }
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Iterator() = default;
    explicit Iterator(Stream& stream) : stream_(&stream) { ++*this; }
    const T& operator*() const { return *element_; }
    const T* operator->() const { return &*element_; }
    Iterator& operator++() {
      element_ = stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.element_; }

   private:
    Stream* stream_ = nullptr;
    std::optional<T> element_;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::unique_ptr<sdk::ElementSource> source_;
};

template <Value T>
struct TypeOf<List<T>> {
  static Type get() { return Type::list_of(type_of<T>()); }
};
template <Value T>
struct TypeOf<Stream<T>> {
  static Type get() { return Type::list_of(type_of<T>()); }
};

namespace sdk {

template <class T>
struct IsValue<List<T>> : IsValue<T> {};
template <class T>
struct IsValue<Stream<T>> : IsValue<T> {};

}  // namespace sdk
}  // namespace drover
