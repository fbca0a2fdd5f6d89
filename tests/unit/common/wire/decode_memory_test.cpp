#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "common/wire/envelope.hpp"
#include "frames.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> now_bytes{0};
std::atomic<std::size_t> most_bytes{0};

void* counted_allocation(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  if (counting) {
    const std::size_t now = now_bytes += ::malloc_usable_size(memory);
    if (now > most_bytes) most_bytes = now;
  }
  return memory;
}
void counted_release(void* memory) {
  if (counting && memory != nullptr) now_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

// This program counts what it allocates.
void* operator new(std::size_t size) { return counted_allocation(size); }
void* operator new[](std::size_t size) { return counted_allocation(size); }
void operator delete(void* memory) noexcept { counted_release(memory); }
void operator delete[](void* memory) noexcept { counted_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { counted_release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { counted_release(memory); }

namespace drover::wire {
namespace {

using testing::Body;
using testing::frame;
using testing::Packer;

/// The most that decoding holds at once, as an agent's message and as a request.
std::size_t bytes_to_decode(const std::string& bytes) {
  now_bytes = most_bytes = 0;
  counting = true;
  (void)decode<AgentMessage>(bytes);
  (void)decode<ClientRequest>(bytes);
  counting = false;
  return most_bytes;
}

constexpr std::size_t at_most = std::size_t{8} << 20U;

void lease(Packer& out) {
  out.pack("lease");
  out.pack(std::tuple(1U, 2U));
}

TEST(DecodeMemory, StaysSmallForAsManyRangesAsAFrameHolds) {
  const auto bytes = frame("hello", Body([](Packer& out) {
                             out.pack_map(1);
                             out.pack("report");
                             out.pack_array(4096);
                             for (int i = 0; i < 4096; ++i) {
                               out.pack_map(2);
                               lease(out);
                               out.pack("held");
                               out.pack_array(155);
                               for (int k = 0; k < 155; ++k) out.pack(std::tuple(0U, 1U));
                             }
                           }));
  ASSERT_LE(bytes.size(), max_frame_bytes);
  EXPECT_LT(bytes_to_decode(bytes), at_most);
}

TEST(DecodeMemory, StaysSmallForManyEmptyStructs) {
  const auto bytes = frame("hello", Body([](Packer& out) {
                             out.pack_map(3);
                             for (const auto* key : {"report", "slots", "tasks"}) {
                               out.pack(key);
                               out.pack_array(4096);
                               for (int i = 0; i < 4096; ++i) out.pack_map(0);
                             }
                           }));
  EXPECT_LT(bytes_to_decode(bytes), at_most);
}

TEST(DecodeMemory, StaysSmallForManyKeys) {
  const auto bytes = frame("hello", Body([](Packer& out) {
                             out.pack_map(4096);
                             for (int i = 0; i < 4096; ++i) {
                               out.pack("unknown " + std::to_string(i));
                               out.pack_array(0);
                             }
                           }));
  EXPECT_LT(bytes_to_decode(bytes), at_most);
}

TEST(DecodeMemory, StaysSmallForWhatIsAnnouncedAndNotThere) {
  std::string nests;
  for (int i = 0; i < 100'000; ++i) nests += "\xdd\xff\xff\xff\xff";
  EXPECT_LT(bytes_to_decode(nests), std::size_t{1} << 16U);
  EXPECT_LT(bytes_to_decode(frame("hello", nests)), std::size_t{1} << 16U);
}

TEST(DecodeMemory, IsAFrameAndItsColumnsForFullColumns) {
  const std::string values(std::size_t{1} << 20U, 'v');
  const auto bytes =
      frame("put_chunk", Body([&](Packer& out) {
              out.pack_map(2);
              lease(out);
              out.pack("columns");
              out.pack_map(2);
              out.pack("offsets");
              testing::bin(out, testing::little_endian({0, std::uint32_t{1} << 20U}));
              out.pack("bytes");
              testing::bin(out, values);
            }));
  const auto used = bytes_to_decode(bytes);
  EXPECT_GT(used, values.size());
  EXPECT_LT(used, values.size() + (std::size_t{64} << 10U));
}

}  // namespace
}  // namespace drover::wire
