#include "agent/host/log_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>

namespace drover::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_known_intervals = 20'000;
constexpr std::size_t max_known_epochs = 16;
constexpr std::size_t compact_after_records = 50'000;  // besides twice those that are needed

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
  if (!stays) fs::remove(path, ignored);
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
  std::vector<LogRecord> records;
  auto index = LogIndex::open(folder / "index", records);
  if (!index) return fail("the index of output of workers", index.error());
  auto store = std::unique_ptr<LogStore>(new LogStore(folder, limits, std::move(*index)));
  store->restore(records);
  return store;
}

LogStore::~LogStore() {
  for (auto& [number, slot] : slots_) {
    for (auto& slice : slot.slices) slice.spool->stays = true;
  }
  index_.flush();
}

Result<std::shared_ptr<LogStore::Spool>> LogStore::open_spool(std::uint32_t slot,
                                                              std::uint64_t number, int how) {
  const fs::path path = folder_ / fmt::format("slot-{}-{}.log", slot, number);
  UniqueFd descriptor(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | how, S_IRUSR | S_IWUSR));
  if (!descriptor) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  return std::shared_ptr<Spool>(new Spool{path, number, std::move(descriptor)});
}

Result<int> LogStore::new_spool(std::uint32_t slot) {
  const std::scoped_lock lock(mutex_);
  auto spool = open_spool(slot, ++spools_, O_CREAT | O_EXCL);
  if (!spool) return tl::unexpected(spool.error());
  slots_[slot].spool = *spool;
  return (*spool)->descriptor.get();
}

void LogStore::begin_lease(std::uint32_t slot, const LeaseId& lease, Range items) {
  const std::scoped_lock lock(mutex_);
  auto& at = slots_[slot];
  at.number = slot;
  at.running = true;
  at.lease = lease;
  at.items = items;
  at.next = items.first;
  at.from = at.spool ? at.spool->size() : 0;
  remember(lease);
  index_.append({LogRecord::Kind::Began, slot, at.spool ? at.spool->number : 0, lease, items,
                 at.from, at.from});
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
  close_lease(at, last);
  index_.append({LogRecord::Kind::Ended, slot, 0, at.lease, {}, 0, 0});
}

void LogStore::close_lease(Slot& slot, ItemIndex last) {
  // Output after the last item's end is that item's: it was flushed late.
  const ItemIndex end = std::min(std::max(last, slot.next), slot.items.last);
  if (end > slot.next) {
    add_slice(slot, end, slot.spool->size());
  } else if (!slot.slices.empty() && slot.slices.back().lease == slot.lease &&
             slot.slices.back().end == slot.from && slot.spool->size() > slot.from) {
    grow_newest(slot, slot.spool->size());
    index_.append(record_of(slot.number, slot.slices.back()));
  }
  slot.running = false;
}

void LogStore::flush() {
  const std::scoped_lock lock(mutex_);
  index_.flush();
  if (index_.records() > compact_at_) compact();
}

void LogStore::trim_running(std::uint32_t slot) {
  const std::scoped_lock lock(mutex_);
  const auto& at = slots_[slot];
  if (at.running) punch_middle(*at.spool, at.from, at.spool->size());
}

void LogStore::trim_start(std::uint32_t slot) {
  const std::scoped_lock lock(mutex_);
  const auto& at = slots_[slot];
  if (at.spool && !at.running) punch_middle(*at.spool, 0, at.spool->size());
}

void LogStore::add_slice(Slot& slot, ItemIndex last, std::uint64_t end) {
  if (end > slot.from) {
    Slice slice{slot.lease, {slot.next, last}, slot.spool, slot.from, end};
    punch_middle(*slot.spool, slice.begin, slice.end);
    index_.append(record_of(slot.number, slice));
    push_slice(slot, std::move(slice));
  }
  slot.next = last;
  slot.from = std::max(slot.from, end);
}

void LogStore::push_slice(Slot& slot, Slice slice) {
  if (slot.slices.empty() || slot.slices.back().spool != slice.spool) ++slot.spools;
  slot.kept_bytes += slice.kept(limits_.attempt_bytes);
  slot.slices.push_back(std::move(slice));
  while (slot.slices.size() > 1 &&
         (slot.kept_bytes > limits_.slot_bytes || slot.slices.size() > limits_.slot_slices ||
          slot.spools > limits_.slot_spools)) {
    drop_oldest(slot);
  }
}

void LogStore::grow_newest(Slot& slot, std::uint64_t end) {
  Slice& newest = slot.slices.back();
  slot.kept_bytes -= newest.kept(limits_.attempt_bytes);
  newest.end = end;
  slot.kept_bytes += newest.kept(limits_.attempt_bytes);
}

