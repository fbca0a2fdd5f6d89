#include "models/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "common/check.hpp"

namespace drover::models {

std::string sha256_hex(std::span<const char> bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  CHECK(done == 1 && length == digest.size(), "length {}", length);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace drover::models
