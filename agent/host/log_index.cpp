#include "agent/host/log_index.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

namespace drover::agent {
namespace {

constexpr std::size_t words = 9;
constexpr std::size_t record_bytes = words * sizeof(std::uint64_t);
constexpr std::size_t most_waiting_bytes = 1U << 20U;
using Words = std::array<std::uint64_t, words>;

std::uint64_t checksum_of(const Words& line) {
  return XXH3_64bits(line.data(), record_bytes - sizeof(std::uint64_t));
}

void put(const LogRecord& record, std::string& out) {
  Words line{static_cast<std::uint64_t>(record.kind) << 32U | record.slot,
             record.spool,
             record.lease.epoch,
             record.lease.number,
             record.items.first,
             record.items.last,
             record.begin,
             record.end,
             0};
  line.back() = checksum_of(line);
  out.append(reinterpret_cast<const char*>(line.data()), record_bytes);
}

std::optional<LogRecord> record_at(const char* bytes) {
  Words line;
  std::memcpy(line.data(), bytes, record_bytes);
  const std::uint64_t kind = line[0] >> 32U;
  if (line.back() != checksum_of(line) || kind < 1 || kind > 4) return std::nullopt;
  return LogRecord{static_cast<LogRecord::Kind>(kind),
                   static_cast<std::uint32_t>(line[0]),
                   line[1],
                   {line[2], line[3]},
                   {line[4], line[5]},
                   line[6],
                   line[7]};
}

bool write_at(int descriptor, std::string_view bytes, std::size_t at) {
  while (!bytes.empty()) {
    const ssize_t part = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(part));
    at += static_cast<std::size_t>(part);
  }
  return true;
}

UniqueFd open_file(const std::filesystem::path& file, int more) {
  return UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | more, S_IRUSR | S_IWUSR));
}

}  // namespace

Result<LogIndex> LogIndex::open(const std::filesystem::path& file, std::vector<LogRecord>& found) {
  UniqueFd descriptor = open_file(file, 0);
  struct stat info {};
  if (!descriptor || fstat(descriptor.get(), &info) != 0) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  }
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t size = pread(descriptor.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  std::size_t whole = 0;
  for (; whole + record_bytes <= bytes.size(); whole += record_bytes) {
    const auto record = record_at(bytes.data() + whole);
    if (!record) break;
    found.push_back(*record);
  }
  if (ftruncate(descriptor.get(), static_cast<off_t>(whole)) != 0) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  }
  return LogIndex(file, std::move(descriptor), whole / record_bytes);
}

void LogIndex::append(const LogRecord& record) { put(record, waiting_); }

void LogIndex::flush() {
  // Always behind the last whole record: what a failed write left is written over.
  if (write_at(descriptor_.get(), waiting_, records_ * record_bytes)) {
    records_ += waiting_.size() / record_bytes;
    waiting_.clear();
  } else if (waiting_.size() > most_waiting_bytes) {
    waiting_.clear();
  }
}

void LogIndex::rewrite(const std::vector<LogRecord>& records) {
  std::string bytes;
  for (const auto& record : records) put(record, bytes);
  std::filesystem::path fresh = file_;
  fresh += ".new";
  UniqueFd descriptor = open_file(fresh, O_TRUNC);
  std::error_code error;
  if (!descriptor || !write_at(descriptor.get(), bytes, 0) || fdatasync(descriptor.get()) != 0) {
    return;
  }
  std::filesystem::rename(fresh, file_, error);
  if (error) return;
  descriptor_ = std::move(descriptor);
  records_ = records.size();
  waiting_.clear();
}

}  // namespace drover::agent
