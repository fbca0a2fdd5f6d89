#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/wire/client_messages.hpp"
#include "tools/render/copyable.hpp"

/// What a command says to a person. Commands in it name the scheduler as this one did
/// (render/copyable.hpp); on a terminal lines break at blanks.
namespace drover::tools {

/// How commands that are printed name the scheduler; main() says it once, before anything is
/// printed.
void name_scheduler_in_commands(SchedulerWords words);

/// The text with its commands as they are to be printed: for what is laid out before it is said.
std::string copyable(std::string_view text);

/// Prints lines on standard output.
void say(const std::vector<std::string>& lines);

/// Prints on standard error what is not the command's answer: a line, or several.
void remark(std::string_view text);

/// Prints an error on standard error; returns the exit status it means.
int print(const Error& error);

/// Prints what is wrong with a workflow; returns the exit status it means.
int print(const wire::Rejected& rejected, bool json);

}  // namespace drover::tools
