#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/types/signature.hpp"
#include "drover/bind.hpp"
#include "drover/context.hpp"
#include "drover/error.hpp"
#include "drover/list.hpp"
#include "drover/names.hpp"

/// What authors of tasks include. docs/tasks.md shows how; in short:
/// ```
/// Result<std::int64_t> count_words(const drover::Uri& file);
/// DROVER_TASK(count_words, file);
///
/// struct Detector {
///   explicit Detector(const std::string& model);
///   std::vector<drover::Result<Boxes>> operator()(std::span<const drover::Uri> images,
///                                                 drover::Context& context);
/// };
/// DROVER_TASK_CLASS(detect, Detector, (std::string model), (image));
/// ```
/// - Values are bool, whole numbers, float and double, std::string, Uri, Blob, std::vector,
///   std::optional, and structs described by DROVER_STRUCT (common/types/describe.hpp).
/// - An argument of type std::optional may be left out.
/// - A task returns T or Result<T>; what it throws becomes the item's error with its text.
/// - A *batched* task takes every argument per item as std::span<const T> and returns
///   std::vector<Result<T>>, one for each. If it throws, it is called again with halves of the
///   batch.
/// - A list is returned as std::vector<T> or List<T>, and taken as std::vector<T> (up to 64 MiB) or
///   Stream<T>.
/// - `Context& context` may be the last parameter.
///
/// DROVER_TASK(function, names...) names the arguments in their order.
///
/// DROVER_TASK_CLASS(task, Class, (constants), (per item)) makes one object per worker and set of
/// constants, and calls its operator(). The constants are given with their types, because those of
/// a constructor cannot be found out. Where `Class::make(constants...)` exists and returns
/// Result<std::unique_ptr<Class>>, it is called in place of the constructor. In the signature the
/// arguments per item come first.

