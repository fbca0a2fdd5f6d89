#include "agent/worker/page.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/host/page_reader.hpp"
#include "agent/worker/messages.hpp"
#include "agent/worker/page_memory.hpp"

namespace drover::worker {
namespace {

TEST(PageMemory, CanNeitherShrinkNorGrow) {
  const auto page = PageMemory::create();
  ASSERT_TRUE(page);
  EXPECT_NE(ftruncate(page->descriptor(), 0), 0);
  EXPECT_NE(ftruncate(page->descriptor(), sizeof(Page) + 1), 0);
}

TEST(PageMemory, IsSeenThroughEveryMapping) {
  const auto page = PageMemory::create();
  const auto other = PageMemory::map(page->descriptor());
  ASSERT_TRUE(other);
  (*other)->results.published = 7;
  EXPECT_EQ((*page)->results.published, 7U);
}

TEST(PageMemory, RefusesAFileOfAnotherLayout) {
  const auto page = PageMemory::create();
  (*page)->layout = page_layout + 1;
  EXPECT_FALSE(PageMemory::map(page->descriptor()));
  const int small = memfd_create("small", MFD_CLOEXEC);
  EXPECT_FALSE(PageMemory::map(small));
  close(small);
}

TEST(ProgressCell, IsReadAsItWasWritten) {
  const auto page = PageMemory::create();
  auto& cell = (*page)->cell;
  write_progress(cell, 3, 10, 14, 99);
  write_phase(cell, "decode");
  auto progress = read_progress(cell);
  EXPECT_EQ(progress.lease, 3U);
  EXPECT_EQ(progress.first, 10U);
  EXPECT_EQ(progress.last, 14U);
  EXPECT_EQ(progress.since_ns, 99);
  EXPECT_EQ(progress.phase, "decode");

  write_progress(cell, 3, 14, 15, 100);
  EXPECT_EQ(read_progress(cell).phase, "");
  write_phase(cell, std::string(100, 'x'));
  EXPECT_EQ(read_progress(cell).phase, std::string(max_phase_bytes, 'x'));
}

TEST(ProgressCell, IsReadFromAWorkerThatDiedWhileItWrote) {
  const auto page = PageMemory::create();
  write_progress((*page)->cell, 3, 10, 14, 99);
  ++(*page)->cell.sequence;
  EXPECT_EQ(read_progress((*page)->cell).lease, 3U);
}

class PageReaderTest : public ::testing::Test {
 protected:
  PageReaderTest() : page_(std::move(*PageMemory::create())) {
    reader_.begin_lease({1, 1}, {50, 60});
  }
  void store(std::size_t at, std::uint32_t end, std::uint8_t status = 0) {
    page_->results.ends[at] = end;
    page_->results.status[at] = status;
    page_->results.log_ends[at] = unknown_offset;
  }
  PageMemory page_;
  agent::PageReader reader_;
};

TEST_F(PageReaderTest, TakesWhatWasPublishedSinceItLastLooked) {
  store(0, 1);
  page_->results.published = 1;
  EXPECT_EQ(reader_.collect(*page_)->results.at(0).first, 50U);
  EXPECT_TRUE(reader_.collect(*page_)->results.empty());
  store(1, 3);
  page_->results.published = 2;
  const auto next = reader_.collect(*page_);
  EXPECT_EQ(next->results.at(0).first, 51U);
  EXPECT_EQ(next->results.at(0).columns.bytes.size(), 2U);
  EXPECT_EQ(reader_.next_item(), 52U);
}

TEST_F(PageReaderTest, RefusesMoreOutcomesThanTheLeaseHasItems) {
  page_->results.published = 11;
  EXPECT_FALSE(reader_.collect(*page_));
  page_->results.published = ~0U;
  EXPECT_FALSE(reader_.collect(*page_));
}

TEST_F(PageReaderTest, RefusesOutcomesThatGoAway) {
  store(0, 1);
  page_->results.published = 1;
  ASSERT_TRUE(reader_.collect(*page_));
  page_->results.published = 0;
  EXPECT_FALSE(reader_.collect(*page_));
}

TEST_F(PageReaderTest, RefusesOffsetsThatFallOrLieOutside) {
  store(0, 8);
  store(1, 4);
  page_->results.published = 2;
  EXPECT_FALSE(reader_.collect(*page_));
  store(1, max_page_value_bytes + 1);
  EXPECT_FALSE(reader_.collect(*page_));
}

TEST_F(PageReaderTest, RefusesAStatusThatIsNoCause) {
  store(0, 1, 0x33);
  page_->results.published = 1;
  EXPECT_FALSE(reader_.collect(*page_));
}

TEST_F(PageReaderTest, RefusesAChunkThatCannotBe) {
  EXPECT_FALSE(agent::PageReader::collect_chunk(*page_, {}, ListChunk{1, 0, 0}));
  EXPECT_FALSE(agent::PageReader::collect_chunk(*page_, {}, ListChunk{1, 0, max_page_items + 1}));
  store(0, 5);
  store(1, 2);
  EXPECT_FALSE(agent::PageReader::collect_chunk(*page_, {}, ListChunk{1, 0, 2}));
}

TEST(WorkerMessages, AreReadAsTheyWereWritten) {
  const auto packet = packet_of(FromWorker(ListWanted{4, 1, 1'000'000}));
  const auto read = read_from_worker(packet);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ListWanted>(*read).first, 1'000'000U);
  EXPECT_FALSE(read_from_agent(packet)) << "not a message of the agent";
  EXPECT_FALSE(read_from_worker(packet.substr(0, packet.size() - 1)));
  EXPECT_FALSE(read_from_worker(""));
}

}  // namespace
}  // namespace drover::worker
