#include "common/objects/object_uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "common/utf8.hpp"

namespace drover {
namespace {

constexpr std::size_t max_path_bytes = 4'095;
constexpr std::size_t max_key_bytes = 1'024;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// For error messages: the text in quotes, without what would spoil a terminal, and not endless.
std::string quoted(std::string_view text) {
  std::string shown = repaired_utf8(text.substr(0, 200));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  return fmt::format("'{}{}'", shown, text.size() > 200 ? "..." : "");
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view reason) {
  return fail(ErrorCode::Invalid, fmt::format("{}: {}", quoted(text), reason));
}

/// The scheme in front of the first colon, in lower case; empty for a path. `C:\x` and `a/b:c` are
/// paths.
std::string scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  std::string scheme;
  for (const char c : text.substr(0, colon)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed =
        std::isalpha(byte) != 0 ||
        (!scheme.empty() && (std::isdigit(byte) != 0 || c == '+' || c == '-' || c == '.'));
    if (!allowed) return {};
    scheme += static_cast<char>(std::tolower(byte));
  }
  return scheme;
}

/// Cuts at each '/' and calls `take(name)`, also for empty names, until it returns false.
template <class Take>
bool each_name(std::string_view path, Take take) {
  while (true) {
    const auto slash = path.find('/');
    if (!take(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

void append_name(std::string& path, std::string_view name) {
  if (!path.empty()) path += '/';
  path += name;
}

/// Drops the last name; false where there is none.
bool drop_name(std::string& path) {
  if (path.empty()) return false;
  const auto slash = path.rfind('/');
  path.resize(slash == std::string::npos ? 0 : slash);
  return true;
}

Result<ObjectUri> parse_path(std::string_view text, std::string_view base) {
  if (text.find('\0') != std::string_view::npos) return refuse(text, "a path holds no NUL");
  std::string whole;
  if (!text.starts_with('/')) {
    if (!base.starts_with('/'))
      return refuse(text, "not an absolute path; write it from the root on: /folder/file");
    whole.append(base).append("/");
  }
  whole += text;
  ObjectUri uri;
  const bool inside = each_name(whole, [&](std::string_view name) {
    if (name.empty() || name == ".") return true;
    if (name == "..") return drop_name(uri.path);
    append_name(uri.path, name);
    return true;
  });
  if (!inside) return refuse(text, "'..' leads above the root folder");
  if (uri.path.size() + 1 > max_path_bytes) return refuse(text, "a path has at most 4,095 bytes");
  return uri;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decoded(std::string_view text, std::string_view encoded) {
  std::string bytes;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const char c = encoded[i];
    if (c == '#' || c == '?' || c == '\\')
      return refuse(text,
                    fmt::format("in a URI '{}' is written %{:02X}", c, static_cast<unsigned>(c)));
    if (is_control(c))
      return refuse(text, fmt::format("in a URI this control character is written %{:02X}",
                                      static_cast<unsigned>(c)));
    if (c != '%') {
      bytes += c;
      continue;
    }
    const int high = i + 1 < encoded.size() ? hex_digit(encoded[i + 1]) : -1;
    const int low = i + 2 < encoded.size() ? hex_digit(encoded[i + 2]) : -1;
    if (high < 0 || low < 0)
      return refuse(text,
                    "in a URI '%' is followed by two hex digits; a '%' itself is written %25");
    const auto byte = static_cast<char>(high * 16 + low);
    if (byte == '\0' || byte == '/')
      return refuse(text, "a name holds neither NUL nor an encoded '/'");
    bytes += byte;
    i += 2;
  }
  return bytes;
}

/// The path of a URI. `folding` takes double slashes and `.` as what they are for files; S3 would
/// tell them apart.
Result<std::string> parse_names(std::string_view text, std::string_view encoded, bool folding) {
  auto bytes = decoded(text, encoded);
  if (!bytes) return bytes;
  if (bytes->ends_with('/')) bytes->pop_back();
  if (bytes->empty()) return bytes;
  std::string path;
  std::string_view reason;
  each_name(*bytes, [&](std::string_view name) {
    if (name == "..") reason = "'..' is no name of an object";
    if (!folding && name == ".") reason = "'.' is no name of an object";
    if (!folding && name.empty()) reason = "a key with '//' or a leading '/' is not supported";
    if (!name.empty() && name != ".") append_name(path, name);
    return reason.empty();
  });
  if (!reason.empty()) return refuse(text, reason);
  return path;
}

Result<ObjectUri> parse_file_uri(std::string_view text, std::string_view rest) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const auto slash = rest.find('/');
    const auto host = rest.substr(0, slash);
    if (!host.empty() && host != "localhost")
      return refuse(
          text,
          fmt::format(
              "'{}' is read as the name of a host; a file on this machine is file:///folder/file",
              host));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  }
  if (!rest.starts_with('/')) return refuse(text, "a file: URI is absolute: file:///folder/file");
  return parse_names(text, rest.substr(1), true)
      .and_then([&](std::string path) -> Result<ObjectUri> {
        if (path.size() + 1 > max_path_bytes) return refuse(text, "a path has at most 4,095 bytes");
        return ObjectUri{ObjectUri::Scheme::File, {}, std::move(path)};
      });
}

/// Source: the naming rules of S3 buckets.
bool is_bucket_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), allowed) &&
         name.front() != '.' && name.front() != '-' && name.back() != '.' && name.back() != '-' &&
         name.find("..") == std::string_view::npos;
}

