#include "common/objects/file_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "common/objects/file_descriptor.hpp"
#include "common/objects/file_errors.hpp"
#include "common/objects/file_listing.hpp"
#include "common/objects/file_write.hpp"

namespace drover {
namespace {

Result<void> expect_file_scheme(const ObjectUri& uri) {
  if (uri.scheme == ObjectUri::Scheme::File) return {};
  return fail(ErrorCode::Unsupported, fmt::format("{}: this build of Drover reads and writes files "
                                                  "only; mount the bucket or copy it to a folder",
                                                  to_string(uri)));
}

/// An ordinary file's status. What is no file is refused before it is read: a pipe would block for
/// ever.
Result<struct stat> status_of_file(int descriptor, const ObjectUri& uri) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return file_error(errno, uri, "read");
  if (S_ISDIR(status.st_mode)) return file_error(EISDIR, uri, "read");
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::Invalid,
                fmt::format("cannot read {}: it is a pipe, a socket or a device, not a file",
                            to_string(uri)));
  return status;
}

/// Reads on to the end of the file, which may have grown since its size was asked. False (errno) if
/// that fails.
Result<void> read_whole(int descriptor, const ObjectUri& uri, Bytes limit, std::uint64_t expected,
                        std::string& contents) {
  contents.resize(std::min(expected, limit.count) +
                  1);  // One more, to see the end without another round.
  std::size_t length = 0;
  while (true) {
    const auto count = ::read(descriptor, contents.data() + length, contents.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, uri, "read");
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
    if (length > limit.count)
      return fail(ErrorCode::TooLarge, fmt::format("{} has more than {} bytes, the limit here",
                                                   to_string(uri), limit.count));
    if (length == contents.size())
      contents.resize(std::min<std::uint64_t>(2 * length, limit.count + 1));
  }
  contents.resize(length);
  return {};
}

}  // namespace

Result<std::unique_ptr<Listing>> FileStore::list(const ObjectUri& folder,
                                                 std::string_view start_after) {
  if (auto known = expect_file_scheme(folder); !known) return tl::unexpected(known.error());
  return list_files(folder, start_after);
}

Result<Bytes> FileStore::size(const ObjectUri& uri) {
  if (auto known = expect_file_scheme(uri); !known) return tl::unexpected(known.error());
  const FileDescriptor file(::open(path_of(uri).c_str(), O_PATH | O_CLOEXEC));
  if (!file) return file_error(errno, uri, "read");
  return status_of_file(file.get(), uri).transform([](const struct stat& status) {
    return Bytes{static_cast<std::uint64_t>(status.st_size)};
  });
}

std::uint64_t FileStore::stamp(const ObjectUri& uri) {
  struct stat status {};
  if (uri.scheme != ObjectUri::Scheme::File || ::stat(path_of(uri).c_str(), &status) != 0) return 0;
  const std::array<std::int64_t, 3> state{status.st_size, status.st_mtim.tv_sec,
                                          status.st_mtim.tv_nsec};
  return std::max<std::uint64_t>(1, XXH3_64bits(state.data(), sizeof state));
}

Result<void> FileStore::get(const ObjectUri& uri, Bytes limit, std::string& contents) {
  if (auto known = expect_file_scheme(uri); !known) return known;
  const FileDescriptor file(
      ::open(path_of(uri).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return file_error(errno, uri, "read");
  const auto status = status_of_file(file.get(), uri);
  if (!status) return tl::unexpected(status.error());
  const auto size = static_cast<std::uint64_t>(status->st_size);
  if (size > limit.count)
    return fail(ErrorCode::TooLarge, fmt::format("{} has {} bytes; {} is the limit here",
                                                 to_string(uri), size, limit.count));
  return read_whole(file.get(), uri, limit, size, contents);
}

Result<StoredObject> FileStore::create(const ObjectUri& folder, std::string_view key,
                                       std::string_view contents, Durability durability) {
  if (auto known = expect_file_scheme(folder); !known) return tl::unexpected(known.error());
  return create_file(folder, key, contents, durability);
}

std::unique_ptr<ObjectStore> make_object_store() { return std::make_unique<FileStore>(); }

std::uint64_t content_hash(std::string_view contents) {
  return XXH3_64bits(contents.data(), contents.size());
}

}  // namespace drover
