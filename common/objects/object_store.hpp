#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/objects/object_uri.hpp"
#include "common/result.hpp"
#include "common/units.hpp"

namespace drover {

/// The objects of a folder, page by page.
class Listing {
 public:
  virtual ~Listing() = default;

  /// The next objects, `at_most` of them, in byte order of their paths; none at the end.
  /// A listing that gave an error is over.
  virtual Result<std::vector<ObjectUri>> next(std::size_t at_most) = 0;
};

/// What lies where a result was to be written.
struct StoredObject {
  ObjectUri uri;
  Bytes size;
  std::uint64_t hash = 0;  ///< XXH3, 64 bits, of its contents.
  bool adopted = false;    ///< It was there before: size and hash are those of the older contents.
};

/// What a finished write survives.
enum class Durability : std::uint8_t {
  Program,  ///< The end of this program. After a power cut the file may be there and empty.
  Machine,  ///< A power cut: file and folders are synchronised to the disk.
};

/// Where inputs are read and result files are written: a file system now, S3 behind the same calls.
///
/// Threads  Any; every call stands for itself. A Listing belongs to one thread.
/// Errors   Name the object. NotFound (also: this machine cannot see it), Invalid (a folder where a
/// file is wanted, no
///          permission), TooLarge, Exists (something that is no file is in the way), Full,
///          Unavailable (may be better later), Unsupported (the scheme of the URI).
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// All objects below `folder`, also in folders below it; if it is an object itself, that one.
  /// Links are followed, and no folder is listed twice: a link to a folder inside `folder` adds
  /// nothing, and of several to one outside the first in byte order counts, so links in a circle
  /// end. A link to a file is an object with a name of its own. Hidden files are listed too, and so
  /// are links that lead nowhere: reading them fails by name, where leaving them out would be
  /// silent. Only paths below `folder` that come after `start_after` in byte order are
  /// given.
  virtual Result<std::unique_ptr<Listing>> list(const ObjectUri& folder,
                                                std::string_view start_after = {}) = 0;

  virtual Result<Bytes> size(const ObjectUri& uri) = 0;

  /// Another number once the object was written anew; made of its size and modification time.
  /// 0 where it cannot be looked at.
  virtual std::uint64_t stamp(const ObjectUri& uri) = 0;

  /// The whole contents into `contents`, whose memory is used again. TooLarge above `limit`.
  virtual Result<void> get(const ObjectUri& uri, Bytes limit, std::string& contents) = 0;

  /// Writes an object that is seen whole or not at all and never replaces another: of several
  /// writers one wins, and the others adopt what it wrote. `key` is a path below `folder`
  /// (result_key); folders are made as needed. No link below `folder` is followed, so that nothing
  /// is written outside it.
  virtual Result<StoredObject> create(const ObjectUri& folder, std::string_view key,
                                      std::string_view contents, Durability durability) = 0;
};

/// The store for every URI that parse_uri accepts.
std::unique_ptr<ObjectStore> make_object_store();

/// XXH3, 64 bits: the hash that StoredObject has.
std::uint64_t content_hash(std::string_view contents);

}  // namespace drover
