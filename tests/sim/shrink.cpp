#include "tests/sim/shrink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>
#include <sstream>
#include <vector>

#include "common/check.hpp"

namespace drover::sim {
namespace {

constexpr std::uint64_t most_tries = 6000;
/// What is left out moves all that follows, so that a smaller schedule may fail in another order
/// only.
constexpr std::uint64_t orders_tried = 30;
constexpr std::uint64_t orders_polished = 300;
constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

/// The words of a problem, without what differs from one schedule to the next.
std::string kind_of(const std::string& problem) {
  const std::set<std::string> names{
      "map",     "first",  "second", "left", "right", "zip",    "reduce",
      "listing", "first:", "map:",   "zip:", "left:", "right:", "second:"};
  std::istringstream words(problem.substr(0, problem.find("ended: ")));
  std::string kind;
  for (std::string word; words >> word;) {
    const bool number = std::any_of(word.begin(), word.end(), [](char c) {
      return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
    if (!number && !names.contains(word)) kind += word + " ";
  }
  return kind;
}

class Shrinker {
 public:
  Shrinker(std::uint64_t seed, scheduler::Store& store) : seed_(seed), store_(store) {
    best_ = run(Cut{});
    CHECK(!best_.problem.empty(), "seed {} does not fail", seed);
    faults_ = best_.faults;
    cut_.faults.insert(Range{faults_, no_end});  // Struck after the failure, if at all.
  }

  Shrunk shrink() {
    for (bool smaller = true; smaller && tried_ < most_tries;) {
      smaller = leave_out_runs();
      smaller = with(cut_.all_good, true) || smaller;
      smaller = with(cut_.plain, true) || smaller;
      smaller = lower(cut_.most_agents, {1, 2, 3}) || smaller;
      smaller = lower(cut_.most_slots, {1, 2}) || smaller;
      smaller = lower(cut_.most_steps, {1, 2, 3}) || smaller;
      smaller = lower(cut_.most_items, {1, 2, 3, 4, 6, 9, 14, 20}) || smaller;
      smaller = leave_out_front() || smaller;
      smaller = leave_out_faults() || smaller;
    }
    polish();
    best_ = simulate(seed_, store_, std::numeric_limits<std::size_t>::max(), cut_);
    return {cut_, best_, kept_faults().size(), tried_};
  }

 private:
  Outcome run(const Cut& cut, std::size_t lines = 0) {
    ++tried_;
    return simulate(seed_, store_, lines, cut);
  }

  bool fails_alike(const Outcome& outcome) const {
    return same_kind(outcome.problem, best_.problem);
  }

  /// Takes the smaller schedule if it fails in the same way, in one order or another.
  bool take(Cut cut, std::uint64_t orders = orders_tried) {
    const std::uint64_t salt = cut.salt;
    for (std::uint64_t i = 0; i < orders && tried_ < most_tries; ++i) {
      cut.salt = salt + i;
      Outcome outcome = run(cut);
      if (!fails_alike(outcome)) continue;
      best_ = std::move(outcome);
      cut_ = std::move(cut);
      return true;
    }
    return false;
  }

  template <class T>
  bool with(T& member, T value) {
    if (member == value) return false;
    const Cut before = cut_;
    member = value;
    const Cut candidate = cut_;
    cut_ = before;
    return take(candidate);
  }

  bool lower(std::uint64_t& member, std::initializer_list<std::uint64_t> values) {
    return std::any_of(values.begin(), values.end(),
                       [&](std::uint64_t value) { return value < member && with(member, value); });
  }

  bool leave_out_front() {
    bool any = false;
    for (std::uint64_t count = 16; count > 0; count /= 2) {
      if (cut_.most_items == Cut::all || cut_.most_items <= count) continue;
      Cut candidate = cut_;
      candidate.front += count;
      candidate.most_items -= count;
      any = take(std::move(candidate)) || any;
    }
    return any;
  }

  bool leave_out_runs() {
    constexpr std::size_t most_runs = 6;
    bool any = false;
    for (std::size_t i = 0; i < most_runs; ++i) {
      if (cut_.runs.contains(i)) continue;
      Cut candidate = cut_;
      candidate.runs.insert(i);
      any = take(std::move(candidate)) || any;
    }
    return any;
  }

  std::vector<std::uint64_t> kept_faults() const {
    std::vector<std::uint64_t> kept;
    for (std::uint64_t i = 0; i < std::min(faults_, best_.faults); ++i) {
      if (!cut_.faults.contains(i)) kept.push_back(i);
    }
    return kept;
  }

  /// Ever smaller parts of them, until each that is left is needed.
  bool leave_out_faults() {
    bool any = false;
    for (std::size_t part = kept_faults().size(); part > 0; part /= 2) {
      const auto kept = kept_faults();
      for (std::size_t first = 0; first < kept.size(); first += part) {
        Cut candidate = cut_;
        for (std::size_t i = first; i < std::min(first + part, kept.size()); ++i) {
          candidate.faults.insert(Range{kept[i], kept[i] + 1});
        }
        any = take(std::move(candidate), part == 1 ? 10 : 3) || any;
      }
    }
    return any;
  }

  /// Of all orders that fail, the one of which there is least to read.
  void polish() {
    std::size_t least = no_end;
    Cut cut = cut_;
    for (std::uint64_t salt = 0; salt <= orders_polished; ++salt) {
      Cut candidate = cut;
      candidate.salt = salt == 0 ? cut.salt : salt;
      const Outcome outcome = run(candidate, 20'000);
      if (!fails_alike(outcome)) continue;
      const std::size_t events = digest_of(outcome.history).events;
      if (events >= least) continue;
      least = events;
      cut_ = candidate;
    }
  }

  std::uint64_t seed_;
  scheduler::Store& store_;
  Cut cut_;
  Outcome best_;
  std::uint64_t faults_ = 0;
  std::uint64_t tried_ = 0;
};

}  // namespace

bool same_kind(const std::string& problem, const std::string& other) {
  return !problem.empty() && kind_of(problem) == kind_of(other);
}

Shrunk shrink(std::uint64_t seed, scheduler::Store& store) {
  return Shrinker(seed, store).shrink();
}

std::string words(const Shrunk& shrunk) {
  const Cut& cut = shrunk.cut;
  std::string text = fmt::format("{} faults", shrunk.faults_left);
  const auto most = [&](std::uint64_t value, const char* what) {
    if (value != Cut::all)
      text += fmt::format(", {} {}{} at most", value, what, value == 1 ? "" : "s");
  };
  most(cut.most_agents, "agent");
  most(cut.most_slots, "slot");
  most(cut.most_steps, "step");
  most(cut.most_items, "item");
  if (cut.plain) text += ", no options";
  if (cut.all_good) text += ", no bad items";
  return text;
}

}  // namespace drover::sim