Result<ObjectUri> parse_s3_uri(std::string_view text, std::string_view rest) {
  if (!rest.starts_with("//")) return refuse(text, "an S3 URI is s3://bucket/key");
  rest.remove_prefix(2);
  const auto slash = rest.find('/');
  const auto bucket = rest.substr(0, slash);
  if (!is_bucket_name(bucket))
    return refuse(
        text,
        fmt::format("'{}' is no name of a bucket (3 to 63 of a-z, 0-9, '-' and '.')", bucket));
  const auto key = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return parse_names(text, key, false).and_then([&](std::string path) -> Result<ObjectUri> {
    if (path.size() > max_key_bytes) return refuse(text, "an S3 key has at most 1,024 bytes");
    return ObjectUri{ObjectUri::Scheme::S3, std::string(bucket), std::move(path)};
  });
}

/// Whether a byte of a URI must be encoded. Letters of other scripts stay as they are where they
/// are UTF-8.
bool is_encoded(char c, bool ascii_only) {
  if (is_control(c)) return true;
  if (static_cast<unsigned char>(c) >= 0x80) return ascii_only;
  return std::string_view(" %#?\\\"<>`{}|^").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view path) {
  const bool ascii_only = !is_utf8(path);
  std::string text;
  for (const char c : path) {
    if (is_encoded(c, ascii_only))
      text += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      text += c;
  }
  return text;
}

bool can_be_shown(std::string_view path) {
  return std::none_of(path.begin(), path.end(), is_control) && is_utf8(path);
}

}  // namespace

Result<ObjectUri> parse_uri(std::string_view text, std::string_view base) {
  if (text.empty()) return fail(ErrorCode::Invalid, "an empty text names no object");
  const auto scheme = scheme_of(text);
  if (scheme.empty()) return parse_path(text, base);
  const auto rest = text.substr(scheme.size() + 1);
  if (scheme == "file") return parse_file_uri(text, rest);
  if (scheme == "s3") return parse_s3_uri(text, rest);
  return fail(ErrorCode::Unsupported, fmt::format("{}: no objects are known by '{}:'; there are "
                                                  "plain paths, file: and s3: (a relative path "
                                                  "with a colon in it is written ./{})",
                                                  quoted(text), scheme, text.substr(0, 40)));
}

std::string to_string(const ObjectUri& uri) {
  if (uri.scheme == ObjectUri::Scheme::S3) return "s3://" + uri.bucket + "/" + encoded(uri.path);
  return (can_be_shown(uri.path) ? "/" + uri.path : "file:///" + encoded(uri.path));
}

std::string_view file_name(const ObjectUri& uri) {
  return std::string_view(uri.path).substr(uri.path.rfind('/') + 1);
}

ObjectUri folder_of(const ObjectUri& uri) {
  ObjectUri folder = uri;
  drop_name(folder.path);
  return folder;
}

ObjectUri below(const ObjectUri& folder, std::string_view key) {
  ObjectUri uri = folder;
  if (!key.empty()) append_name(uri.path, key);
  return uri;
}

std::optional<std::string_view> path_below(const ObjectUri& folder, const ObjectUri& uri) {
  if (folder.scheme != uri.scheme || folder.bucket != uri.bucket) return std::nullopt;
  std::string_view path = uri.path;
  if (folder.path.empty()) return path;
  if (!path.starts_with(folder.path) || path.size() <= folder.path.size() ||
      path[folder.path.size()] != '/')
    return std::nullopt;
  return path.substr(folder.path.size() + 1);
}

std::optional<ObjectUri> common_folder(const ObjectUri& folder, const ObjectUri& uri) {
  if (folder.scheme != uri.scheme || folder.bucket != uri.bucket) return std::nullopt;
  ObjectUri common = folder;
  while (!path_below(common, uri)) drop_name(common.path);
  return common;
}

}  // namespace drover
