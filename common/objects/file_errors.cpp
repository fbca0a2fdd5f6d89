#include "common/objects/file_errors.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace drover {
namespace {

std::string name_of_this_machine() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this machine";
}

bool is_there(const ObjectUri& uri) {
  struct stat status {};
  return ::lstat(path_of(uri).c_str(), &status) == 0;
}

std::string missing(const ObjectUri& uri) {
  struct stat status {};
  if (is_there(uri) && ::stat(path_of(uri).c_str(), &status) != 0)
    return fmt::format("{} is a link that leads nowhere", to_string(uri));
  ObjectUri gap = uri;
  while (!gap.path.empty() && !is_there(folder_of(gap))) gap = folder_of(gap);
  if (gap == uri)
    return fmt::format("{} does not exist on {}", to_string(uri), name_of_this_machine());
  return fmt::format("{} cannot see {}: there is no {} on it", name_of_this_machine(),
                     to_string(uri), to_string(gap));
}

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT:
      return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
      return ErrorCode::Invalid;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::Full;
    case EFBIG:
      return ErrorCode::TooLarge;
    default:
      return ErrorCode::Unavailable;
  }
}

std::string reason_for(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return fmt::format("user {} of {} has no permission", ::geteuid(), name_of_this_machine());
    case EROFS:
      return "the file system is read-only";
    case ELOOP:
      return "links that lead in a circle, or a link where none is followed";
    case EISDIR:
      return "it is a folder";
    case ENOTDIR:
      return "a part of the path is a file or a link, not a folder";
    case ENAMETOOLONG:
      return "a name in it is too long";
    case ENOSPC:
      return "the disk is full";
    case EDQUOT:
      return "the disk quota is used up";
    case EMFILE:
    case ENFILE:
      return "too many files are open";
    default:
      break;
  }
  std::array<char, 128> text{};
  return ::strerror_r(error, text.data(), text.size());
}

}  // namespace

std::string path_of(const ObjectUri& uri) { return "/" + uri.path; }

tl::unexpected<Error> file_error(int error, const ObjectUri& uri, std::string_view doing) {
  if (error == ENOENT) return fail(ErrorCode::NotFound, missing(uri));
  return fail(code_of(error),
              fmt::format("cannot {} {}: {}", doing, to_string(uri), reason_for(error)));
}

}  // namespace drover
