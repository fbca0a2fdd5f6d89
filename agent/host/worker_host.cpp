#include "agent/host/worker_host.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>

#include "agent/host/hosted_worker.hpp"
#include "agent/host/marked_processes.hpp"
#include "agent/host/task_watch.hpp"
#include "agent/host/unique_fd.hpp"
#include "common/clock.hpp"

namespace drover::agent {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(2);  ///< From SIGTERM to SIGKILL at the end.

// What epoll says is ready: the orders, the socket or process of a slot, what the kernel says of
// files, or the probe of tasks.
enum class Source : std::uint64_t {
  Orders = 0,
  Socket = 1,
  Process = 2,
  TaskFiles = 3,
  ProbeSocket = 4,
  ProbeProcess = 5
};
constexpr std::uint64_t tag(Source source, std::uint32_t slot) {
  return static_cast<std::uint64_t>(source) << 32U | slot;
}

struct StartOrder {
  std::uint32_t slot;
};
struct ReloadOrder {
  std::uint32_t slot;
};
struct RunOrder {
  std::uint32_t slot;
  std::shared_ptr<const wire::Grant> grant;
};
struct StopLeaseOrder {
  std::uint32_t slot;
  LeaseId lease;
  bool wanted;
};
struct HoldOrder {
  bool on;
};
struct HurryOrder {
  bool on;
};
struct AskAgainOrder {};
struct ChunkOrder {
  wire::Chunk chunk;
};
struct StopWorkersOrder {};
struct EndOrder {};
using Order = std::variant<StartOrder, ReloadOrder, RunOrder, StopLeaseOrder, HoldOrder, HurryOrder,
                           AskAgainOrder, ChunkOrder, StopWorkersOrder, EndOrder>;

}  // namespace

