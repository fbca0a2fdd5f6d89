#include "agent/worker/lease_runner.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "agent/host/grant_writer.hpp"
#include "agent/host/page_reader.hpp"
#include "agent/worker/clock.hpp"
#include "agent/worker/page_memory.hpp"
#include "common/types/codec.hpp"
#include "drover/task.hpp"

namespace drover::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::int64_t twice(std::int64_t value) {
  if (value < 0) throw std::runtime_error("below zero");
  return 2 * value;
}
DROVER_TASK(twice, value);

std::vector<std::size_t> batch_sizes;  // of the calls of `halves`, in order
std::vector<Result<std::int64_t>> halves(std::span<const std::int64_t> values) {
  batch_sizes.push_back(values.size());
  std::vector<Result<std::int64_t>> results;
  for (const auto value : values) {
    if (value == 13) throw std::runtime_error("thirteen");
    results.emplace_back(value / 2);
  }
  return results;
}
DROVER_TASK(halves, values);

std::string about(const std::string& key, Context& context) {
  context.phase("look");
  return fmt::format("{} {} {} {} {} {} {} {}", key, context.key(), context.index(),
                     context.attempt(), context.ordinal(), context.step(), context.results(),
                     context.common_folder());
}
DROVER_TASK(about, key);

std::string fill(std::int64_t bytes) { return std::string(static_cast<std::size_t>(bytes), 'x'); }
DROVER_TASK(fill, bytes);

List<std::int64_t> count_to(std::int64_t count) {
  return {[count](auto& sink) {
    for (std::int64_t i = 0; i < count; ++i) sink.push(i);
  }};
}
DROVER_TASK(count_to, count);

std::int64_t total(Stream<std::int64_t>& values) {
  std::int64_t sum = 0;
  for (const auto value : values) sum += value;
  return sum;
}
DROVER_TASK(total, values);

std::int64_t length(const std::vector<std::optional<std::int64_t>>& values) {
  return static_cast<std::int64_t>(values.size());
}
DROVER_TASK(length, values);

int made = 0;
struct Adder {
  explicit Adder(std::int64_t by) : amount(by) {
    if (by == 0) throw std::runtime_error("nothing to add");
    ++made;
  }
  std::int64_t operator()(std::int64_t value) const { return value + amount; }
  std::int64_t amount;
};
DROVER_TASK_CLASS(adder, Adder, (std::int64_t by), (value));

/// Writes to the spool by itself, and takes as long as it needs to be looked at.
int spool_fd = -1;
std::int64_t say(const std::string& text) {
  const std::int64_t end = now_ns() + 30'000;
  const auto written = write(spool_fd, text.data(), text.size());
  while (now_ns() < end) continue;
  return written;
}
DROVER_TASK(say, text);

Columns column_of(const std::vector<std::int64_t>& values) {
  Columns column;
  for (const auto value : values) column.push_back(encoded(value));
  return column;
}
wire::Argument as_column(Columns column) { return {{}, std::move(column), {}}; }
template <class T>
wire::Argument as_constant(const T& value) {
  return {encoded(value), {}, {}};
}

