#include "agent/worker/command/stderr_tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "common/objects/file_descriptor.hpp"

namespace drover::worker {
namespace {

constexpr off_t looked_at = 4096;
constexpr std::size_t shown = 300;

/// The size of the file that stderr is, or -1.
off_t stderr_size() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
  return status.st_size;
}

}  // namespace

StderrTail::StderrTail() : begin_(stderr_size()) {}

std::string StderrTail::last_line() const {
  const off_t end = stderr_size();
  if (begin_ < 0 || end <= begin_) return {};
  // Opened anew: stderr may be open for writing alone.
  const FileDescriptor file(::open("/proc/self/fd/2", O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::array<char, looked_at> bytes{};
  const off_t from = std::max(begin_, end - looked_at);
  const ssize_t size =
      ::pread(file.get(), bytes.data(), static_cast<std::size_t>(end - from), from);
  if (size <= 0) return {};
  std::string_view text(bytes.data(), static_cast<std::size_t>(size));
  const auto last = text.find_last_not_of(" \r\n\t");
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  text.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  return std::string(text.substr(0, shown)) + (text.size() > shown ? "..." : "");
}

}  // namespace drover::worker
