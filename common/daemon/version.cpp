#include "common/daemon/version.hpp"

namespace drover {

std::string version() { return DROVER_VERSION; }

}  // namespace drover
