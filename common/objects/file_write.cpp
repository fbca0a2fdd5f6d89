#include "common/objects/file_write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "common/objects/file_descriptor.hpp"
#include "common/objects/file_errors.hpp"

namespace drover {
namespace {

constexpr mode_t file_mode =
    0666;  // Less the umask: results are as readable as the user's other files.
constexpr mode_t folder_mode = 0777;

/// Is `key` a path that stays below any folder?
bool stays_below(std::string_view key) {
  if (key.empty() || key.find('\0') != std::string_view::npos) return false;
  while (true) {
    const auto slash = key.find('/');
    const auto name = key.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
    if (slash == std::string_view::npos) return true;
    key.remove_prefix(slash + 1);
  }
}

int sync_folder(int folder) {
  const FileDescriptor readable(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return readable ? ::fsync(readable.get()) : -1;
}

/// The folder `name` in `parent`, made if it is missing; a link is not followed. Sets errno.
FileDescriptor open_or_make_folder(int parent, const std::string& name, Durability durability) {
  constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  FileDescriptor folder(::openat(parent, name.c_str(), flags));
  if (folder || errno != ENOENT) return folder;
  if (::mkdirat(parent, name.c_str(), folder_mode) != 0 && errno != EEXIST) return {};
  if (durability == Durability::Machine && sync_folder(parent) != 0) return {};
  return FileDescriptor(::openat(parent, name.c_str(), flags));
}

/// The folder that `key`'s last name goes into.
Result<FileDescriptor> open_folder_of(const ObjectUri& root, std::string_view key,
                                      Durability durability) {
  std::error_code error;
  std::filesystem::create_directories(path_of(root), error);
  FileDescriptor folder(error ? -1
                              : ::open(path_of(root).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return file_error(error ? error.value() : errno, root, "make the folder");
  std::size_t begin = 0;
  for (auto slash = key.find('/'); slash != std::string_view::npos; slash = key.find('/', begin)) {
    folder = open_or_make_folder(folder.get(), std::string(key.substr(begin, slash - begin)),
                                 durability);
    if (!folder) return file_error(errno, below(root, key.substr(0, slash)), "make the folder");
    begin = slash + 1;
  }
  return folder;
}

/// Writes all of it. Sets errno.
bool write_whole(int file, std::string_view contents, Durability durability) {
  while (!contents.empty()) {
    const auto count = ::write(file, contents.data(), contents.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    contents.remove_prefix(static_cast<std::size_t>(count));
  }
  return durability == Durability::Program || ::fsync(file) == 0;
}

/// How giving a whole file its name ended; the rest is an errno.
constexpr int linked = 0;

int link_unnamed(int file, int folder, const std::string& name) {
  const std::string handle = fmt::format("/proc/self/fd/{}", file);
  return ::linkat(AT_FDCWD, handle.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? linked
                                                                                          : errno;
}

/// File systems without hard links can at least rename without replacing.
int link_named(int folder, const std::string& temporary, const std::string& name) {
  if (::linkat(folder, temporary.c_str(), folder, name.c_str(), 0) == 0) return linked;
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return errno;
  return ::renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0
             ? linked
             : errno;
}

std::string temporary_name() {
  std::array<unsigned char, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return {};
  std::string name = ".drover-";
  for (const auto byte : random) name += fmt::format("{:02x}", byte);
  return name + ".part";
}

/// Writes under a temporary name first. Returns `linked` or an errno.
int write_by_temporary_name(int folder, const std::string& name, std::string_view contents,
                            Durability durability) {
  const std::string temporary = temporary_name();
  const FileDescriptor file(
      ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
  if (!file) return errno;
  const int outcome =
      write_whole(file.get(), contents, durability) ? link_named(folder, temporary, name) : errno;
  ::unlinkat(folder, temporary.c_str(), 0);  // After a rename there is nothing left to remove.
  return outcome;
}

/// Writes and names the file. Returns `linked` or an errno, EEXIST if the name is taken.
int write_and_link(int folder, const std::string& name, std::string_view contents,
                   Durability durability) {
  const FileDescriptor file(::openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, file_mode));
  const bool unsupported = !file && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL);
  if (unsupported) return write_by_temporary_name(folder, name, contents, durability);
  if (!file) return errno;
  if (!write_whole(file.get(), contents, durability)) return errno;
  const int outcome = link_unnamed(file.get(), folder, name);
  const bool no_handle =
      outcome == ENOENT || outcome == EPERM || outcome == EOPNOTSUPP;  // No /proc, or no links.
  return no_handle ? write_by_temporary_name(folder, name, contents, durability) : outcome;
}

/// Size and hash of the file that is there already.
Result<StoredObject> adopt(int folder, const std::string& name, const ObjectUri& uri) {
  const FileDescriptor file(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  const bool is_file = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file)
    return fail(
        ErrorCode::Exists,
        fmt::format("cannot write {}: a folder or a link of that name is there", to_string(uri)));
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  std::array<char, 65536> buffer{};
  std::uint64_t length = 0;
  while (true) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, uri, "read");
    if (count == 0) break;
    XXH3_64bits_update(hash.get(), buffer.data(), static_cast<std::size_t>(count));
    length += static_cast<std::uint64_t>(count);
  }
  return StoredObject{uri, Bytes{length}, XXH3_64bits_digest(hash.get()), true};
}

}  // namespace

Result<StoredObject> create_file(const ObjectUri& root, std::string_view key,
                                 std::string_view contents, Durability durability) {
  const ObjectUri uri = below(root, key);
  if (!stays_below(key))
    return fail(ErrorCode::Invalid, fmt::format("'{}' is no name below {}", key, to_string(root)));
  const auto folder = open_folder_of(root, key, durability);
  if (!folder) return tl::unexpected(folder.error());
  const std::string name(file_name(uri));
  const int outcome = write_and_link(folder->get(), name, contents, durability);
  if (outcome == EEXIST) return adopt(folder->get(), name, uri);
  if (outcome != linked) return file_error(outcome, uri, "write");
  if (durability == Durability::Machine && sync_folder(folder->get()) != 0)
    return file_error(errno, uri, "write");
  return StoredObject{uri, Bytes{contents.size()}, content_hash(contents), false};
}

}  // namespace drover
