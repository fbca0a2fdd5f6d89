#include "agent/host/log_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace drover::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_known_intervals = 20'000;
constexpr std::size_t max_known_epochs = 16;

std::string read_at(int descriptor, std::uint64_t from, std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t part =
        pread(descriptor, bytes.data() + done, size - done, static_cast<off_t>(from + done));
    if (part <= 0) break;
    done += static_cast<std::size_t>(part);
  }
  bytes.resize(done);
  return bytes;
}

void punch(int descriptor, std::uint64_t begin, std::uint64_t end) {
  if (end <= begin) return;
  // Where the file system has no holes the bytes stay; what is shown is bounded either way.
  fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
            static_cast<off_t>(end - begin));
}

}  // namespace

LogStore::Spool::~Spool() {
  std::error_code ignored;
  fs::remove(path, ignored);
}

std::uint64_t LogStore::Spool::size() const {
  struct stat info {};
  return fstat(descriptor.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

Result<std::unique_ptr<LogStore>> LogStore::open(const fs::path& folder, Limits limits) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::Unavailable, fmt::format("the folder for output of workers, {}: {}",
                                                    folder.string(), error.message()));
  }
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".log") fs::remove(entry.path(), error);
  }
  return std::unique_ptr<LogStore>(new LogStore(folder, limits));
}

Result<int> LogStore::new_spool(std::uint32_t slot) {
  const std::scoped_lock lock(mutex_);
  const fs::path path = folder_ / fmt::format("slot-{}-{}.log", slot, ++spools_);
  UniqueFd descriptor(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!descriptor) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  auto& spool = slots_[slot].spool;
  spool = std::shared_ptr<Spool>(new Spool{path, std::move(descriptor)});
  return spool->descriptor.get();
}

void LogStore::begin_lease(std::uint32_t slot, const LeaseId& lease, Range items) {
  const std::scoped_lock lock(mutex_);
  auto& at = slots_[slot];
  at.running = true;
  at.lease = lease;
  at.items = items;
  at.next = items.first;
  at.from = at.spool ? at.spool->size() : 0;
  remember(lease);
}

void LogStore::mark(std::uint32_t slot, ItemIndex item, std::uint64_t end) {
  const std::scoped_lock lock(mutex_);
  auto& at = slots_[slot];
  if (!at.running || !at.items.contains(item) || item < at.next || end < at.from) return;
  add_slice(at, item + 1, std::min(end, at.spool->size()));
}

void LogStore::end_lease(std::uint32_t slot, ItemIndex last) {
  const std::scoped_lock lock(mutex_);
  auto& at = slots_[slot];
  if (!at.running) return;
  // Output after the last item's end is that item's: it was flushed late.
  const ItemIndex end = std::min(std::max(last, at.next), at.items.last);
  if (end > at.next) {
    add_slice(at, end, at.spool->size());
  } else if (!at.slices.empty() && at.slices.back().lease == at.lease &&
             at.slices.back().end == at.from) {
    auto& late = at.slices.back();
    at.kept_bytes -= late.kept(limits_.attempt_bytes);
    late.end = at.spool->size();
    at.kept_bytes += late.kept(limits_.attempt_bytes);
  }
  at.running = false;
}

void LogStore::trim_running(std::uint32_t slot) {
  const std::scoped_lock lock(mutex_);
  const auto& at = slots_[slot];
  if (at.running) punch_middle(*at.spool, at.from, at.spool->size());
}

void LogStore::add_slice(Slot& slot, ItemIndex last, std::uint64_t end) {
  if (end > slot.from) {
    Slice slice{slot.lease, {slot.next, last}, slot.spool, slot.from, end};
    punch_middle(*slot.spool, slice.begin, slice.end);
    slot.kept_bytes += slice.kept(limits_.attempt_bytes);
    slot.slices.push_back(std::move(slice));
  }
  slot.next = last;
  slot.from = std::max(slot.from, end);
  while (slot.slices.size() > 1 &&
         (slot.kept_bytes > limits_.slot_bytes || slot.slices.size() > limits_.slot_slices)) {
    const Slice& oldest = slot.slices.front();
    punch(oldest.spool->descriptor.get(), oldest.begin, oldest.end);
    slot.kept_bytes -= oldest.kept(limits_.attempt_bytes);
    known_[oldest.lease.epoch].erase({oldest.lease.number, oldest.lease.number + 1});
    slot.slices.pop_front();
  }
}

void LogStore::remember(const LeaseId& lease) {
  auto& numbers = known_[lease.epoch];
  numbers.insert({lease.number, lease.number + 1});
  if (numbers.intervals() > max_known_intervals) numbers.erase(numbers.front());
  if (known_.size() > max_known_epochs) known_.erase(known_.begin());
}

bool LogStore::knows(const LeaseId& lease) const {
  const auto numbers = known_.find(lease.epoch);
  return numbers != known_.end() && numbers->second.contains(lease.number);
}

void LogStore::punch_middle(const Spool& spool, std::uint64_t begin, std::uint64_t end) const {
  if (end - begin <= limits_.attempt_bytes) return;
  const std::uint64_t half = limits_.attempt_bytes / 2;
  punch(spool.descriptor.get(), begin + half, end - half);
}

Result<LogStore::Text> LogStore::read(const LeaseId& lease, ItemIndex item) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, slot] : slots_) {
    const auto found = std::find_if(
        slot.slices.rbegin(), slot.slices.rend(),
        [&](const Slice& slice) { return slice.lease == lease && slice.items.contains(item); });
    if (found != slot.slices.rend()) return text_of(*found, false);
    if (slot.running && slot.lease == lease && slot.next <= item && item < slot.items.last) {
      return text_of({lease, {slot.next, item + 1}, slot.spool, slot.from, slot.spool->size()},
                     true);
    }
  }
  if (!knows(lease)) {
    return fail(ErrorCode::NotFound, "what that attempt wrote is not kept any more");
  }
  return Text{};
}

LogStore::Text LogStore::text_of(const Slice& slice, bool running) const {
  Text text;
  const int descriptor = slice.spool->descriptor.get();
  const std::uint64_t size = slice.end - slice.begin;
  const std::uint64_t most = std::min(limits_.answer_bytes, limits_.attempt_bytes);
  if (size <= most) {
    text.bytes = read_at(descriptor, slice.begin, size);
  } else {
    const std::uint64_t half = most / 2;
    text.bytes = read_at(descriptor, slice.begin, half) +
                 fmt::format("\n[... {} bytes left out ...]\n", size - 2 * half) +
                 read_at(descriptor, slice.end - half, half);
    text.note = fmt::format("{} of {} bytes are shown, the beginning and the end", 2 * half, size);
  }
  const auto add = [&](const std::string& more) {
    if (!text.note.empty()) text.note += "; ";
    text.note += more;
  };
  if (slice.items.size() > 1 && !running) {
    add(fmt::format(
        "items {} to {} ran too quickly to be told apart: this is what they wrote together",
        slice.items.first, slice.items.last - 1));
  }
  if (running) add("the attempt is not over; more may come");
  return text;
}

std::string LogStore::last_words(std::uint32_t slot, std::uint64_t most) const {
  const std::scoped_lock lock(mutex_);
  const auto at = slots_.find(slot);
  if (at == slots_.end() || !at->second.spool) return {};
  const std::uint64_t size = at->second.spool->size();
  const std::uint64_t from = size - std::min(size, most);
  return read_at(at->second.spool->descriptor.get(), from, size - from);
}

}  // namespace drover::agent
