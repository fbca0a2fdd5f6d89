#pragma once

#include <string>

namespace drover {

/// `0.1.0`
std::string version();

}  // namespace drover
