#pragma once

#include <string>
#include <string_view>

#include "common/objects/object_uri.hpp"
#include "common/result.hpp"

namespace drover {

/// The path as system calls take it.
std::string path_of(const ObjectUri& uri);

/// An error of the system as a sentence, `doing` being "read", "list" or "write". A missing file
/// says whether this machine has at least its folder: the folder may be another machine's.
tl::unexpected<Error> file_error(int error, const ObjectUri& uri, std::string_view doing);

}  // namespace drover
