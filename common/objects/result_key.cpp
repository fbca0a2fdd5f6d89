#include "common/objects/result_key.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace drover {
namespace {

constexpr std::size_t max_name_bytes = 255;  // Of every file system in use.

/// Does the name end in `~` and digits, as if it had an ordinal?
bool ends_like_an_ordinal(std::string_view name) {
  const auto tilde = name.rfind('~');
  if (tilde == std::string_view::npos || tilde + 1 == name.size()) return false;
  const auto digits = name.substr(tilde + 1);
  return std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// At most 255 bytes with `suffix`; the cut does not fall into a letter.
std::string fitting(std::string_view name, std::string_view suffix) {
  if (name.size() + suffix.size() <= max_name_bytes) return fmt::format("{}{}", name, suffix);
  const auto hash = fmt::format("~{:016x}", XXH3_64bits(name.data(), name.size()));
  std::size_t kept =
      max_name_bytes - hash.size() - std::min(suffix.size(), max_name_bytes - hash.size());
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xc0U) == 0x80) --kept;
  return fmt::format("{}{}{}", name.substr(0, kept), hash, suffix);
}

/// A text of no known form as one harmless name.
std::string as_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c == '/' || c == '%' || c == '\0')
      name += fmt::format("%{:02X}", static_cast<unsigned>(c));
    else
      name += c;
  }
  const bool is_no_name = name.empty() || name == "." || name == "..";
  return is_no_name ? "%" + name : name;
}

/// Where the item lies below the common folder; items that share no folder are told apart by scheme
/// and bucket. Two names at least, or one that as_name() gives to no text.
std::string path_of_item(const ResultOwner& owner) {
  const auto uri = parse_uri(owner.item);
  if (!uri) return as_name(owner.item);
  if (owner.common_folder) {
    const auto path = path_below(*owner.common_folder, *uri);
    if (path && !path->empty()) return std::string(*path);
  }
  if (uri->scheme == ObjectUri::Scheme::S3)
    return fmt::format("s3/{}{}{}", uri->bucket, uri->path.empty() ? "" : "/", uri->path);
  return uri->path.empty() ? "%root" : "file/" + uri->path;
}

}  // namespace

std::string result_key(const ResultOwner& owner, std::string_view suffix) {
  const std::string path = path_of_item(owner);
  std::string key =
      fmt::format("{}/{}", fitting(as_name(owner.run), {}), fitting(as_name(owner.step), {}));
  std::string_view rest = path;
  for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    key += '/' + fitting(rest.substr(0, slash), {});
    rest.remove_prefix(slash + 1);
  }
  std::string name(rest);
  if (owner.ordinal > 1 || ends_like_an_ordinal(name)) name += fmt::format("~{}", owner.ordinal);
  return key + '/' + fitting(name, suffix);
}

}  // namespace drover
