#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/core/step.hpp"
#include "tests/support/plans.hpp"
#include "tests/support/words.hpp"

namespace drover::testing {

/// An agent core on a bench: feed it what happened, get its effects in words.
///
/// Wake-ups and heartbeats are left out of the words. Every step is followed by
/// broken_invariants(), which fails the process.
class AgentBench {
 public:
  explicit AgentBench(std::uint32_t slots = 1);
  /// Started, every worker ready, welcomed by epoch 7.
  static AgentBench welcomed(std::uint32_t slots = 1);

  std::vector<std::string> step(const agent::Event& event);
  std::vector<std::string> after(Duration time);

  std::vector<std::string> ready(std::uint32_t slot);
  std::vector<std::string> welcome(Epoch epoch = 7, std::vector<wire::RevokedItems> revoked = {});
  template <class Message>
  std::vector<std::string> from_scheduler(Message message) {
    return step(agent::FromScheduler{state.session, std::move(message)});
  }
  std::vector<std::string> grant(LeaseId lease, Range items, std::uint32_t slot = 0);
  std::vector<std::string> results(LeaseId lease, Range items, std::uint32_t slot = 0,
                                   std::vector<wire::ItemFailure> failures = {});
  std::vector<std::string> ended(LeaseId lease, std::uint32_t slot = 0);
  std::vector<std::string> died(Range executing, std::uint32_t slot = 0,
                                Cause cause = Cause::Crash);
  std::vector<std::string> answer(LeaseId lease, Range items,
                                  wire::Answered what = wire::Answered::Results,
                                  bool accepted = true);

  agent::State state;
  Instant now;
  agent::Effects effects;  ///< Of the last step, whole.
};

}  // namespace drover::testing
