#include "scheduler/store/disk_room.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "common/spelling.hpp"
#include "common/units.hpp"

namespace drover::scheduler {

std::uint64_t kept_for_results(std::uint64_t disk_bytes) {
  constexpr std::uint64_t most = std::uint64_t{256} << 20U;
  return std::min(most, disk_bytes / 10);
}

Result<void> check_room(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return {};  // Whether the folder is still there is asked elsewhere.
  const std::uint64_t kept = kept_for_results(space.capacity);
  if (space.available >= kept) return {};
  return fail(ErrorCode::Full,
              fmt::format("storage low: the disk of {} has {} left, and new runs are taken from {} "
                          "on; free some space there (runs that there are go on)",
                          folder.string(), spoken(Bytes{space.available}), spoken(Bytes{kept})));
}

}  // namespace drover::scheduler