/// The thread, and everything it owns.
class WorkerHost::Loop {
 public:
  Loop(HostConfig config, OnEvent on_event, std::unique_ptr<LogStore> logs)
      : config_(std::move(config)),
        on_event_(std::move(on_event)),
        mark_(mark_prefix(config_.spool_folder)),
        logs_(std::move(logs)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        task_watch_(
            config_.task_folders, config_.ready_within,
            [this](Instant give_up_at) { return start_probe(give_up_at); },
            [this](auto told) {
              std::visit([this](auto& event) { events_.emplace_back(std::move(event)); }, told);
            }) {}

  bool has_descriptors() const { return static_cast<bool>(epoll_) && static_cast<bool>(wake_); }
  void start() {
    kill_marked(mark_);  // What workers of an agent that was killed have left.
    watch(wake_.get(), tag(Source::Orders, 0));
    if (const auto& notices = task_watch_.notices())
      watch(notices.get(), tag(Source::TaskFiles, 0));
    thread_ = std::thread([this] { loop(); });
  }
  void end() {
    post(EndOrder{});
    if (thread_.joinable()) thread_.join();
  }

  void post(Order order) {
    {
      const std::scoped_lock lock(orders_mutex_);
      orders_.push_back(std::move(order));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);
  }
  std::vector<wire::SlotProgress> progress() const {
    const std::scoped_lock lock(workers_mutex_);
    std::vector<wire::SlotProgress> all;
    for (const auto& [slot, worker] : workers_) {
      if (auto one = worker.progress()) all.push_back(*one);
    }
    return all;
  }
  const LogStore& logs() const { return *logs_; }

 private:
  void loop() {
    while (!ended_ || !workers_.empty()) {
      std::array<epoll_event, 64> ready{};
      const int count =
          epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), wait_ms());
      {
        const std::scoped_lock lock(workers_mutex_);
        const Instant now = monotonic_now();
        for (int i = 0; i < count; ++i) on_ready(ready[static_cast<std::size_t>(i)].data.u64, now);
        tick(now);
      }
      logs_->flush();
      deliver();
    }
  }

  int wait_ms() const {
    Duration wait = Duration::max();
    for (const auto& [slot, worker] : workers_) {
      if (!worker.needs_ticks() && !stop_by_) continue;
      wait = std::min(wait, worker.longest_tick());
    }
    if (const auto next = task_watch_.next_tick(monotonic_now())) wait = std::min(wait, *next);
    if (wait == Duration::max()) return -1;
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
  }

  void on_ready(std::uint64_t what, Instant now) {
    const auto source = static_cast<Source>(what >> 32U);
    if (source == Source::Orders) return take_orders(now);
    if (source == Source::TaskFiles) return task_watch_.on_notices(now);
    if (source == Source::ProbeSocket) return task_watch_.on_probe_readable();
    if (source == Source::ProbeProcess) return task_watch_.on_probe_exit(now);
    const auto found = workers_.find(static_cast<std::uint32_t>(what));
    if (found == workers_.end()) return;
    // Also where the process has ended: what it said last counts.
    found->second.on_readable(now);
    if (source == Source::Process && found->second.on_exit(now)) workers_.erase(found);
  }

  void tick(Instant now) {
    if (now - ticked_ < shortest_tick) return;
    ticked_ = now;
    for (auto& [slot, worker] : workers_) worker.on_tick(now);
    task_watch_.on_tick(now);
    if (stop_by_ && now >= *stop_by_) {
      for (auto& [slot, worker] : workers_) worker.kill_now();
    }
  }

  void take_orders(Instant now) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = read(wake_.get(), &count, sizeof count);
    std::vector<Order> orders;
    {
      const std::scoped_lock lock(orders_mutex_);
      orders.swap(orders_);
    }
    for (const auto& order : orders) {
      std::visit([&](const auto& o) { obey(o, now); }, order);
    }
  }

  void obey(const StartOrder& order, Instant now) {
    if (stop_by_) return;
    CHECK(workers_.count(order.slot) == 0, "slot {} has a worker", order.slot);
    auto spool = logs_->new_spool(order.slot);
    auto process = spool.and_then([&](int descriptor) {
      return WorkerProcess::spawn(config_.worker_program, config_.task_folders, descriptor,
                                  next_mark());
    });
    if (!process) {
      events_.emplace_back(WorkerDied{order.slot, {}, Cause::Crash, process.error().context, 0});
      return;
    }
    watch(process->socket.get(), tag(Source::Socket, order.slot));
    watch(process->pidfd.get(), tag(Source::Process, order.slot));
    const HostedWorker::Surroundings around{config_,     *logs_, events_, next_chunk_request_,
                                            task_watch_, held_,  hurried_};
    workers_.emplace(std::piecewise_construct, std::forward_as_tuple(order.slot),
                     std::forward_as_tuple(order.slot, std::move(*process), around, now));
  }
  void obey(const ReloadOrder& order, Instant now) {
    if (auto* worker = worker_of(order.slot)) worker->reload(now);
  }
  void obey(const RunOrder& order, Instant now) {
    if (auto* worker = worker_of(order.slot)) worker->run(order.grant, now);
  }
  void obey(const StopLeaseOrder& order, Instant now) {
    if (auto* worker = worker_of(order.slot)) worker->stop_lease(order.lease, order.wanted, now);
  }
  void obey(const HoldOrder& order, Instant now) {
    held_ = order.on;
    for (auto& [slot, worker] : workers_) worker.go_on(now);
  }
  void obey(const HurryOrder& order, Instant) { hurried_ = order.on; }
  void obey(const AskAgainOrder&, Instant) {
    for (auto& [slot, worker] : workers_) worker.ask_for_chunk_again();
  }
  void obey(const ChunkOrder& order, Instant now) {
    for (auto& [slot, worker] : workers_) {
      if (worker.waits_for_chunk(order.chunk.request)) worker.give_chunk(order.chunk, now);
    }
  }
  void obey(const StopWorkersOrder&, Instant now) {
    if (stop_by_) return;
    stop_by_ = now + stop_grace;
    task_watch_.stop();
    for (auto& [slot, worker] : workers_) worker.stop();
  }
  void obey(const EndOrder&, Instant now) {
    obey(StopWorkersOrder{}, now);
    ended_ = true;
  }

  std::string next_mark() { return fmt::format("{}{};", mark_, ++workers_started_); }

  Result<TaskProbe> start_probe(Instant give_up_at) {
    auto probe = TaskProbe::start(config_.worker_program, config_.task_folders, next_mark(),
                                  config_.slot_memory, give_up_at);
    if (probe) {
      watch(probe->socket(), tag(Source::ProbeSocket, 0));
      watch(probe->process(), tag(Source::ProbeProcess, 0));
    }
    return probe;
  }

  HostedWorker* worker_of(std::uint32_t slot) {
    const auto found = workers_.find(slot);
    return found == workers_.end() ? nullptr : &found->second;
  }

  void watch(int descriptor, std::uint64_t data) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = data;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
  }

  /// Without a lock: whoever is told may ask for something at once.
  void deliver() {
    std::vector<HostEvent> events;
    events.swap(events_);
    if (stop_by_) return;
    for (auto& event : events) on_event_(std::move(event));
  }

  static constexpr Duration shortest_tick = std::chrono::milliseconds(4);

  const HostConfig config_;
  const OnEvent on_event_;
  const std::string mark_;  // of all its workers; a number follows
  std::uint64_t workers_started_ = 0;
  const std::unique_ptr<LogStore> logs_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::mutex orders_mutex_;
  std::vector<Order> orders_;
  mutable std::mutex workers_mutex_;  // held while the thread works, so that progress() can look
  std::map<std::uint32_t, HostedWorker> workers_;
  std::vector<HostEvent> events_;
  TaskWatch task_watch_;
  std::uint64_t next_chunk_request_ = 0;
  bool held_ = false;
  bool hurried_ = false;
  bool ended_ = false;
  std::optional<Instant> stop_by_;  // set once the workers were told to leave
  Instant ticked_;
  std::thread thread_;  // last: it uses the others
};

