#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/types/codec.hpp"
#include "drover/abi.hpp"
#include "drover/error.hpp"
#include "drover/failure.hpp"
#include "drover/list.hpp"

/// Turns typed C++ functions into calls over encoded values.
namespace drover::sdk {

// ------------------------------------------------------------------ what functions look like

template <class... T>
struct Types {
  static constexpr std::size_t count = sizeof...(T);
};

/// The parameters of a function without a trailing `Context&`.
template <class Taken, class... Rest>
struct SplitContext;
template <class... Taken>
struct SplitContext<Types<Taken...>> {
  using Arguments = Types<Taken...>;
  static constexpr bool takes_context = false;
};
template <class... Taken>
struct SplitContext<Types<Taken...>, Context&> {
  using Arguments = Types<Taken...>;
  static constexpr bool takes_context = true;
};
template <class... Taken, class Next, class... Rest>
struct SplitContext<Types<Taken...>, Next, Rest...> : SplitContext<Types<Taken..., Next>, Rest...> {
};

template <class R, class... A>
struct Callable : SplitContext<Types<>, A...> {
  using Returned = R;
};
template <class F>
struct Traits;
template <class R, class... A>
struct Traits<R (*)(A...)> : Callable<R, A...> {};
template <class R, class... A>
struct Traits<R (*)(A...) noexcept> : Callable<R, A...> {};
template <class C, class R, class... A>
struct Traits<R (C::*)(A...)> : Callable<R, A...> {};
template <class C, class R, class... A>
struct Traits<R (C::*)(A...) const> : Callable<R, A...> {};

template <class T>
struct IsSpan : std::false_type {};
template <class T>
struct IsSpan<std::span<const T>> : std::true_type {
  using Element = T;
};
template <class T>
inline constexpr bool is_span = IsSpan<std::remove_cvref_t<T>>::value;

template <class Arguments>
struct Shape;
template <class... A>
struct Shape<Types<A...>> {
  static constexpr bool batched = sizeof...(A) > 0 && (is_span<A> && ...);
  static_assert(batched || !(is_span<A> || ...),
                "a batched task takes every argument that comes per item as std::span<const T>");
  static_assert(((!std::is_lvalue_reference_v<A> || std::is_const_v<std::remove_reference_t<A>> ||
                  is_span<A> || requires { typename std::remove_cvref_t<A>::Iterator; }) &&
                 ...),
                "a task takes its arguments by value or const&; a Stream may also come by &");
};

template <class T>
struct Unwrapped {
  using Type = T;
  static constexpr bool is_result = false;
};
template <class T>
struct Unwrapped<Result<T>> {
  using Type = T;
  static constexpr bool is_result = true;
};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <>
struct IsVector<Blob> : std::false_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<List<T>> : std::true_type {
  using Element = T;
};
template <class T>
struct IsStream : std::false_type {};
template <class T>
struct IsStream<Stream<T>> : std::true_type {};

// ------------------------------------------------------------------ arguments in

inline Result<void> bad_argument(std::size_t argument, std::span<const std::string> names,
                                 const Error& error) {
  return fail("argument '" + names[argument] + "'", error);
}

/// Reads the elements of an encoded array that is there as a whole.
class ArraySource final : public ElementSource {
 public:
  explicit ArraySource(std::string_view array) : bytes_(array), reader_(array) {
    well_formed_ = reader_.read_array(size_);
  }
  std::uint64_t size() const override { return size_; }
  Result<std::optional<std::string_view>> next() override {
    if (!well_formed_) return fail(ErrorCode::Invalid, "a list was expected");
    if (given_ == size_) return std::optional<std::string_view>();
    const auto begin = reader_.position();
    if (!reader_.skip(max_type_depth)) return fail(ErrorCode::Invalid, "the list is cut off");
    ++given_;
    return std::optional(bytes_.substr(begin, reader_.position() - begin));
  }

