#include "common/net/gateway.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <map>
#include <thread>

#include "common/check.hpp"
#include "common/net/options.hpp"
#include "common/net/wakeup.hpp"

namespace drover::net {
namespace {

constexpr int frames_per_turn = 256;  // then what goes out has its turn
constexpr std::chrono::milliseconds try_again_after{20};

enum class Sent { Yes, Later, Never };

std::string_view view(const zmq::message_t& message) {
  return {static_cast<const char*>(message.data()), message.size()};
}

}  // namespace

class Gateway::Loop {
 public:
  Loop(GatewayHandlers handlers, Outbox::Limits limits)
      : handlers_(std::move(handlers)),
        wakeup_(std::make_shared<Wakeup>()),
        outbox_(limits, wakeup_) {}

  Result<void> bind(const std::string& address) {
    try {
      socket_ = make_socket(context_, zmq::socket_type::router);
      socket_.bind(address);
      address_ = socket_.get(zmq::sockopt::last_endpoint);
      return {};
    } catch (const zmq::error_t& error) {
      if (error.num() == EADDRINUSE) {
        return fail(ErrorCode::Busy,
                    fmt::format("cannot listen on {}: another program does, perhaps another "
                                "droverd; stop it or choose another port",
                                address));
      }
      return fail(ErrorCode::Unavailable,
                  fmt::format("cannot listen on {}: {}", address, error.what()));
    }
  }
  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    CHECK(thread_.get_id() != std::this_thread::get_id(), "a handler closed its gateway");
    outbox_.refuse("the gateway is closed");
    stopping_ = true;
    wakeup_->wake();
    thread_.join();
  }

  Outbox& outbox() { return outbox_; }
  const std::string& address() const { return address_; }

 private:
  void run() {
    std::array<zmq::pollitem_t, 2> items{
        {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, wakeup_->fd(), ZMQ_POLLIN, 0}}};
    while (!stopping_) {
      // A socket says for all peers together whether it can write, which says nothing about one of
      // them.
      const auto wait = stalled_.empty() ? std::chrono::milliseconds(-1) : try_again_after;
      try {
        zmq::poll(items.data(), items.size(), wait);
        if ((items[1].revents & ZMQ_POLLIN) != 0) wakeup_->drain();
        if ((items[0].revents & ZMQ_POLLIN) != 0) receive();
        send_stalled();
        send_new();
      } catch (const zmq::error_t& error) {
        CHECK(error.num() == EINTR, "gateway: {}", error.what());
      }
      for (const auto& peer : outbox_.take_relieved()) handlers_.on_room(peer);
    }
    finish();
  }

  void receive() {
    for (int i = 0; i < frames_per_turn; ++i) {
      zmq::message_t id;
      zmq::message_t frame;
      if (!socket_.recv(id, zmq::recv_flags::dontwait)) return;
      bool one_part = id.more() && socket_.recv(frame, zmq::recv_flags::dontwait);
      for (bool more = frame.more(); more;) {
        one_part = false;
        zmq::message_t part;
        more = socket_.recv(part, zmq::recv_flags::dontwait) && part.more();
      }
      handlers_.on_frame(Peer{id.to_string()}, one_part ? view(frame) : std::string_view());
    }
  }

  Sent try_send(const Peer& peer, zmq::message_t& message) {
    try {
      zmq::message_t id(peer.id.data(), peer.id.size());
      if (!socket_.send(id, zmq::send_flags::sndmore | zmq::send_flags::dontwait))
        return Sent::Later;
      // Once the id is taken the rest of the message is too.
      CHECK(socket_.send(message, zmq::send_flags::dontwait).has_value(), "half a message");
      return Sent::Yes;
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) return Sent::Later;
      CHECK(error.num() == EHOSTUNREACH, "sending: {}", error.what());
      return Sent::Never;
    }
  }

  void send_new() {
    for (auto& [peer, message] : outbox_.take()) {
      if (const auto queue = stalled_.find(peer); queue != stalled_.end()) {
        queue->second.push_back(std::move(message));
        continue;
      }
      switch (try_send(peer, message)) {
        case Sent::Yes:
          break;
        case Sent::Never:
          message = {};  // gives its room back before anybody asks
          undelivered(peer);
          break;
        case Sent::Later:
          stalled_[peer].push_back(std::move(message));
          outbox_.wake_when_written();
          break;
      }
    }
  }

  void send_stalled() {
    if (stalled_.empty()) return;
    // Asking for events makes ZeroMQ look at once at what its own threads have written meanwhile.
    [[maybe_unused]] const int events = socket_.get(zmq::sockopt::events);
    outbox_.wake_when_written();
    for (auto entry = stalled_.begin(); entry != stalled_.end();) {
      entry = send_queue(entry->first, entry->second) ? stalled_.erase(entry) : std::next(entry);
    }
  }

  /// True where nothing is left of the queue.
  bool send_queue(const Peer& peer, std::deque<zmq::message_t>& queue) {
    while (!queue.empty()) {
      const Sent sent = try_send(peer, queue.front());
      if (sent == Sent::Later) return false;
      queue.pop_front();
      if (sent == Sent::Never) undelivered(peer);
    }
    return true;
  }

  void undelivered(const Peer& peer) {
    handlers_.on_undelivered(peer, {ErrorCode::Unavailable, "the peer is not connected any more"});
  }

  void finish() {
    const auto give_up = std::chrono::steady_clock::now() + linger;
    try {
      send_stalled();
      send_new();
      while (!stalled_.empty() && std::chrono::steady_clock::now() < give_up) {
        zmq::pollitem_t written{nullptr, wakeup_->fd(), ZMQ_POLLIN, 0};
        zmq::poll(&written, 1, try_again_after);
        wakeup_->drain();
        send_stalled();
      }
    } catch (const zmq::error_t& error) {
      CHECK(error.num() == EINTR, "gateway: {}", error.what());
    }
    for (const auto& [peer, queue] : stalled_) {
      for (std::size_t i = 0; i < queue.size(); ++i) undelivered(peer);
    }
    stalled_.clear();
    socket_.close();
    context_.close();  // returns when what was sent is written, or `linger` is over
  }

  GatewayHandlers handlers_;
  std::shared_ptr<Wakeup> wakeup_;
  Outbox outbox_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::string address_;
  std::map<Peer, std::deque<zmq::message_t>> stalled_;  // no queue is empty
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Result<std::unique_ptr<Gateway>> Gateway::open(const std::string& address, GatewayHandlers handlers,
                                               Outbox::Limits limits) {
  if (auto allowed = check_bind_address(address); !allowed) return tl::unexpected(allowed.error());
  auto loop = std::make_unique<Loop>(std::move(handlers), limits);
  if (auto bound = loop->bind(address); !bound) return tl::unexpected(bound.error());
  loop->start();
  return std::unique_ptr<Gateway>(new Gateway(std::move(loop)));
}

Gateway::Gateway(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Gateway::~Gateway() { close(); }

const std::string& Gateway::address() const { return loop_->address(); }
Result<void> Gateway::send(const Peer& peer, std::string frame) {
  return loop_->outbox().put(peer, std::move(frame));
}
std::size_t Gateway::waiting(const Peer& peer) const { return loop_->outbox().waiting(peer); }
void Gateway::close() { loop_->stop(); }

}  // namespace drover::net
