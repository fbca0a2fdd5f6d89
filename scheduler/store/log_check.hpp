#pragma once

#include <filesystem>

namespace drover::scheduler {

/// Has a write-ahead log lost commits in its midst?
///
/// SQLite takes a log up to the first frame that does not fit its checksum, and drops the rest
/// without a word. That is right for a commit that a power cut interrupted: it was never
/// acknowledged, and nothing follows it, for each commit is synchronised before the next one
/// begins. So more than one commit behind the first bad frame proves damage. Damage to the newest
/// commit alone looks like such a power cut and is not found.
///
/// Requires  The log was emptied when it was last opened, so it holds no frames of older accidents.
/// Source    SQLite's file format, "WAL file format".
bool log_has_lost_commits(const std::filesystem::path& log);

}  // namespace drover::scheduler
