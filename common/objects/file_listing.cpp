#include "common/objects/file_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <utility>

#include "common/objects/file_errors.hpp"

namespace drover {
namespace {

/// A name in a folder; a folder's has a '/' behind it. So sorting the names of each folder sorts
/// the paths.
using Entry = std::string;

bool is_folder(const Entry& entry) { return entry.ends_with('/'); }

/// Which folder it is, whatever path led there.
struct Identity {
  dev_t device = 0;
  ino_t number = 0;
  auto operator<=>(const Identity&) const = default;
};

struct Folder {
  std::string path;            ///< Below the listed folder; empty, or ends in '/'.
  std::vector<Entry> entries;  ///< Sorted.
  std::size_t next = 0;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

enum class EntryKind : std::uint8_t { File, Folder, LinkToFolder };

/// What cannot be looked at is taken for a file: reading it says why.
EntryKind kind_of(DIR* folder, const dirent& entry) {
  const char* name = static_cast<const char*>(entry.d_name);
  if (entry.d_type == DT_DIR) return EntryKind::Folder;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return EntryKind::File;
  struct stat status {};
  if (::fstatat(::dirfd(folder), name, &status, 0) != 0 || !S_ISDIR(status.st_mode))
    return EntryKind::File;
  const bool itself = entry.d_type == DT_UNKNOWN &&
                      ::fstatat(::dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISDIR(status.st_mode);
  return itself ? EntryKind::Folder : EntryKind::LinkToFolder;
}

/// The path without links and with a '/' behind it; empty where it cannot be told.
std::string real_folder(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), &::free);
  if (!real) return {};
  std::string text = real.get();
  if (!text.ends_with('/')) text += '/';
  return text;
}

class FileListing final : public Listing {
 public:
  FileListing(ObjectUri root, std::string_view start_after)
      : root_(std::move(root)),
        real_root_(real_folder(path_of(root_))),
        start_after_(start_after) {}

  Result<void> enter(std::string path) {
    const ObjectUri uri =
        path.empty() ? root_ : below(root_, std::string_view(path).substr(0, path.size() - 1));
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path_of(uri).c_str()));
    if (!folder) return file_error(errno, uri, "list");
    struct stat status {};
    if (::fstat(::dirfd(folder.get()), &status) != 0) return file_error(errno, uri, "list");
    // A link to what is listed already, or is being listed.
    if (!entered_.insert({status.st_dev, status.st_ino}).second) return {};
    Folder read{std::move(path), {}};
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr) break;
      Entry name = static_cast<const char*>(entry->d_name);
      if (name == "." || name == "..") continue;
      const EntryKind kind = kind_of(folder.get(), *entry);
      if (kind == EntryKind::LinkToFolder && leads_into_root(path_of(uri) + "/" + name)) continue;
      if (kind != EntryKind::File) name += '/';
      read.entries.push_back(std::move(name));
    }
    if (errno != 0) return file_error(errno, uri, "list");
    std::sort(read.entries.begin(), read.entries.end());
    open_.push_back(std::move(read));
    return {};
  }

  Result<std::vector<ObjectUri>> next(std::size_t at_most) override {
    std::vector<ObjectUri> page;
    while (page.size() < at_most && !open_.empty()) {
      Folder& innermost = open_.back();
      if (innermost.next == innermost.entries.size()) {
        open_.pop_back();
        continue;
      }
      const Entry& entry = innermost.entries[innermost.next++];
      std::string path = innermost.path + entry;
      if (is_folder(entry)) {
        // Also those before start_after_: what they hold decides what links to it add.
        if (auto entered = enter(std::move(path)); !entered) {
          open_.clear();
          return tl::unexpected(entered.error());
        }
      } else if (path > start_after_) {
        page.push_back(below(root_, path));
      }
    }
    return page;
  }

 private:
  /// What lies in the listed folder is listed under the names it has there, whichever sorts first.
  bool leads_into_root(const std::string& link) const {
    const std::string real = real_folder(link);
    return !real_root_.empty() && real.starts_with(real_root_);
  }

  ObjectUri root_;
  std::string real_root_;
  std::string start_after_;
  std::set<Identity> entered_;
  std::vector<Folder> open_;  // From the listed folder to the current one.
};

/// A listing of one object: the "folder" is a file.
class OneObject final : public Listing {
 public:
  explicit OneObject(ObjectUri uri) : left_{std::move(uri)} {}
  Result<std::vector<ObjectUri>> next(std::size_t at_most) override {
    if (at_most == 0) return std::vector<ObjectUri>{};
    return std::exchange(left_, {});
  }

 private:
  std::vector<ObjectUri> left_;
};

}  // namespace

Result<std::unique_ptr<Listing>> list_files(const ObjectUri& folder, std::string_view start_after) {
  struct stat status {};
  if (::stat(path_of(folder).c_str(), &status) != 0) return file_error(errno, folder, "list");
  if (!S_ISDIR(status.st_mode)) return std::make_unique<OneObject>(folder);
  auto listing = std::make_unique<FileListing>(folder, start_after);
  if (auto entered = listing->enter({}); !entered) return tl::unexpected(entered.error());
  return listing;
}

}  // namespace drover
