#pragma once

#include <caf/actor.hpp>
#include <caf/atom.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/net/gateway.hpp"
#include "common/wire/envelope.hpp"
#include "scheduler/core/state.hpp"
#include "scheduler/query/queries.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {

/// A Wait's time is over; sent to the scheduler actor with the waiter's number.
using expire_atom = caf::atom_constant<caf::atom("expire")>;

/// Tasks may be built by now; sent to the scheduler actor.
using tasks_atom = caf::atom_constant<caf::atom("tasks")>;

/// A request that was to go to the core was answered before; sent to the scheduler actor with its
/// token.
using answered_atom = caf::atom_constant<caf::atom("answered")>;

struct DeskParts {
  caf::actor scheduler;
  caf::actor store;
  net::Gateway* gateway = nullptr;
  std::shared_ptr<StoredPlans> plans;  ///< Used on the store's thread only.
  std::string version;
  Epoch epoch = 0;
};

/// Serves clients on behalf of the scheduler actor: asks the core for what changes something and
/// the store for what only reads. A part of that actor, not one of its own.
class ClientDesk {
 public:
  explicit ClientDesk(DeskParts parts);

  using Sessions = std::map<AgentId, caf::actor>;  ///< The session actors, by agent.

  /// Takes a request. What is asked about tasks waits while these are being built anew.
  void take(const FromClientBox& frame, const State& core, const Sessions& agents);

  /// Takes what has waited for tasks, where these are built now, or that took too long.
  void take_waiting(const State& core, const Sessions& agents);

  /// The core's answer to a Submit, Rerun or Cancel.
  void answer(const ToClient& answer);

  /// The request was answered without the core.
  void close(const ClientToken& token) { open_.erase(token); }

  /// Tells those who wait for the run.
  void run_ended(const RunId& run, const State& core);

  /// Tells one who has waited long enough.
  void expire(std::uint64_t waiter, const State& core);

 private:
  /// Whom a reply goes to.
  struct Asker {
    net::Peer peer;
    wire::Envelope envelope;
    RequestPlace place;  // Taken until all copies are gone: the answer is given by then.
    std::vector<std::string> warnings;  // Of what was submitted, for the answer.
  };
  struct Waiter {
    Asker asker;
    RunId run;
  };

  void answer_now(const FromClient& frame, const State& core, const Sessions& agents);
  void submit(Asker asker, const wire::Submit& request, const State& core);
  void rerun(const Asker& asker, const wire::Rerun& request, const State& core);
  void cancel(const Asker& asker, const wire::Cancel& request);
  void wait(const Asker& asker, const wire::Wait& request, const State& core);
  void log(const Asker& asker, const wire::Log& request, const State& core,
           const Sessions& agents) const;
  void read(const Asker& asker, wire::ClientRequest request, const State& core);

  /// A request for the core that the store looks at first, on its own thread.
  struct Asked;
  Asked asked(const Asker& asker);

  QueryContext context() const;
  /// Names a request to the core and remembers who asked.
  ClientToken open(const Asker& asker);
  void reply(const Asker& asker, const wire::ClientReply& reply) const;
  void start(const Asker& asker, const wire::Submit& request, const State& core, Submitted event);

  DeskParts parts_;
  Instant started_;
  std::uint64_t next_number_ = 1;
  std::map<ClientToken, Asker> open_;  // Requests the core has not answered.
  std::map<std::uint64_t, Waiter> waiters_;
  struct WaitsForTasks {
    FromClientBox frame;
    Instant until;
  };
  std::deque<WaitsForTasks> wait_for_tasks_;  // In the order of their ends.
};

}  // namespace drover::scheduler
