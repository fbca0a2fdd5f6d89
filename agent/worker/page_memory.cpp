#include "agent/worker/page_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drover::worker {
namespace {

tl::unexpected<Error> failed_to(const char* what) {
  return fail(ErrorCode::Unavailable,
              fmt::format("the memory shared with a worker: {}: {}", what, std::strerror(errno)));
}

Result<Page*> map_page(int descriptor) {
  void* memory = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return failed_to("mmap");
  // A fresh anonymous file is zeros, which is a valid state of every member.
  return static_cast<Page*>(memory);
}

}  // namespace

Result<PageMemory> PageMemory::create() {
  const int descriptor = memfd_create("drover-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return failed_to("memfd_create");
  PageMemory made(nullptr, descriptor);
  if (ftruncate(descriptor, sizeof(Page)) != 0) return failed_to("ftruncate");
  if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return failed_to("sealing");
  }
  auto page = map_page(descriptor);
  if (!page) return tl::unexpected(page.error());
  made.page_ = *page;
  made.page_->magic = page_magic;
  made.page_->layout = page_layout;
  return made;
}

Result<PageMemory> PageMemory::map(int descriptor) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return failed_to("fstat");
  if (info.st_size != sizeof(Page)) {
    return fail(
        ErrorCode::Invalid,
        fmt::format("the page that the agent gave has {} bytes, this worker needs {}: agent and "
                    "worker are of different builds",
                    info.st_size, sizeof(Page)));
  }
  auto page = map_page(descriptor);
  if (!page) return tl::unexpected(page.error());
  PageMemory made(*page, -1);
  if (made->magic != page_magic || made->layout != page_layout) {
    return fail(ErrorCode::Invalid,
                "the page that the agent gave has another layout: agent and worker are of "
                "different builds");
  }
  return made;
}

PageMemory::~PageMemory() {
  if (page_ != nullptr) munmap(page_, sizeof(Page));
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace drover::worker