 private:
  std::string_view bytes_;
  packed::Reader reader_;
  bool well_formed_ = false;
  std::size_t size_ = 0;
  std::size_t given_ = 0;
};

/// Holds one argument of a plain call between decoding and calling. Memory is used again.
template <class T>
struct Holder {
  T value{};
  Result<void> read(const Call& call, std::size_t argument) {
    if (!call.is_list(argument)) return decode_to(call.value(argument, 0), value);
    return call.whole_list(argument).and_then(
        [&](std::string_view array) { return decode_to(array, value); });
  }
  T& get() { return value; }
};
template <class T>
struct Holder<Stream<T>> {
  std::optional<Stream<T>> value;
  Result<void> read(const Call& call, std::size_t argument) {
    if (!call.is_list(argument)) {
      value.emplace(std::make_unique<ArraySource>(call.value(argument, 0)));
      return {};
    }
    auto source = call.open_list(argument);
    if (!source) return tl::unexpected(std::move(source.error()));
    value.emplace(std::move(*source));
    return {};
  }
  Stream<T>& get() { return *value; }
};

/// The values of one argument of a batched call. vector<bool> has no span, hence the box.
template <class T>
struct Batch {
  static_assert(!std::is_same_v<T, bool>,
                "a batched task cannot take std::span<const bool>: use an int");
  std::vector<T> values;
};

// ------------------------------------------------------------------ results out

/// Collects the elements of a list that is itself a value.
class ArraySink final : public ElementSink {
 public:
  Result<void> push(std::string_view element, std::uint64_t /*stamp*/) override {
    if (bytes_.size() + element.size() > max_value_bytes) {
      return fail(ErrorCode::TooLarge,
                  "the list that the task returns for one item is larger than 1 MiB; write it to a "
                  "file, or return less");
    }
    bytes_ += element;
    ++count_;
    return {};
  }
  void append_to(std::string& out) const {
    packed::append_array(out, count_);
    out += bytes_;
  }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

/// Gives one returned value to the outcomes: a list to the sink where there is one.
template <class T>
void give(T& value, ElementSink* sink, Outcomes& outcomes) {
  if constexpr (IsList<T>::value) {
    ArraySink array;
    Sink<typename IsList<T>::Element> elements(sink != nullptr ? *sink : array);
    if (auto made = value.produce(elements); !made) {
      outcomes.failed(failure_of(made.error()));
      return;
    }
    if (sink == nullptr) array.append_to(outcomes.value());
    outcomes.done();
  } else {
    if constexpr (IsVector<T>::value) {
      if (sink != nullptr) {
        Sink<typename T::value_type> elements(*sink);
        for (auto&& element : value) elements.push(element);
        outcomes.done();
        return;
      }
    }
    if (auto checked = texts_are_utf8(value); !checked) {
      outcomes.failed(failure_of(checked.error()));
      return;
    }
    encode(value, outcomes.value());
    outcomes.done();
  }
}

/// The same for `T` and `Result<T>`.
template <class R>
void give_result(R& returned, ElementSink* sink, Outcomes& outcomes) {
  if constexpr (Unwrapped<R>::is_result) {
    returned ? give(*returned, sink, outcomes) : outcomes.failed(failure_of(returned.error()));
  } else {
    give(returned, sink, outcomes);
  }
}

// ------------------------------------------------------------------ calls

/// Decodes arguments, calls, encodes results. `Arguments` are those that come per item, and stand
/// first in the signature.
template <class Callee, class Returned, bool takes_context, class Arguments>
class Binding;
template <class Callee, class Returned, bool takes_context, class... A>
class Binding<Callee, Returned, takes_context, Types<A...>> final : public TaskObject {
 public:
  template <class... Made>
  explicit Binding(std::vector<std::string> names, Made&&... made)
      : callee_(std::forward<Made>(made)...), names_(std::move(names)) {}

  void call(const Call& call, Context& context, Outcomes& outcomes) override {
    guarded(outcomes, [&] {
      if constexpr (Shape<Types<A...>>::batched) {
        call_batched(call, context, outcomes, std::index_sequence_for<A...>());
      } else {
        call_plain(call, context, outcomes, std::index_sequence_for<A...>());
      }
    });
  }

 private:
  template <std::size_t... i>
  void call_plain(const Call& call, Context& context, Outcomes& outcomes,
                  std::index_sequence<i...>) {
    Result<void> read;
    // void: without arguments the fold is a bare `true`, which g++ warns of.
    static_cast<void>(
        ((read = std::get<i>(plain_).read(call, i), read || (argument_ = i, false)) && ...));
    if (!read) {
      outcomes.failed(failure_of(bad_argument(argument_, names_, read.error()).error()));
      return;
    }
    auto returned = invoke(context, pass<A>(std::get<i>(plain_))...);
    give_result(returned, call.list_sink(), outcomes);
  }

