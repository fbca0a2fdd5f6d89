#include "common/net/link.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <thread>

#include "common/check.hpp"
#include "common/net/connection_events.hpp"
#include "common/net/options.hpp"
#include "common/net/wakeup.hpp"

namespace drover::net {
namespace {

constexpr int frames_per_turn = 256;  // then what goes out has its turn
const Peer scheduler{};               // the only peer

}  // namespace

class Link::Loop {
 public:
  Loop(LinkHandlers handlers, Outbox::Limits limits)
      : handlers_(std::move(handlers)),
        wakeup_(std::make_shared<Wakeup>()),
        outbox_(limits, wakeup_) {}

  Result<void> connect(const std::string& address) {
    not_connected_ = fmt::format("not connected to the scheduler at {}; trying again", address);
    outbox_.refuse(not_connected_);
    try {
      socket_ = make_socket(context_, zmq::socket_type::dealer);
      events_.emplace(context_, socket_);
      socket_.connect(address);
      return {};
    } catch (const zmq::error_t& error) {
      return fail(ErrorCode::Invalid,
                  fmt::format("cannot connect to '{}': {}; an address is tcp://HOST:PORT", address,
                              error.what()));
    }
  }
  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    CHECK(thread_.get_id() != std::this_thread::get_id(), "a handler closed its link");
    stopping_ = true;
    wakeup_->wake();
    thread_.join();
    outbox_.refuse("the link is closed");
  }

  Outbox& outbox() { return outbox_; }

 private:
  void run() {
    while (!stopping_) {
      const auto sending = static_cast<short>(queue_.empty() ? 0 : ZMQ_POLLOUT);
      std::array<zmq::pollitem_t, 3> items{
          {{socket_.handle(), 0, static_cast<short>(ZMQ_POLLIN | sending), 0},
           {events_->handle(), 0, ZMQ_POLLIN, 0},
           {nullptr, wakeup_->fd(), ZMQ_POLLIN, 0}}};
      try {
        zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
        if ((items[2].revents & ZMQ_POLLIN) != 0) wakeup_->drain();
        if ((items[0].revents & ZMQ_POLLIN) != 0) receive();
        if ((items[1].revents & ZMQ_POLLIN) != 0) watch_connection();
        send();
      } catch (const zmq::error_t& error) {
        CHECK(error.num() == EINTR, "link: {}", error.what());
      }
      for ([[maybe_unused]] const auto& peer : outbox_.take_relieved()) handlers_.on_room();
    }
    finish();
  }

  void receive() {
    for (int i = 0; i < frames_per_turn; ++i) {
      zmq::message_t frame;
      if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return;
      const bool one_part = !frame.more();
      for (bool more = frame.more(); more;) {
        zmq::message_t part;
        more = socket_.recv(part, zmq::recv_flags::dontwait) && part.more();
      }
      handlers_.on_frame(
          one_part ? std::string_view(static_cast<const char*>(frame.data()), frame.size())
                   : std::string_view());
    }
  }

  void watch_connection() {
    while (const auto event = events_->next()) {
      const bool connected = *event == ConnectionEvents::Event::Connected;
      if (connected == std::exchange(connected_, connected)) continue;  // a handshake failed
      // Asking for events makes the socket learn that its old connection is gone: else it would
      // take messages for it, without a word.
      [[maybe_unused]] const int events = socket_.get(zmq::sockopt::events);
      if (connected) {
        outbox_.accept();
        handlers_.on_connected();
      } else {
        outbox_.refuse(not_connected_);
        outbox_.take();
        queue_.clear();
        handlers_.on_disconnected();
      }
    }
  }

  void send() {
    for (auto& outgoing : outbox_.take()) queue_.push_back(std::move(outgoing.message));
    while (!queue_.empty() && socket_.send(queue_.front(), zmq::send_flags::dontwait))
      queue_.pop_front();
  }

  void finish() {
    const auto give_up = std::chrono::steady_clock::now() + linger;
    try {
      for (send(); !queue_.empty() && std::chrono::steady_clock::now() < give_up; send()) {
        zmq::pollitem_t room{socket_.handle(), 0, ZMQ_POLLOUT, 0};
        zmq::poll(&room, 1, linger);
      }
    } catch (const zmq::error_t& error) {
      CHECK(error.num() == EINTR, "link: {}", error.what());
    }
    queue_.clear();
    events_.reset();
    socket_.close();
    context_.close();  // returns when what was sent is written, or `linger` is over
  }

  LinkHandlers handlers_;
  std::shared_ptr<Wakeup> wakeup_;
  Outbox outbox_;
  std::string not_connected_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::optional<ConnectionEvents> events_;
  bool connected_ = false;
  std::deque<zmq::message_t> queue_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Result<std::unique_ptr<Link>> Link::open(const std::string& address, LinkHandlers handlers,
                                         Outbox::Limits limits) {
  auto loop = std::make_unique<Loop>(std::move(handlers), limits);
  if (auto connecting = loop->connect(address); !connecting)
    return tl::unexpected(connecting.error());
  loop->start();
  return std::unique_ptr<Link>(new Link(std::move(loop)));
}

Link::Link(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Link::~Link() { close(); }

Result<void> Link::send(std::string frame) {
  return loop_->outbox().put(scheduler, std::move(frame));
}
std::size_t Link::waiting() const { return loop_->outbox().waiting(scheduler); }
void Link::close() { loop_->stop(); }

}  // namespace drover::net
