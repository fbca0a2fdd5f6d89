// How many no-op items a second go through one worker: its thread runs leases of 16,384 items, this
// one plays the agent. Prints the rate and the worker's CPU time per item. Not run by ctest.

#include <pthread.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "agent/host/grant_writer.hpp"
#include "agent/host/page_reader.hpp"
#include "agent/worker/clock.hpp"
#include "agent/worker/lease_runner.hpp"
#include "agent/worker/page_memory.hpp"
#include "common/types/codec.hpp"
#include "drover/task.hpp"

namespace drover::worker {
namespace {

std::int64_t noop(std::int64_t value) { return value; }
DROVER_TASK(noop, value);

std::vector<Result<std::int64_t>> noop_batch(std::span<const std::int64_t> values) {
  return {values.begin(), values.end()};
}
DROVER_TASK(noop_batch, values);

void measure(const char* task, std::uint32_t batch, int leases) {
  auto page = std::move(*PageMemory::create());
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  TaskSet tasks;
  for (const auto& described : sdk::own_tasks()) tasks.add(described, "worker_rate");
  std::int64_t cpu_ns = 0;
  std::thread worker([&] {
    Channel channel(ends[1]);
    LeaseRunner runner(*page, channel, tasks, -1);
    while (true) {
      const auto message = *read_from_agent(channel.receive());
      if (std::holds_alternative<Stop>(message)) break;
      runner.run(std::get<Lease>(message));
    }
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_ns = std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
  });

  wire::Grant grant;
  grant.items = {0, max_page_items};
  grant.task = task;
  grant.signature = tasks.find(task)->hash;
  grant.largest_batch = batch;
  Columns inputs;
  for (std::uint64_t i = 0; i < max_page_items; ++i) inputs.push_back(encoded(i));
  grant.arguments.push_back({{}, inputs, {}});

  Channel channel(ends[0]);
  agent::PageReader reader;
  std::uint64_t items = 0;
  const std::int64_t begin_ns = now_ns();
  for (int i = 0; i < leases; ++i) {
    reader.begin_lease(grant.lease, grant.items);
    page->results.published = 0;
    channel.send(packet_of(FromAgent(*agent::write_grant(grant, 1, *page))));
    channel.receive();
    const auto collected = reader.collect(*page);
    for (const auto& part : collected->results) items += part.columns.size();
  }
  const auto seconds = static_cast<double>(now_ns() - begin_ns) * 1e-9;
  channel.send(packet_of(FromAgent(Stop{"done"})));
  worker.join();
  std::printf("%-10s batch %4u   %5.1f M items/s   %5.1f ns of the worker's CPU an item\n", task,
              batch, static_cast<double>(items) / seconds * 1e-6,
              static_cast<double>(cpu_ns) / static_cast<double>(items));
}

}  // namespace
}  // namespace drover::worker

int main() {
  drover::worker::measure("noop", 1, 2000);
  drover::worker::measure("noop_batch", 64, 2000);
}
