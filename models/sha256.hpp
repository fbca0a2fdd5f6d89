#pragma once

#include <span>
#include <string>

namespace drover::models {

/// The SHA-256 of `bytes` as 64 lower-case hex digits.
///
/// Source   FIPS 180-4.
std::string sha256_hex(std::span<const char> bytes);

}  // namespace drover::models
