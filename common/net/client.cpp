#include "common/net/client.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <optional>
#include <random>

#include "common/check.hpp"
#include "common/net/connection_events.hpp"
#include "common/net/options.hpp"

namespace drover::net {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t random_number() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

class Client::Connection {
 public:
  explicit Connection(std::string address)
      : address_(std::move(address)), session_(random_number()) {}

  Result<void> connect() {
    try {
      socket_ = make_socket(context_, zmq::socket_type::dealer);
      events_.emplace(context_, socket_);
      socket_.connect(address_);
      return {};
    } catch (const zmq::error_t& error) {
      return fail(ErrorCode::Invalid,
                  fmt::format("cannot connect to '{}': {}; an address is tcp://HOST:PORT", address_,
                              error.what()));
    }
  }

  Result<wire::ClientReply> request(const wire::ClientRequest& request,
                                    std::chrono::milliseconds within) {
    const wire::Envelope envelope{session_, ++number_};
    const auto frame = wire::encode(envelope, request);
    if (!frame) return tl::unexpected(frame.error());
    to_send_ = true;
    const auto deadline = Clock::now() + within;
    for (auto now = Clock::now(); now < deadline; now = Clock::now()) {
      try {
        poll(std::chrono::ceil<std::chrono::milliseconds>(deadline - now));
        watch_connection();
        if (to_send_ && connected_) send(*frame);
        if (auto reply = receive(envelope)) return std::move(*reply);
      } catch (const zmq::error_t& error) {
        if (error.num() == EINTR) continue;
        return fail(ErrorCode::Internal, fmt::format("asking {}: {}", address_, error.what()));
      }
    }
    return no_answer(within);
  }

  const std::string& address() const { return address_; }
  bool reached() const { return reached_; }

 private:
  void poll(std::chrono::milliseconds time) {
    const auto wanted = static_cast<short>(ZMQ_POLLIN | (to_send_ && connected_ ? ZMQ_POLLOUT : 0));
    std::array<zmq::pollitem_t, 2> items{
        {{socket_.handle(), 0, wanted, 0}, {events_->handle(), 0, ZMQ_POLLIN, 0}}};
    zmq::poll(items.data(), items.size(), time);
  }

  /// A request whose connection broke before the answer may not have arrived. It is sent again once
  /// there is a new connection: ZeroMQ takes messages for one that is gone without a word.
  void watch_connection() {
    while (const auto event = events_->next()) {
      connected_ = *event == ConnectionEvents::Event::Connected;
      reached_ = reached_ || connected_;
      to_send_ = to_send_ || !connected_;
      // Asking for events makes the socket learn that its old connection is gone.
      [[maybe_unused]] const int events = socket_.get(zmq::sockopt::events);
    }
  }

  void send(const std::string& frame) {
    to_send_ = !socket_.send(zmq::buffer(frame), zmq::send_flags::dontwait).has_value();
  }

  /// The answer to this request, if it is here. Answers to earlier ones, which gave up, are
  /// dropped.
  std::optional<Result<wire::ClientReply>> receive(const wire::Envelope& expected) {
    zmq::message_t message;
    while (socket_.recv(message, zmq::recv_flags::dontwait)) {
      const std::string_view frame(static_cast<const char*>(message.data()), message.size());
      const auto head = wire::read_head(frame);
      if (!head || !(head->envelope == expected)) continue;
      auto reply = wire::decode<wire::ClientReply>(frame);
      if (!reply)
        return fail(fmt::format("the answer of the scheduler at {}", address_), reply.error());
      return Result<wire::ClientReply>(std::move(reply->message));
    }
    return std::nullopt;
  }

  Result<wire::ClientReply> no_answer(std::chrono::milliseconds within) const {
    const double seconds = std::chrono::duration<double>(within).count();
    if (connected_) {
      return fail(ErrorCode::Unavailable,
                  fmt::format("the scheduler at {} is connected but did not answer within {:.3g} s",
                              address_, seconds));
    }
    if (reached_) {
      return fail(ErrorCode::Unavailable,
                  fmt::format("the scheduler at {} went away and did not come back within {:.3g} s",
                              address_, seconds));
    }
    return fail(ErrorCode::Unavailable,
                fmt::format("no scheduler answers at {} (tried for {:.3g} s)\n  start one here:  "
                            "drover up\n  or name "
                            "another: --address tcp://HOST:PORT or DROVER_ADDRESS",
                            address_, seconds));
  }

  std::string address_;
  std::uint64_t session_;
  std::uint64_t number_ = 0;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::optional<ConnectionEvents> events_;
  bool to_send_ = false;
  bool connected_ = false;
  bool reached_ = false;  // connected at least once
};

Result<std::unique_ptr<Client>> Client::connect(const std::string& address) {
  auto connection = std::make_unique<Connection>(address);
  if (auto connecting = connection->connect(); !connecting)
    return tl::unexpected(connecting.error());
  return std::unique_ptr<Client>(new Client(std::move(connection)));
}

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::~Client() = default;

Result<wire::ClientReply> Client::request(const wire::ClientRequest& request,
                                          std::chrono::milliseconds within) {
  return connection_->request(request, within);
}
const std::string& Client::address() const { return connection_->address(); }
bool Client::reached() const { return connection_->reached(); }

}  // namespace drover::net