  template <std::size_t... i>
  void call_batched(const Call& call, Context& context, Outcomes& outcomes,
                    std::index_sequence<i...>) {
    // An argument that cannot be read is its item's fault alone: the others are called without it.
    positions_.clear();
    failures_.clear();
    (std::get<i>(batch_).values.clear(), ...);
    for (std::size_t k = 0; k < call.count(); ++k) {
      Result<void> read;
      ((read = read_into(std::get<i>(batch_).values, call, i, k), read || (argument_ = i, false)) &&
       ...);
      if (read) {
        positions_.push_back(k);
      } else {
        (std::get<i>(batch_).values.resize(positions_.size()), ...);
        failures_.push_back({k, failure_of(bad_argument(argument_, names_, read.error()).error())});
      }
    }
    typename Unwrapped<Returned>::Type results;
    if (!positions_.empty()) {
      Picked picked(context, positions_);
      results = invoke(picked, std::span(std::as_const(std::get<i>(batch_).values))...);
      if (results.size() != positions_.size()) {
        outcomes.call_failed({Cause::UserError,
                              fmt::format("the task gave {} results for {} items", results.size(),
                                          positions_.size()),
                              true});
        return;
      }
    }
    std::size_t next_failure = 0;
    std::size_t next_result = 0;
    for (std::size_t k = 0; k < call.count(); ++k) {
      if (next_failure < failures_.size() && failures_[next_failure].position == k) {
        outcomes.failed(std::move(failures_[next_failure++].failure));
      } else {
        give_result(results[next_result++], nullptr, outcomes);
      }
    }
  }

  template <class T>
  static Result<void> read_into(std::vector<T>& values, const Call& call, std::size_t argument,
                                std::size_t position) {
    auto value = call.is_list(argument) ? call.whole_list(argument).and_then(decode<T>)
                                        : decode<T>(call.value(argument, position));
    if (!value) return tl::unexpected(std::move(value.error()));
    values.push_back(std::move(*value));
    return {};
  }

  template <class Parameter, class Held>
  static decltype(auto) pass(Held& held) {
    if constexpr (std::is_lvalue_reference_v<Parameter>) {
      return (held.get());
    } else {
      return std::move(held.get());
    }
  }

  template <class... Passed>
  decltype(auto) invoke(Context& context, Passed&&... passed) {
    if constexpr (takes_context) {
      return callee_(std::forward<Passed>(passed)..., context);
    } else {
      return callee_(std::forward<Passed>(passed)...);
    }
  }

  /// The context of a batch from which items were left out.
  class Picked final : public Context {
   public:
    Picked(Context& all, const std::vector<std::size_t>& positions)
        : all_(all), positions_(positions) {}
    std::size_t items() const override { return positions_.size(); }
    std::string_view key(std::size_t position) override { return all_.key(positions_[position]); }
    std::uint64_t index(std::size_t position) const override {
      return all_.index(positions_[position]);
    }
    std::uint32_t attempt(std::size_t position) const override {
      return all_.attempt(positions_[position]);
    }
    std::uint32_t ordinal(std::size_t position) const override {
      return all_.ordinal(positions_[position]);
    }
    std::string_view run() const override { return all_.run(); }
    std::string_view step() const override { return all_.step(); }
    std::string_view results() const override { return all_.results(); }
    std::string_view common_folder() const override { return all_.common_folder(); }
    void phase(std::string_view name) override { all_.phase(name); }
    bool cancelled() const override { return all_.cancelled(); }

   private:
    Context& all_;
    const std::vector<std::size_t>& positions_;
  };

  template <class T>
  using HolderOf = std::conditional_t<is_span<T>, std::monostate, Holder<std::remove_cvref_t<T>>>;
  template <class T, bool span>
  struct BatchOf {
    using Type = std::monostate;
  };
  template <class T>
  struct BatchOf<T, true> {
    using Type = Batch<typename IsSpan<std::remove_cvref_t<T>>::Element>;
  };

  Callee callee_;
  std::vector<std::string> names_;
  std::tuple<HolderOf<A>...> plain_;
  std::tuple<typename BatchOf<A, is_span<A>>::Type...> batch_;
  std::vector<std::size_t> positions_;  // of the batch's items whose arguments could be read
  std::vector<Outcomes::ItemFailure> failures_;
  std::size_t argument_ = 0;  // that could not be read
};

}  // namespace drover::sdk
