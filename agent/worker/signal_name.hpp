#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>

namespace drover::worker {

/// `SIGSEGV`; `signal 40` of one that has no name.
inline std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

}  // namespace drover::worker