void LogStore::drop_oldest(Slot& slot) {
  const Slice oldest = std::move(slot.slices.front());
  slot.slices.pop_front();
  punch(oldest.spool->descriptor.get(), oldest.begin, oldest.end);
  slot.kept_bytes -= oldest.kept(limits_.attempt_bytes);
  if (slot.slices.front().spool != oldest.spool) --slot.spools;
  known_[oldest.lease.epoch].erase({oldest.lease.number, oldest.lease.number + 1});
}

LogRecord LogStore::record_of(std::uint32_t slot, const Slice& slice) const {
  return {LogRecord::Kind::Slice,
          slot,
          slice.spool->number,
          slice.lease,
          slice.items,
          slice.begin,
          slice.end};
}

// ------------------------------------------------------------------ after a restart

void LogStore::restore(const std::vector<LogRecord>& records) {
  std::map<std::uint64_t, std::shared_ptr<Spool>> opened;
  for (const auto& record : records) {
    auto& at = slots_[record.slot];
    at.number = record.slot;
    spools_ = std::max(spools_, record.spool);
    switch (record.kind) {
      case LogRecord::Kind::Known:
        known_[record.lease.epoch].insert(record.items);
        break;
      case LogRecord::Kind::Began:
        at.spool = spool_of(record, opened);
        at.running = at.spool != nullptr;
        at.lease = record.lease;
        at.items = record.items;
        at.next = record.items.first;
        at.from = record.begin;
        remember(record.lease);
        break;
      case LogRecord::Kind::Slice:
        restore_slice(record, spool_of(record, opened));
        break;
      case LogRecord::Kind::Ended:
        at.running = false;
        break;
    }
  }
  for (auto& [number, slot] : slots_) {
    if (slot.running && slot.spool->size() > slot.from) close_lease(slot, slot.items.last);
    slot.running = false;
    slot.spool.reset();
  }
  std::error_code error;
  opened.clear();  // Removes the files that no slice refers to; others that nobody knows go too.
  std::set<fs::path> needed;
  for (const auto& [number, slot] : slots_) {
    for (const auto& slice : slot.slices) needed.insert(slice.spool->path.filename());
  }
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const auto& path = entry.path();
    if (path.extension() == ".log" && !needed.contains(path.filename())) fs::remove(path, error);
  }
  compact();
}

std::shared_ptr<LogStore::Spool> LogStore::spool_of(
    const LogRecord& record, std::map<std::uint64_t, std::shared_ptr<Spool>>& opened) {
  const auto known = opened.find(record.spool);
  if (known != opened.end()) return known->second;
  auto spool = open_spool(record.slot, record.spool, 0);
  // One spool of a slot follows another, so the one before is needed by slices only.
  std::erase_if(opened, [&](const auto& entry) {
    return entry.second == nullptr || entry.second.use_count() == 1;
  });
  return opened[record.spool] = spool ? std::move(*spool) : nullptr;
}

void LogStore::restore_slice(const LogRecord& record, const std::shared_ptr<Spool>& spool) {
  auto& at = slots_[record.slot];
  if (spool == nullptr || record.end < record.begin || spool->size() < record.end) {
    // The machine went down with what was written.
    known_[record.lease.epoch].erase({record.lease.number, record.lease.number + 1});
    return;
  }
  if (at.running && at.lease == record.lease) {
    at.next = record.items.last;
    at.from = record.end;
  }
  const bool grown = !at.slices.empty() && at.slices.back().spool == spool &&
                     at.slices.back().begin == record.begin &&
                     at.slices.back().lease == record.lease;
  if (grown) return grow_newest(at, record.end);
  push_slice(at, {record.lease, record.items, spool, record.begin, record.end});
}

void LogStore::compact() {
  std::vector<LogRecord> records;
  for (const auto& [epoch, numbers] : known_) {
    for (const Range range : numbers.ranges()) {
      records.push_back({LogRecord::Kind::Known, 0, 0, {epoch, 0}, range, 0, 0});
    }
  }
  for (const auto& [number, slot] : slots_) {
    for (const auto& slice : slot.slices) records.push_back(record_of(number, slice));
    if (!slot.running || !slot.spool) continue;
    records.push_back({LogRecord::Kind::Began,
                       number,
                       slot.spool->number,
                       slot.lease,
                       {slot.next, slot.items.last},
                       slot.from,
                       slot.from});
  }
  index_.rewrite(records);
  // Also where that failed: then the next try is as far away.
  compact_at_ = std::max(records.size(), index_.records()) * 2 + compact_after_records;
}

// ------------------------------------------------------------------ what is known

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
