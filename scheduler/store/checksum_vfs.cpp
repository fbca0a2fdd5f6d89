#include "scheduler/store/checksum_vfs.hpp"

#include <sqlite3.h>
#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace drover::scheduler {
namespace {

constexpr std::size_t summed_bytes = page_bytes - page_checksum_bytes;

/// What SQLite holds as its file; the real file follows it in the same memory.
struct ChecksumFile {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<ChecksumFile*>(file)->real; }

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

bool is_page(int amount, sqlite3_int64 offset) {
  return amount == page_bytes && offset % page_bytes == 0;
}

using Sum = std::array<char, page_checksum_bytes>;

Sum sum_of(const char* page, sqlite3_int64 offset) {
  std::uint64_t hash =
      XXH3_64bits_withSeed(page, summed_bytes, static_cast<std::uint64_t>(offset / page_bytes));
  Sum sum{};
  for (char& byte : sum) {
    byte = static_cast<char>(hash & 0xffU);
    hash >>= 8U;
  }
  return sum;
}

/// Pages that were never written are holes in the file. In a page of a table zeros mean nothing, so
/// SQLite finds them where they do not belong.
bool is_blank(const char* page) {
  return page[0] == 0 && std::memcmp(page, page + 1, page_bytes - 1) == 0;
}

int read(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  const int code = real(file)->pMethods->xRead(real(file), buffer, amount, offset);
  if (code != SQLITE_OK || !is_page(amount, offset)) return code;
  const auto* page = static_cast<const char*>(buffer);
  const Sum sum = sum_of(page, offset);
  const bool fits = std::memcmp(sum.data(), page + summed_bytes, sum.size()) == 0;
  return fits || is_blank(page) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int write(sqlite3_file* file, const void* buffer, int amount, sqlite3_int64 offset) {
  if (!is_page(amount, offset)) {
    return real(file)->pMethods->xWrite(real(file), buffer, amount, offset);
  }
  std::array<char, page_bytes> page{};
  std::memcpy(page.data(), buffer, page.size());
  const Sum sum = sum_of(page.data(), offset);
  std::memcpy(page.data() + summed_bytes, sum.data(), sum.size());
  return real(file)->pMethods->xWrite(real(file), page.data(), amount, offset);
}

int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) { return real(file)->pMethods->xSync(real(file), flags); }
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int kind) { return real(file)->pMethods->xLock(real(file), kind); }
int unlock(sqlite3_file* file, int kind) { return real(file)->pMethods->xUnlock(real(file), kind); }
int check_reserved_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

// Version 1: no shared memory and no memory mapping, which would go round the checksums.
const sqlite3_io_methods methods = {1,
                                    close,
                                    read,
                                    write,
                                    truncate,
                                    sync,
                                    file_size,
                                    lock,
                                    unlock,
                                    check_reserved_lock,
                                    file_control,
                                    sector_size,
                                    device_characteristics,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = system_vfs();
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
    return system->xOpen(system, name, file, flags, out_flags);
  auto* checked = reinterpret_cast<ChecksumFile*>(file);
  checked->base.pMethods = nullptr;  // not open: SQLite then does not close it
  checked->real = reinterpret_cast<sqlite3_file*>(checked + 1);
  const int code = system->xOpen(system, name, checked->real, flags, out_flags);
  if (checked->real->pMethods != nullptr) checked->base.pMethods = &methods;
  return code;
}

}  // namespace

const char* checksum_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *system_vfs();  // everything but opening files is the system's
    made.szOsFile += static_cast<int>(sizeof(ChecksumFile));
    made.pNext = nullptr;
    made.zName = "drover-checksum";
    made.xOpen = open;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace drover::scheduler
