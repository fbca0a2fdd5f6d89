#pragma once

#include <cxxabi.h>
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

#include "drover/abi.hpp"
#include "drover/error.hpp"
#include "drover/list.hpp"

/// From what a task returns or throws to the failure of its items.
namespace drover::sdk {

inline Failure failure_of(const Error& error) {
  return {Cause::UserError, error.context, is_permanent(error.code)};
}

/// Is it all a library says: `stoi`, `map::at`, `vector::_M_range_check: __n (which is 5) ...`?
inline bool names_a_function_only(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  return word.size() == text.size() || word.find("::") != std::string_view::npos;
}

/// What was thrown, as a person reads it. An author's own text says all; what libraries throw does
/// not even say that something was thrown.
inline std::string thrown_text(const std::exception& error) {
  const bool by_author = dynamic_cast<const std::runtime_error*>(&error) != nullptr ||
                         (dynamic_cast<const std::logic_error*>(&error) != nullptr &&
                          !names_a_function_only(error.what()));
  if (by_author) return error.what();
  int status = 0;
  const char* mangled = typeid(error).name();
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  return fmt::format("the task threw {}: {}", name != nullptr ? name.get() : mangled, error.what());
}

/// Runs `body` and makes what it throws the failure of the call.
template <class Body>
void guarded(Outcomes& outcomes, Body&& body) {
  try {
    body();
  } catch (const Permanent& error) {
    outcomes.call_failed({Cause::UserError, error.what(), true});
  } catch (const ListError& error) {
    outcomes.call_failed({Cause::UserError, error.what(), is_permanent(error.code)});
  } catch (const std::bad_alloc&) {
    outcomes.call_failed({Cause::OutOfMemory,
                          "the task could not get the memory it asked for (std::bad_alloc)",
                          false});
  } catch (const std::exception& error) {
    outcomes.call_failed({Cause::UserError, thrown_text(error), false});
  } catch (...) {
    outcomes.call_failed(
        {Cause::UserError, "the task threw something that is no std::exception", false});
  }
}

}  // namespace drover::sdk