/// A worker in a thread, and its agent's side of page and socket.
class LeaseRunnerTest : public ::testing::Test {
 protected:
  LeaseRunnerTest() : page_(std::move(*PageMemory::create())) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    agent_end_ = ends[0];
    worker_end_ = ends[1];
    std::string name = "/tmp/drover-spool-XXXXXX";
    spool_ = mkostemp(name.data(), O_APPEND);
    unlink(name.c_str());
    spool_fd = spool_;
    for (const auto& task : sdk::own_tasks()) tasks_.add(task, "the test");
    EXPECT_TRUE(tasks_.notes().empty());
    made = 0;
    batch_sizes.clear();
    thread_ = std::thread([this] {
      Channel channel(worker_end_);
      LeaseRunner runner(*page_, channel, tasks_, spool_);
      while (true) {
        const auto message = *read_from_agent(channel.receive());
        if (std::holds_alternative<Stop>(message)) return;
        runner.run(std::get<Lease>(message));
      }
    });
  }
  ~LeaseRunnerTest() override {
    send(Stop{"the test is over"});
    thread_.join();
    close(agent_end_);
    close(worker_end_);
    close(spool_);
  }

  wire::Grant grant(std::string task, std::vector<wire::Argument> arguments,
                    std::uint64_t items = 1) const {
    wire::Grant grant;
    grant.lease = {1, ++leases_};
    grant.items = {100, 100 + items};
    grant.step_name = "step";
    grant.results = "/results";
    grant.common_folder = "/images";
    grant.signature = tasks_.find(task)->hash;
    grant.task = std::move(task);
    grant.arguments = std::move(arguments);
    return grant;
  }
  void send(const FromAgent& message) const {
    const auto packet = packet_of(message);
    EXPECT_EQ(::send(agent_end_, packet.data(), packet.size(), 0),
              static_cast<ssize_t>(packet.size()));
  }
  FromWorker receive() const {
    std::string packet(max_message_bytes, '\0');
    const auto size = recv(agent_end_, packet.data(), packet.size(), 0);
    EXPECT_GT(size, 0);
    return *read_from_worker(std::string_view(packet).substr(0, static_cast<std::size_t>(size)));
  }
  void start(const wire::Grant& grant) {
    auto lease = agent::write_grant(grant, static_cast<std::uint32_t>(grant.lease.number), *page_);
    ASSERT_TRUE(lease) << lease.error().context;
    reader_.begin_lease(grant.lease, grant.items);
    page_->results.published = 0;
    send(*lease);
  }
  void collect() {
    auto collected = reader_.collect(*page_);
    ASSERT_TRUE(collected) << collected.error().context;
    for (auto& part : collected->results) results_.push_back(std::move(part));
    marks_.insert(marks_.end(), collected->marks.begin(), collected->marks.end());
  }
  /// Serves the worker until its lease has ended.
  LeaseEnded run(const wire::Grant& grant) {
    results_.clear();
    marks_.clear();
    chunks_.clear();
    start(grant);
    while (true) {
      const auto message = receive();
      if (const auto* ended = std::get_if<LeaseEnded>(&message)) {
        collect();
        return *ended;
      }
      if (std::holds_alternative<PageFull>(message)) {
        ++times_full_;
        collect();
        reader_.free(*page_);
        send(PageFree{});
      } else if (const auto* chunk = std::get_if<ListChunk>(&message)) {
        auto put = agent::PageReader::collect_chunk(*page_, grant.lease, *chunk);
        EXPECT_TRUE(put);
        chunks_.push_back(std::move(*put));
        send(PageFree{});
      } else if (const auto* wanted = std::get_if<ListWanted>(&message)) {
        send(agent::write_chunk(list_part(wanted->first), *page_));
      }
    }
  }
  /// The list 0, 1, ... list_size_ - 1 in chunks of 1000, or an error.
  wire::Chunk list_part(std::uint64_t first) const {
    wire::Chunk chunk;
    chunk.first = first;
    chunk.error = list_error_;
    for (std::uint64_t i = first; i < std::min(list_size_, first + 1000); ++i) {
      chunk.columns.push_back(i % 7 == 6 ? std::string_view()
                                         : encoded(static_cast<std::int64_t>(i)));
    }
    return chunk;
  }
  std::vector<std::int64_t> values() const {
    std::vector<std::int64_t> all;
    for (const auto& part : results_) {
      for (std::size_t i = 0; i < part.columns.size(); ++i) {
        all.push_back(part.columns.has_value(i) ? *decode<std::int64_t>(part.columns.value(i))
                                                : -1);
      }
    }
    return all;
  }
  std::vector<wire::ItemFailure> failures() const {
    std::vector<wire::ItemFailure> all;
    for (const auto& part : results_) {
      all.insert(all.end(), part.failures.begin(), part.failures.end());
    }
    return all;
  }

  PageMemory page_;
  TaskSet tasks_;
  int agent_end_ = -1;
  int worker_end_ = -1;
  int spool_ = -1;
  agent::PageReader reader_;
  std::vector<wire::Results> results_;
  std::vector<agent::LogMark> marks_;
  std::vector<wire::PutChunk> chunks_;
  int times_full_ = 0;
  std::uint64_t list_size_ = 0;
  std::optional<std::string> list_error_;
  mutable std::uint64_t leases_ = 0;
  std::thread thread_;
};

