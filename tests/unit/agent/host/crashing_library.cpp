// A library that crashes while it is loaded, ends the process, or takes memory and time, as its
// file's name says.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {
[[gnu::constructor]] void end() {
  Dl_info info{};
  dladdr(reinterpret_cast<void*>(&end), &info);
  if (std::strstr(info.dli_fname, "exits") != nullptr) std::exit(0);
  if (std::strstr(info.dli_fname, "hungry") != nullptr) {
    constexpr std::size_t much = std::size_t{1} << 30U;
    volatile auto* held = static_cast<char*>(std::malloc(much));
    for (std::size_t at = 0; at < much; at += 4096) held[at] = 1;
    pause();
  }
  std::abort();
}
}  // namespace
