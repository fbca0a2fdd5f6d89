#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace drover {

/// What kind of thing went wrong. The numbers travel on the wire and label metrics: never renumber.
enum class ErrorCode : std::uint8_t {
  Invalid = 1,      ///< The input is wrong: a value, a file, a message, an argument.
  NotFound = 2,     ///< The named thing does not exist.
  Exists = 3,       ///< The named thing is there already and is not replaced.
  Unavailable = 4,  ///< A file system, peer or device does not answer; trying later may help.
  TooLarge = 5,     ///< A limit was exceeded; the context names the limit.
  Unsupported = 6,  ///< Well-formed, but not something this build can do.
  Failed = 7,       ///< A task reported a failure.
  Internal = 8,     ///< A library failed in a way that no input explains.
  Full = 9,         ///< The disk is full.
  Busy = 10,        ///< Somebody else holds it: a second scheduler on one state folder.
};

/// The code's stable name: `invalid`, `not_found`, ...
std::string_view name_of(ErrorCode code);

/// An operational failure, for a person to read.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string context;  ///< What was tried, on which object, why it failed, and the way out.

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::NotFound, "…")` from a function that returns any Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string context) {
  return tl::unexpected<Error>(Error{code, std::move(context)});
}

/// Puts `where` before the context, as in "model.yaml: no such file".
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view where, const Error& error) {
  return tl::unexpected<Error>(Error{error.code, std::string(where) + ": " + error.context});
}

}  // namespace drover
