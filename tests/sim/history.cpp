#include "tests/sim/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <map>
#include <span>
#include <string_view>

namespace drover::sim {
namespace {

/// What the other end shows too, or nobody needs.
bool is_dull_effect(const std::string& what) {
  constexpr std::array starts{"save event", "save task", "save agent", "start worker",
                              "ask for",    "send ",     "open: ",     "run "};
  return what.ends_with("<- heard") ||
         std::any_of(starts.begin(), starts.end(),
                     [&](std::string_view start) { return what.starts_with(start); });
}

bool is_dull_event(const std::string& what) {
  return what == "time" || what == "started" || what.ends_with("heartbeat") ||
         what.ends_with("of the plan") || what.starts_with("committed") ||
         what.starts_with("submitted");
}

/// Of an agent only what its workers do and its own end; what it receives shows in the effects of
/// the scheduler, what it sends in the events there.
bool is_of_interest(const Line& event, bool any_effect) {
  if (any_effect) return true;
  const bool agent = event.who.starts_with('a') && event.who.size() == 2;
  if (!agent) return !is_dull_event(event.what);
  return event.what == "is killed" || event.what.find("died") != std::string::npos ||
         event.what.find(": ") != std::string::npos;
}

/// Epochs are milliseconds since 1970, thirteen digits.
std::string with_short_epochs(const std::string& text, std::map<std::string, std::size_t>& epochs) {
  constexpr std::size_t epoch_digits = 13;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    if (end - at == epoch_digits) {
      out += fmt::format(
          "E{}", epochs.try_emplace(text.substr(at, end - at), epochs.size() + 1).first->second);
    } else {
      end = std::max(end, at + 1);
      out += text.substr(at, end - at);
    }
    at = end;
  }
  return out;
}

}  // namespace

std::string text_of(const Line& line) {
  const auto micro =
      std::chrono::duration_cast<std::chrono::microseconds>(line.when.time_since_epoch()).count();
  return fmt::format("{:4d}.{:06d} {:<9} {}", micro / 1'000'000, micro % 1'000'000,
                     line.effect ? "  ->" : line.who, line.what);
}

Digest digest_of(const History& history) {
  Digest digest;
  std::map<std::string, std::size_t> epochs;
  for (std::size_t at = 0; at < history.size();) {
    const Line& event = history[at++];
    std::string effects;
    for (; at < history.size() && history[at].effect; ++at) {
      if (!is_dull_effect(history[at].what)) effects += text_of(history[at]) + "\n";
    }
    if (!is_of_interest(event, !effects.empty())) continue;
    digest.events += 1;
    digest.text += with_short_epochs(text_of(event) + "\n" + effects, epochs);
  }
  return digest;
}

}  // namespace drover::sim