TEST_F(LeaseRunnerTest, GivesEveryItemItsOutcomeInOrder) {
  const auto ended = run(grant("twice", {as_column(column_of({1, -1, 3}))}, 3));
  EXPECT_EQ(ended.done, 3U);
  EXPECT_FALSE(ended.list_size);
  EXPECT_THAT(values(), ElementsAre(2, -1, 6));
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(results_[0].first, 100U);
  EXPECT_EQ(results_[0].seconds.size(), 3U);
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_EQ(failures()[0], (wire::ItemFailure{101, Cause::UserError, "below zero", false}));
}

TEST_F(LeaseRunnerTest, HalvesACallThatThrowsUntilTheBadItemStandsAlone) {
  auto request = grant("halves", {as_column(column_of({2, 4, 13, 8, 10}))}, 5);
  request.largest_batch = 4;
  run(request);
  EXPECT_THAT(values(), ElementsAre(1, 2, -1, 4, 5));
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_EQ(failures()[0].item, 102U);
  EXPECT_EQ(failures()[0].text, "thirteen");
  EXPECT_THAT(batch_sizes, ElementsAre(4, 2, 2, 1, 1, 1));
}

TEST_F(LeaseRunnerTest, TellsTheTaskWhichItemItIsCalledFor) {
  Columns keys;
  keys.push_back(encoded(std::string("a.jpg")));
  keys.push_back(encoded(std::string("b.jpg")));
  auto request = grant("about", {as_column(keys)}, 2);
  request.key_argument = 0;
  request.attempts = {1, 3};
  request.ordinals = {1, 2};
  run(request);
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(*decode<std::string>(results_[0].columns.value(0)),
            "a.jpg a.jpg 100 1 1 step /results /images");
  EXPECT_EQ(*decode<std::string>(results_[0].columns.value(1)),
            "b.jpg b.jpg 101 3 2 step /results /images");

  request = grant("about", {as_column(keys)}, 2);
  run(request);
  EXPECT_EQ(*decode<std::string>(results_[0].columns.value(1)),
            "b.jpg 101 101 1 1 step /results /images");
}

