#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace drover::daemon {

/// `$DROVER_STATE`, else `$XDG_STATE_HOME/drover`, else `~/.local/state/drover`, else a folder of
/// the user's in the temporary one.
std::filesystem::path default_state_folder();

/// The folder's absolute path as people write it: no `.`, no `/` at the end; links stay.
std::string absolute_folder(const std::filesystem::path& folder);

/// Makes the folder, for its owner only.
/// Errors: Unavailable, naming the folder and why.
Result<void> make_state_folder(const std::filesystem::path& folder);

/// Replaces a small file of facts (addresses, process ids) as a whole, so that no reader sees half
/// of it. Errors: Full; Unavailable; both name the file and why.
Result<void> write_facts(const std::filesystem::path& folder, std::string_view name,
                         std::string_view text);

/// Errors: NotFound where there is no such file; Unavailable, naming it and why.
Result<std::string> read_facts(const std::filesystem::path& folder, std::string_view name);

}  // namespace drover::daemon
