#pragma once

#include <filesystem>
#include <string>

namespace drover::worker {

/// The name of the file, without its folder, and what tells its contents from others: alike on all
/// machines that have the same file. Only the name where it cannot be read.
std::string digest_of(const std::filesystem::path& file);

}  // namespace drover::worker
