#pragma once

#include <fmt/format.h>

#include <string>

namespace drover {

/// Prints the broken assumption and aborts. Called by CHECK only.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& values);

}  // namespace drover

/// An assumption that holds unless Drover itself is wrong; on in release builds too.
/// `CHECK(lease.first < lease.last, "lease {}", id)` prints the values and aborts.
#define CHECK(condition, ...)                                                              \
  do {                                                                                     \
    if (!(condition)) [[unlikely]]                                                         \
      ::drover::check_failed(__FILE__, __LINE__, #condition, fmt::format("" __VA_ARGS__)); \
  } while (false)
