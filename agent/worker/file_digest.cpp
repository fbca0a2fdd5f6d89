#include "agent/worker/file_digest.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <fstream>
#include <memory>
#include <vector>

namespace drover::worker {

std::string digest_of(const std::filesystem::path& file) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> part(1 << 20);
  do {
    stream.read(part.data(), static_cast<std::streamsize>(part.size()));
    XXH3_64bits_update(state.get(), part.data(), static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  return fmt::format("{} {:016x}\n", file.filename().string(), XXH3_64bits_digest(state.get()));
}

}  // namespace drover::worker
