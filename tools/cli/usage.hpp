#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

/// What is said to somebody whose command line is not understood: what is wrong, what was likely
/// meant, and where to look.
namespace drover::tools {

/// Several lines, the last of them ended: `drover show: RUN is missing: an id, ...`, an example and
/// the command's help. `error` is what parsing `words` (without the program's name) with `app`
/// threw. Requires: footers of commands are `Example:  ...`.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error,
                       const std::vector<std::string>& words);

/// Takes whole numbers in [least, most].
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

}  // namespace drover::tools
