#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "common/wire/envelope.hpp"

namespace drover::net {

/// Asks a scheduler and waits for the answer: all that a command needs.
///
/// A request that a broken connection may have swallowed is sent again under the same number once
/// there is a new one. That is safe: every request can be repeated, as those that start something
/// carry the run's id. Threads  One at a time.
class Client {
 public:
  /// Begins to connect to `tcp://HOST:PORT`; whether somebody is there, the first request tells.
  /// Errors: Invalid where the address is none.
  static Result<std::unique_ptr<Client>> connect(const std::string& address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The scheduler's answer, which may be wire::Failed.
  /// Errors: Unavailable, naming the address, where none came in time; TooLarge where the request
  /// is; Unsupported where the scheduler is of another version.
  Result<wire::ClientReply> request(const wire::ClientRequest& request,
                                    std::chrono::milliseconds within);

  /// As `request`, where only a `Reply` will do. Errors: also those of wire::Failed.
  template <class Reply>
  Result<Reply> ask(const wire::ClientRequest& question, std::chrono::milliseconds within) {
    auto reply = request(question, within);
    if (!reply) return tl::unexpected(std::move(reply.error()));
    if (auto* const wanted = std::get_if<Reply>(&*reply)) return std::move(*wanted);
    if (auto* const failed = std::get_if<wire::Failed>(&*reply))
      return fail(failed->code, failed->context);
    return fail(ErrorCode::Internal, "the scheduler answered with another message: " +
                                         std::string(wire::kind_of(*reply)));
  }

  const std::string& address() const;
  /// Was there ever a connection?
  bool reached() const;

 private:
  class Connection;
  explicit Client(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace drover::net