#define DROVER_TASK(function, ...)                                                  \
  [[maybe_unused]] static const bool DROVER_SDK_JOIN(drover_task_, function) = [] { \
    static_assert(::drover::sdk::Traits<decltype(&function)>::Arguments::count ==   \
                      ::drover::sdk::count_parts(#__VA_ARGS__),                     \
                  "DROVER_TASK(" #function                                          \
                  ", ...) gives one name for every argument of "                    \
                  "the function (Context& has none)");                              \
    return ::drover::sdk::add_function<&function>(#function, #__VA_ARGS__);         \
  }()

#define DROVER_TASK_CLASS(task, Class, constants, each)                                    \
  [[maybe_unused]] static const bool DROVER_SDK_JOIN(drover_task_, task) = [] {            \
    static_assert(::drover::sdk::Traits<decltype(&Class::operator())>::Arguments::count == \
                      ::drover::sdk::count_parts(#each),                                   \
                  "DROVER_TASK_CLASS(" #task                                               \
                  ", ...) gives one name for every argument of "                           \
                  "operator() (Context& has none)");                                       \
    static_assert(::drover::sdk::all_parts_are_named(#constants),                          \
                  "DROVER_TASK_CLASS(" #task                                               \
                  ", ...) gives the constants with their types "                           \
                  "and names: (std::string model)");                                       \
    return ::drover::sdk::add_class<Class>(#task, static_cast<void(*) constants>(nullptr), \
                                           #constants, #each);                             \
  }()

/// DROVER_NOTES(function): what `std::vector<std::string> function()` returns stands in `drover
/// agents` beside the library, such as a part that is missing on this machine. Once per library.
#define DROVER_NOTES(function)                                                       \
  [[maybe_unused]] static const bool DROVER_SDK_JOIN(drover_notes_, function) = [] { \
    ::drover::sdk::own_notes() = &function;                                          \
    return true;                                                                     \
  }()

#define DROVER_SDK_JOIN(a, b) DROVER_SDK_JOIN_NOW(a, b)
#define DROVER_SDK_JOIN_NOW(a, b) a##b

namespace drover::sdk {

/// The tasks of this library. Hidden, so that two libraries in one worker do not share it.
[[gnu::visibility("hidden")]] inline std::vector<TaskDescription>& own_tasks() {
  static std::vector<TaskDescription> tasks;
  return tasks;
}

/// What DROVER_NOTES named.
[[gnu::visibility("hidden")]] inline std::vector<std::string> (*&own_notes())() {
  static std::vector<std::string> (*notes)() = nullptr;
  return notes;
}

[[gnu::visibility("hidden")]] inline const LibraryEntry& own_entry() {
  static const LibraryEntry entry{abi_version, &own_tasks(), own_notes()};
  return entry;
}

template <class R>
struct ReturnedValue {
  using Type = typename Unwrapped<R>::Type;
};
/// What a batched callee gives for one item.
template <class R>
struct ReturnedElement;
template <class R>
struct ReturnedElement<std::vector<R>> {
  using Type = typename Unwrapped<R>::Type;
};
template <class R>
struct ReturnedElement<Result<std::vector<R>>> : ReturnedElement<std::vector<R>> {};

template <class T>
struct ArgumentType {
  using Type = std::remove_cvref_t<T>;
};
template <class T>
requires is_span<T>
struct ArgumentType<T> {
  using Type = typename IsSpan<std::remove_cvref_t<T>>::Element;
};

/// What the task gives for one item.
template <class Of>
using ReturnedPerItem = typename std::conditional_t<Shape<typename Of::Arguments>::batched,
                                                    ReturnedElement<typename Of::Returned>,
                                                    ReturnedValue<typename Of::Returned>>::Type;

/// Can all that the task takes and returns be values? Where not, the compiler has said so, and
/// nothing is made of the task.
template <class Of, class Arguments = typename Of::Arguments>
struct IsOfValues;
template <class Of, class... A>
struct IsOfValues<Of, Types<A...>>
    : AreValues<ReturnedPerItem<Of>, typename ArgumentType<A>::Type...> {};

template <class Of, class... A>
Signature signature_of(std::string name, const std::vector<std::string>& names, Types<A...>) {
  Signature signature;
  signature.name = std::move(name);
  [[maybe_unused]] std::size_t next = 0;
  (signature.args.push_back({names[next++], type_of<typename ArgumentType<A>::Type>()}), ...);
  signature.returns = type_of<ReturnedPerItem<Of>>();
  signature.batched = Shape<Types<A...>>::batched;
  return signature;
}

template <auto function>
struct FunctionCallee {
  template <class... A>
  decltype(auto) operator()(A&&... arguments) const {
    return function(std::forward<A>(arguments)...);
  }
};

template <auto function, class Of>
TaskDescription describe_function(const char* name, const char* names_text) {
  using Task = Binding<FunctionCallee<function>, typename Of::Returned, Of::takes_context,
                       typename Of::Arguments>;
  auto names = names_in(names_text);
  TaskDescription task;
  task.signature = to_string(signature_of<Of>(name, names, typename Of::Arguments()));
  task.make = [names](std::span<const std::string_view>) -> Result<std::unique_ptr<TaskObject>> {
    return std::make_unique<Task>(names);
  };
  return task;
}

template <auto function>
bool add_function(const char* name, const char* names_text) {
  using Of = Traits<decltype(function)>;
  if constexpr (IsOfValues<Of>::value) {
    own_tasks().push_back(describe_function<function, Of>(name, names_text));
  }
  return true;
}

/// Calls an object that was made once.
template <class Class>
struct ObjectCallee {
  explicit ObjectCallee(std::unique_ptr<Class> made) : object(std::move(made)) {}
  template <class... A>
  decltype(auto) operator()(A&&... arguments) {
    return (*object)(std::forward<A>(arguments)...);
  }
  std::unique_ptr<Class> object;
};

/// Apart from its use, because clang 14 finds no such function from inside a generic lambda.
template <class Class, class... Constants>
concept HasMake = requires(Constants&... values) {
  Class::make(std::move(values)...);
};

template <class Class, class... Constants>
Result<std::unique_ptr<Class>> construct(std::tuple<Constants...>& constants) {
  return std::apply(
      [](auto&... values) -> Result<std::unique_ptr<Class>> {
        if constexpr (HasMake<Class, Constants...>) {
          return Class::make(std::move(values)...);
        } else {
          static_assert(
              std::is_constructible_v<Class, Constants...>,
              "the class has a constructor, or a static make(), that takes the constants");
          return std::make_unique<Class>(std::move(values)...);
        }
      },
      constants);
}

template <class Class, class Of, class... C>
TaskDescription describe_class(const char* name, const char* constants_text,
                               const char* each_text) {
  using Task = Binding<ObjectCallee<Class>, typename Of::Returned, Of::takes_context,
                       typename Of::Arguments>;
  const auto each_names = names_in(each_text);
  const auto constant_names = names_in(constants_text);
  Signature signature = signature_of<Of>(name, each_names, typename Of::Arguments());
  TaskDescription task;
  [[maybe_unused]] std::size_t next = 0;
  ((task.constants.push_back(static_cast<std::uint32_t>(signature.args.size())),
    signature.args.push_back({constant_names[next++], type_of<C>()})),
   ...);
  task.signature = to_string(signature);
  task.make =
      [each_names, constant_names](
          std::span<const std::string_view> encoded) -> Result<std::unique_ptr<TaskObject>> {
    std::tuple<std::remove_cvref_t<C>...> constants;
    Result<void> read;
    std::size_t at = 0;
    std::apply(
        [&](auto&... values) {
          static_cast<void>(
              ((read = decode_to(encoded[at], values), read ? (++at, true) : false) && ...));
        },
        constants);
    if (!read) return fail("argument '" + constant_names[at] + "'", read.error());
    // Constructors may throw; the same rules hold for them as for calls.
    Result<std::unique_ptr<TaskObject>> made = fail(ErrorCode::Internal, "");
    Outcomes thrown;
    guarded(thrown, [&] {
      auto object = construct<Class>(constants);
      if (object) {
        made = std::make_unique<Task>(each_names, std::move(*object));
      } else {
        made = tl::unexpected(std::move(object.error()));
      }
    });
    if (const auto& failure = thrown.call_failure()) {
      made = fail(failure->permanent ? ErrorCode::Invalid : ErrorCode::Failed, failure->text);
    }
    return made;
  };
  return task;
}

template <class Class, class... C>
bool add_class(const char* name, void (*)(C...), const char* constants_text,
               const char* each_text) {
  using Of = Traits<decltype(&Class::operator())>;
  if constexpr (AreValues<std::remove_cvref_t<C>...>::value && IsOfValues<Of>::value) {
    own_tasks().push_back(describe_class<Class, Of, C...>(name, constants_text, each_text));
  }
  return true;
}

}  // namespace drover::sdk

/// The entry symbol. Inline, so that every library whose code includes this header has it once.
extern "C" [[gnu::used, gnu::visibility("default")]] inline const drover::sdk::LibraryEntry*
drover_task_library() {
  return &drover::sdk::own_entry();
}