Result<std::unique_ptr<WorkerHost>> WorkerHost::start(HostConfig config, OnEvent on_event) {
  auto logs = LogStore::open(config.spool_folder, config.log_limits);
  if (!logs) return tl::unexpected(std::move(logs.error()));
  auto loop = std::make_unique<Loop>(std::move(config), std::move(on_event), std::move(*logs));
  if (!loop->has_descriptors()) {
    return fail(ErrorCode::Unavailable, "no more files can be opened by this process");
  }
  loop->start();
  return std::unique_ptr<WorkerHost>(new WorkerHost(std::move(loop)));
}

WorkerHost::WorkerHost(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
WorkerHost::~WorkerHost() { loop_->end(); }

void WorkerHost::start_worker(std::uint32_t slot) { loop_->post(StartOrder{slot}); }
void WorkerHost::reload_worker(std::uint32_t slot) { loop_->post(ReloadOrder{slot}); }
void WorkerHost::run(std::uint32_t slot, std::shared_ptr<const wire::Grant> grant) {
  loop_->post(RunOrder{slot, std::move(grant)});
}
void WorkerHost::stop_lease(std::uint32_t slot, const LeaseId& lease, bool wanted) {
  loop_->post(StopLeaseOrder{slot, lease, wanted});
}
void WorkerHost::stop_workers() { loop_->post(StopWorkersOrder{}); }
void WorkerHost::hold(bool on) { loop_->post(HoldOrder{on}); }
void WorkerHost::hurry(bool on) { loop_->post(HurryOrder{on}); }
void WorkerHost::ask_for_chunks_again() { loop_->post(AskAgainOrder{}); }
void WorkerHost::give_chunk(wire::Chunk chunk) { loop_->post(ChunkOrder{std::move(chunk)}); }
std::vector<wire::SlotProgress> WorkerHost::progress() const { return loop_->progress(); }
const LogStore& WorkerHost::logs() const { return loop_->logs(); }

}  // namespace drover::agent
