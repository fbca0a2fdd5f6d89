#pragma once

#include <stdexcept>
#include <string>

#include "common/result.hpp"

namespace drover {

/// An error that trying again cannot mend. Both ways work:
/// ```
/// return drover::permanent("not a JPEG file");   // from a function that returns Result<T>
/// throw drover::permanent("not a JPEG file");
/// ```
/// An Error with the code Invalid, TooLarge or Unsupported says the same: the input is at fault.
class Permanent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  template <class T>
  operator tl::expected<T, Error>() const {  // NOLINT(google-explicit-constructor): made for return
    return fail(ErrorCode::Invalid, what());
  }
};

inline Permanent permanent(const std::string& text) { return Permanent(text); }

/// An error that another attempt may not meet.
[[nodiscard]] inline tl::unexpected<Error> failed(std::string text) {
  return fail(ErrorCode::Failed, std::move(text));
}

/// Whether an error says that trying again is of no use.
inline bool is_permanent(ErrorCode code) {
  return code == ErrorCode::Invalid || code == ErrorCode::TooLarge ||
         code == ErrorCode::Unsupported;
}

}  // namespace drover
