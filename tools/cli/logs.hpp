#pragma once

#include <string>
#include <vector>

#include "common/net/client.hpp"

namespace drover::tools {

/// Is it known that the attempt wrote nothing? Its agent knows, if it is there.
bool wrote_nothing(net::Client& client, const wire::Log& attempt);

/// The lines of an explanation; where an attempt wrote nothing its line says so, in place of the
/// command that would print it.
std::vector<std::string> without_empty_logs(net::Client& client, const wire::Explain& asked,
                                            const wire::Explanation& explanation);

}  // namespace drover::tools
