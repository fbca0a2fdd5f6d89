// A library that was built for another ABI than this one.
#include <cstdint>

namespace {
struct Entry {
  std::uint32_t abi = 0;
  const void* tasks = nullptr;
};
const Entry entry;
}  // namespace

extern "C" const void* drover_task_library();
extern "C" const void* drover_task_library() { return &entry; }
