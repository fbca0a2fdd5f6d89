#include "common/net/outbox.hpp"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <set>

#include "common/check.hpp"
#include "common/wire/limits.hpp"

namespace drover::net {
namespace {

/// What a frame counts: its bytes, and what it costs to keep it.
std::size_t counted(const std::string& frame) { return frame.size() + 64; }

}  // namespace

struct Outbox::Ledger {
  Limits limits;
  std::shared_ptr<Wakeup> wakeup;

  std::mutex mutex;
  std::vector<Outgoing> put;
  std::map<Peer, std::size_t> bytes;  // of frames that exist; never 0
  std::size_t bytes_in_all = 0;
  std::set<Peer> refused;  // since their queue was half empty
  std::vector<Peer> relieved;
  std::optional<std::string> refuse_all;
  bool wake_on_written = false;

  /// Bytes that ZeroMQ reads where they are, and what they count against.
  struct Frame {
    std::shared_ptr<Ledger> ledger;
    Peer peer;
    std::string bytes;
  };

  /// Called by ZeroMQ, in whichever thread has sent or dropped the frame.
  static void written(void*, void* hint) {
    const std::unique_ptr<Frame> frame(static_cast<Frame*>(hint));
    frame->ledger->give_back(frame->peer, counted(frame->bytes));
  }

  void give_back(const Peer& peer, std::size_t size) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex);
      const auto entry = bytes.find(peer);
      CHECK(entry != bytes.end() && entry->second >= size, "{} bytes written", size);
      entry->second -= size;
      bytes_in_all -= size;
      const std::size_t left = entry->second;
      if (left == 0) bytes.erase(entry);
      if (left <= limits.per_peer / 2 && refused.erase(peer) != 0) {
        relieved.push_back(peer);
        wake = true;
      }
      wake = std::exchange(wake_on_written, false) || wake;
    }
    if (wake) wakeup->wake();
  }
};

Outbox::Outbox(Limits limits, std::shared_ptr<Wakeup> wakeup)
    : ledger_(std::make_shared<Ledger>()) {
  ledger_->limits = limits;
  ledger_->wakeup = std::move(wakeup);
}

// Frames give back into the ledger when they go, so they go while nobody holds its lock.
Outbox::~Outbox() { take(); }

Result<void> Outbox::put(const Peer& peer, std::string frame) {
  if (frame.size() > wire::max_frame_bytes) {
    return fail(ErrorCode::TooLarge, fmt::format("a frame of {} bytes, at most {} are allowed",
                                                 frame.size(), wire::max_frame_bytes));
  }
  const std::size_t size = counted(frame);
  {
    const std::lock_guard lock(ledger_->mutex);
    if (ledger_->refuse_all) return fail(ErrorCode::Unavailable, *ledger_->refuse_all);
    std::size_t& waiting = ledger_->bytes[peer];
    const bool full = waiting != 0 && waiting + size > ledger_->limits.per_peer;
    if (full || ledger_->bytes_in_all + size > ledger_->limits.in_all) {
      const std::size_t before = waiting;
      if (before == 0) ledger_->bytes.erase(peer);
      if (full) ledger_->refused.insert(peer);
      return fail(
          ErrorCode::Full,
          full ? fmt::format("{} bytes wait for this peer already: it reads too slowly", before)
               : fmt::format("{} bytes wait for all peers together", ledger_->bytes_in_all));
    }
    waiting += size;
    ledger_->bytes_in_all += size;
    auto* const owned = new Ledger::Frame{ledger_, peer, std::move(frame)};  // `written` deletes it
    ledger_->put.push_back(
        {peer, zmq::message_t(owned->bytes.data(), owned->bytes.size(), &Ledger::written, owned)});
  }
  ledger_->wakeup->wake();
  return {};
}

std::size_t Outbox::waiting(const Peer& peer) const {
  const std::lock_guard lock(ledger_->mutex);
  const auto entry = ledger_->bytes.find(peer);
  return entry == ledger_->bytes.end() ? 0 : entry->second;
}

void Outbox::refuse(std::string why) {
  const std::lock_guard lock(ledger_->mutex);
  ledger_->refuse_all = std::move(why);
}

void Outbox::accept() {
  const std::lock_guard lock(ledger_->mutex);
  ledger_->refuse_all.reset();
}

std::vector<Outgoing> Outbox::take() {
  const std::lock_guard lock(ledger_->mutex);
  return std::exchange(ledger_->put, {});
}

std::vector<Peer> Outbox::take_relieved() {
  const std::lock_guard lock(ledger_->mutex);
  return std::exchange(ledger_->relieved, {});
}

void Outbox::wake_when_written() {
  const std::lock_guard lock(ledger_->mutex);
  ledger_->wake_on_written = true;
}

}  // namespace drover::net
