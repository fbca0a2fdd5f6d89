#pragma once

#include <string>
#include <string_view>

namespace drover {

/// `s3://bucket/key`, `file:/path`: a scheme of two or more characters, then a colon.
bool has_scheme(std::string_view uri);

/// A path, or the path of a `file:` URI, made absolute from `working_directory`; other URIs as they
/// are.
///
/// `file://host/path` loses an empty host. `.` and repeated slashes go, so does the slash at the
/// end;
/// `..` is taken out only where it leads the path, because a folder below may be a link.
/// Requires: `working_directory` is absolute, and `uri` is not empty.
std::string absolute_uri(std::string_view uri, std::string_view working_directory);

}  // namespace drover