TEST_F(LeaseRunnerTest, WaitsForRoomInAFullPageAndLosesNothing) {
  const std::vector<std::int64_t> sizes(10, 300'000);
  const auto ended = run(grant("fill", {as_column(column_of(sizes))}, 10));
  EXPECT_EQ(ended.done, 10U);
  EXPECT_EQ(times_full_, 2);
  ItemIndex next = 100;
  for (const auto& part : results_) {
    EXPECT_EQ(part.first, next);
    EXPECT_EQ(part.columns.size(), 1U) << "larger than 256 KiB: each goes alone";
    next += part.columns.size();
  }
  EXPECT_EQ(next, 110U);
}

TEST_F(LeaseRunnerTest, RefusesAResultOfMoreThanAMebibyte) {
  run(grant("fill", {as_column(column_of({1 << 20}))}));
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_THAT(failures()[0].text, HasSubstr("at most 1048576 are allowed"));
  EXPECT_TRUE(failures()[0].permanent);
}

TEST_F(LeaseRunnerTest, MakesAnObjectOncePerSetOfConstants) {
  run(grant("adder", {as_column(column_of({1, 2})), as_constant(std::int64_t{10})}, 2));
  EXPECT_THAT(values(), ElementsAre(11, 12));
  run(grant("adder", {as_column(column_of({3})), as_constant(std::int64_t{10})}));
  EXPECT_THAT(values(), ElementsAre(13));
  EXPECT_EQ(made, 1);
  run(grant("adder", {as_column(column_of({1, 2, 3})), as_column(column_of({10, 20, 20}))}, 3));
  EXPECT_THAT(values(), ElementsAre(11, 22, 23));
  EXPECT_EQ(made, 2);
}

TEST_F(LeaseRunnerTest, FailsEveryItemWhereTheObjectCannotBeMade) {
  run(grant("adder", {as_column(column_of({1, 2})), as_constant(std::int64_t{0})}, 2));
  ASSERT_EQ(failures().size(), 2U);
  EXPECT_EQ(failures()[1].text, "nothing to add");
}

TEST_F(LeaseRunnerTest, SendsAReturnedListInChunksOfAPlainStep) {
  const auto ended = run(grant("count_to", {as_constant(std::int64_t{100'000})}));
  EXPECT_EQ(ended.list_size, 100'000U);
  EXPECT_THAT(chunks_.size(), ::testing::Ge(7U));
  std::uint64_t next = 0;
  for (const auto& chunk : chunks_) {
    ASSERT_EQ(chunk.first, next);
    ASSERT_TRUE(chunk.columns.well_formed());
    for (std::size_t i = 0; i < chunk.columns.size(); ++i) {
      ASSERT_EQ(*decode<std::uint64_t>(chunk.columns.value(i)), next++);
    }
  }
  EXPECT_EQ(next, 100'000U);
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_FALSE(results_[0].columns.has_value(0));
  EXPECT_TRUE(results_[0].failures.empty());
}

TEST_F(LeaseRunnerTest, GivesAReturnedListAsTheValueInAMap) {
  const auto ended = run(grant("count_to", {as_column(column_of({2}))}));
  EXPECT_FALSE(ended.list_size);
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_THAT(*decode<std::vector<std::int64_t>>(results_[0].columns.value(0)), ElementsAre(0, 1));
}

TEST_F(LeaseRunnerTest, ReadsAListArgumentInChunks) {
  list_size_ = 6;
  wire::Argument list;
  list.list = wire::ListArgument{0, 1, list_size_};
  run(grant("total", {list}));
  EXPECT_THAT(values(), ElementsAre(15));

  list_size_ = 2500;
  list.list->size = list_size_;
  run(grant("length", {list}));
  EXPECT_THAT(values(), ElementsAre(2500));
  // In a stream of numbers an element that failed is an error, which says so.
  run(grant("total", {list}));
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_THAT(failures()[0].text, HasSubstr("nil"));
}

TEST_F(LeaseRunnerTest, SaysWhyAListCannotBeRead) {
  list_size_ = 5;
  list_error_ = "the scheduler is away";
  wire::Argument list;
  list.list = wire::ListArgument{0, 1, list_size_};
  run(grant("total", {list}));
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_EQ(failures()[0].text, "the scheduler is away");
}

TEST_F(LeaseRunnerTest, RefusesATaskOfAnotherSignature) {
  auto request = grant("twice", {as_column(column_of({1}))});
  request.signature = "0000000000000000";
  run(request);
  ASSERT_EQ(failures().size(), 1U);
  EXPECT_EQ(failures()[0].cause, Cause::Input);
}

TEST_F(LeaseRunnerTest, StartsNoCallOfACancelledLease) {
  page_->stop = 1;
  const auto ended = run(grant("twice", {as_column(column_of({1, 2}))}, 2));
  EXPECT_EQ(ended.done, 0U);
  EXPECT_TRUE(results_.empty());
}

TEST_F(LeaseRunnerTest, NotesWhereTheOutputOfAnItemEnds) {
  Columns texts;
  for (const char* text : {"one", "three", "five"}) texts.push_back(encoded(std::string(text)));
  run(grant("say", {as_column(texts)}, 3));
  std::vector<std::uint64_t> ends;
  for (const auto& mark : marks_) ends.push_back(mark.end);
  EXPECT_THAT(ends, ElementsAre(3, 8, 12));
}

TEST_F(LeaseRunnerTest, LeavesTheProgressCellIdle) {
  run(grant("twice", {as_column(column_of({1}))}));
  EXPECT_EQ(read_progress(page_->cell).lease, 0U);
}

}  // namespace
}  // namespace drover::worker
