#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace drover {

/// Where an object lives: the parsed form of a value of type `uri`.
///
/// Two texts name the same object exactly if their parsed forms are equal, and to_string gives the
/// one canonical text: a plain absolute path for a file, `s3://bucket/key` for an S3 object.
struct ObjectUri {
  enum class Scheme : std::uint8_t { File, S3 };

  Scheme scheme = Scheme::File;
  std::string bucket;  ///< S3 only.
  /// Names joined by '/', as the bytes they are (nothing is encoded here); no name is empty, `.` or
  /// `..`. Empty for the root folder and for a whole bucket.
  std::string path;

  auto operator<=>(const ObjectUri&) const = default;
};

/// Reads a URI or a path.
///
/// A text without a scheme is a path and is taken literally: `%`, `#` and `?` are letters like
/// others. It may be relative to `base`, an absolute path; an empty `base` refuses relative ones.
/// `.`, `..` and double slashes are folded as text, without asking the file system. In `file:` and
/// `s3:` URIs %XX is decoded, and what would give one object two names or leave its folder is
/// refused: `..`, an encoded slash, a NUL; `#`, `?` and '\' must be encoded. S3 keys end at 1,024
/// bytes, paths at 4,095.
///
/// Errors   Invalid, Unsupported (a scheme that nobody here knows); the context quotes `text`.
/// Source   RFC 3986, with the schemes RFC 8089 (file) and S3's own.
Result<ObjectUri> parse_uri(std::string_view text, std::string_view base = {});

/// The canonical text; parse_uri reads it back. A path that cannot be shown as it is (control
/// characters, not UTF-8) is written as `file:///` with those bytes encoded.
std::string to_string(const ObjectUri& uri);

/// The last name of the path; empty for the root.
std::string_view file_name(const ObjectUri& uri);

/// The folder it lies in; the root's is the root.
ObjectUri folder_of(const ObjectUri& uri);

/// `folder` and below it `key`, which must be such a path as ObjectUri has.
ObjectUri below(const ObjectUri& folder, std::string_view key);

/// The path of `uri` under `folder`, or nothing where it is not below it.
std::optional<std::string_view> path_below(const ObjectUri& folder, const ObjectUri& uri);

/// The deepest folder that holds both; nothing where scheme or bucket differ. Folded over all items
/// of a step, beginning with the folder of the first, it is their longest common folder.
std::optional<ObjectUri> common_folder(const ObjectUri& folder, const ObjectUri& uri);

}  // namespace drover
