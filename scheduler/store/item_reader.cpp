#include <algorithm>

#include "scheduler/store/report_reader.hpp"

namespace drover::scheduler {

std::vector<ItemRow> ItemReader::items(std::optional<ItemState> state, ItemIndex first,
                                       std::uint64_t limit) {
  std::vector<ItemRow> found;
  for (ItemIndex item = next_in(state, first); item < step_.count && found.size() < limit;
       item = next_in(state, item + 1)) {
    if (!database_.ok()) break;
    found.push_back(row(item));
  }
  return found;
}

std::vector<ItemRow> ItemReader::failed(std::string_view signature, ItemIndex first,
                                        std::uint64_t limit) {
  std::vector<ItemIndex> items;
  {
    Rows rows = database_.query(
        "SELECT item FROM failures JOIN texts ON texts.no = signature "
        "WHERE step = ? AND item >= ? AND final = 1 AND text = ? ORDER BY item LIMIT ?",
        step_.row, first, signature, limit);
    while (rows.next()) items.push_back(rows.count(0));
  }
  std::vector<ItemRow> found;
  found.reserve(items.size());
  for (const ItemIndex item : items) found.push_back(row(item));
  return found;
}

std::vector<AttemptRow> ItemReader::attempts(ItemIndex item) {
  std::vector<AttemptRow> attempts;
  const auto origin = values_.origin(item);
  {
    Rows rows = database_.query(
        "SELECT attempt, epoch, lease, agents.id, agents.name, slot, cause, texts.text, seconds, "
        "failed_ms FROM failures LEFT JOIN agents ON agents.no = agent "
        "LEFT JOIN texts ON texts.no = reason WHERE step = ? AND item = ? ORDER BY attempt, lease",
        origin.step_row, origin.item);
    while (rows.next()) {
      attempts.push_back({rows.number<std::uint32_t>(0),
                          {rows.count(1), rows.count(2)},
                          rows.id<AgentId>(3),
                          rows.text(4),
                          rows.number<std::uint32_t>(5),
                          rows.number<Cause>(6),
                          rows.text(7),
                          static_cast<float>(rows.real(8)),
                          WallTime{rows.integer(9)},
                          origin.item});
    }
  }
  if (state_of(item) != ItemState::Done) return attempts;
  const std::uint32_t failed = attempts.empty() ? 0 : attempts.back().attempt;
  if (auto last = success(item, failed + 1)) attempts.push_back(*std::move(last));
  return attempts;
}

std::optional<AttemptRow> ItemReader::success(ItemIndex item, std::uint32_t attempt) {
  Range one{item, item + 1};
  const FoundValue found =
      step_.list ? FoundValue{values_.first_segment(), 0} : values_.find(one, 0).front();
  if (!found.segment) return std::nullopt;
  const Segment& segment = *found.segment;
  AttemptRow row;
  row.attempt = attempt;
  row.lease = segment.lease;
  row.slot = segment.slot;
  row.seconds = found.seconds();
  row.ended = WallTime{segment.stored_ms};
  row.item = segment.first + found.at;
  Rows agents = database_.query("SELECT id, name FROM agents WHERE no = ?", segment.agent);
  if (agents.next()) {
    row.agent = agents.id<AgentId>(0);
    row.agent_name = agents.text(1);
  }
  return row;
}

ItemState ItemReader::state_of(ItemIndex item) const {
  if (step_.of(ItemFate::Done).contains(item)) return ItemState::Done;
  if (step_.of(ItemFate::Failed).contains(item)) return ItemState::Failed;
  if (step_.of(ItemFate::Skipped).contains(item)) return ItemState::Skipped;
  return step_.ended() ? ItemState::Cancelled : ItemState::Open;
}

/// The first item from `item` on that is in `state`, or the step's count.
ItemIndex ItemReader::next_in(std::optional<ItemState> state, ItemIndex item) const {
  if (!state || item >= step_.count) return std::min(item, step_.count);
  if (*state == ItemState::Open || *state == ItemState::Cancelled) {
    if ((*state == ItemState::Cancelled) != step_.ended()) return step_.count;
    // Step over whole ranges that ended.
    for (bool moved = true; moved && item < step_.count;) {
      moved = false;
      for (const ItemsOfFate& fate : step_.fates) {
        if (const Range range = fate.at_or_after(item); range.contains(item)) {
          item = range.last;
          moved = true;
        }
      }
    }
    return std::min(item, step_.count);
  }
  const auto& fate = step_.fates.at(static_cast<std::size_t>(*state) - 1);
  const Range range = fate.at_or_after(item);
  return range.empty() ? step_.count : std::max(item, range.first);
}

ItemRow ItemReader::row(ItemIndex item) {
  ItemRow row;
  row.item = item;
  row.state = state_of(item);
  auto tries = attempts(item);
  if (tries.empty()) return row;
  row.attempts = tries.back().attempt;
  row.last_attempt = std::move(tries.back());
  return row;
}

}  // namespace drover::scheduler
