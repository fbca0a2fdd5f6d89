#pragma once

#include "common/result.hpp"
#include "common/wire/client_messages.hpp"

namespace drover::tools {

/// Prints an error on standard error; returns the exit status it means.
int print(const Error& error);

/// Prints what is wrong with a workflow; returns the exit status it means.
int print(const wire::Rejected& rejected, bool json);

}  // namespace drover::tools
