#include "common/result.hpp"

namespace drover {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Invalid:
      return "invalid";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::Exists:
      return "exists";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::TooLarge:
      return "too_large";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::Failed:
      return "failed";
    case ErrorCode::Internal:
      return "internal";
    case ErrorCode::Full:
      return "full";
    case ErrorCode::Busy:
      return "busy";
  }
  return "unknown";
}

}  // namespace drover
