#pragma once

#include <cstdint>

#include "common/wire/envelope.hpp"

namespace drover::wire {

/// The receiving side of a session: messages count from 1 on, in order, with none missing.
///
/// ZeroMQ reconnects without a word, and what was queued is lost with the connection: a gap is how
/// that shows, and it ends the session.
class SessionInbox {
 public:
  enum class Verdict : std::uint8_t {
    Next,   ///< The message that was due.
    Other,  ///< Of another session, or a repetition: ignore it.
    Gap,    ///< Something before it is missing: the session is over.
  };

  SessionInbox() = default;
  explicit SessionInbox(std::uint64_t session) : session_(session) {}

  Verdict receive(const Envelope& envelope) {
    if (envelope.session != session_ || envelope.sequence < next_) return Verdict::Other;
    if (envelope.sequence > next_) return Verdict::Gap;
    ++next_;
    return Verdict::Next;
  }

 private:
  std::uint64_t session_ = 0;
  std::uint64_t next_ = 1;
};

/// The sending side: numbers what is sent.
class SessionOutbox {
 public:
  SessionOutbox() = default;
  explicit SessionOutbox(std::uint64_t session) : session_(session) {}

  Envelope next() { return Envelope{session_, next_++}; }
  std::uint64_t session() const { return session_; }

 private:
  std::uint64_t session_ = 0;
  std::uint64_t next_ = 1;
};

}  // namespace drover::wire
