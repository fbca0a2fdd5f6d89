#pragma once

#include <utility>

#include "agent/worker/page.hpp"
#include "common/result.hpp"

namespace drover::worker {

/// A mapping of a Page, and its file descriptor where this process made it.
///
/// Owns     Both: they go with it.
class PageMemory {
 public:
  /// Makes a page for a new worker: an anonymous file of fixed size, sealed against shrinking and
  /// growing (else a faulty worker could give the agent SIGBUS). Pages of memory are taken when
  /// first touched.
  static Result<PageMemory> create();
  /// Maps the page that a worker was given. Errors: Invalid where the file is no such page.
  static Result<PageMemory> map(int descriptor);

  PageMemory(PageMemory&& other) noexcept
      : page_(std::exchange(other.page_, nullptr)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  PageMemory& operator=(PageMemory&& other) noexcept {
    std::swap(page_, other.page_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~PageMemory();

  Page& operator*() const { return *page_; }
  Page* operator->() const { return page_; }
  int descriptor() const { return descriptor_; }

 private:
  PageMemory(Page* page, int descriptor) : page_(page), descriptor_(descriptor) {}

  Page* page_ = nullptr;
  int descriptor_ = -1;
};

}  // namespace drover::worker
