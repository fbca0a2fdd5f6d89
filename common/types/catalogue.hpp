#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/types/signature.hpp"

namespace drover {

/// The tasks that can be used, by name.
using Catalogue = std::map<std::string, Signature, std::less<>>;

}  // namespace drover
