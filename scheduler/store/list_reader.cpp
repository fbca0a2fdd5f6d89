#include "scheduler/store/list_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/types/codec.hpp"
#include "scheduler/store/moved.hpp"

namespace drover::scheduler {
namespace {

constexpr std::string_view nil = "\xc0";
constexpr std::uint64_t window_items = 16384;
/// Segments may hold more than is asked for; a window of them is held while it is read.
constexpr std::uint64_t window_slack_bytes = 4U << 20U;

/// False: `value` is not wanted any more.
bool append(Columns& columns, std::string_view value, const ReadLimit& limit) {
  if (!columns.empty() &&
      (columns.size() >= limit.elements || columns.bytes.size() + value.size() > limit.bytes)) {
    return false;
  }
  columns.push_back(value);
  return true;
}

}  // namespace

bool ListReader::has(Part part) {
  if (!step_.list || part == Part::Value || part == Part::All) return true;
  database_.refuse(ErrorCode::Invalid, "a plain step's list has no .ok and no .failed");
  return false;
}

std::uint64_t ListReader::size(Part part) {
  if (!has(part)) return 0;
  if (step_.list) return step_.list_size;
  switch (part) {
    case Part::Ok:
      return step_.of(ItemFate::Done).size();
    case Part::Failed:
      return step_.of(ItemFate::Failed).size();
    default:
      return step_.count;
  }
}

Columns ListReader::read(Part part, std::uint64_t first, const ReadLimit& limit,
                         const KeyOfItem& key_of) {
  if (first >= size(part) || limit.elements == 0) return {};
  if (step_.list) return list(first, limit);
  switch (part) {
    case Part::Ok:
      return results(true, step_.of(ItemFate::Done).nth(first), limit);
    case Part::Failed:
      return failures(first, limit, key_of);
    default:
      return results(false, first, limit);
  }
}

std::string ListReader::single() {
  if (step_.list) {
    database_.refuse(ErrorCode::Invalid, "the step returned a list, which is read in parts");
    return {};
  }
  if (!step_.of(ItemFate::Done).contains(0)) {
    database_.refuse(ErrorCode::NotFound, "the step has no value");
    return {};
  }
  const Columns value = results(false, 0, {1, 1});
  return value.empty() ? std::string() : std::string(value.value(0));
}

Columns ListReader::list(std::uint64_t first, const ReadLimit& limit) {
  Columns elements;
  const std::int64_t streams[] = {*step_.list};
  while (first < step_.list_size && database_.ok()) {
    Range window{first, std::min({step_.list_size, first + window_items,
                                  first + (limit.elements - elements.size())})};
    if (window.empty()) break;
    for (const FoundValue& found :
         segments_.find(streams, window, limit.bytes + window_slack_bytes)) {
      if (!found.segment) {
        database_.refuse(ErrorCode::NotFound,
                         fmt::format("element {} of a list of {} was never stored: its task "
                                     "promised more than it wrote",
                                     first, step_.list_size));
        return {};
      }
      if (!append(elements, found.value(), limit)) return elements;
      ++first;
    }
  }
  return elements;
}

std::vector<std::uint64_t> ListReader::stamps(Range elements) {
  std::vector<std::uint64_t> all;
  if (!step_.list) return all;
  const std::int64_t streams[] = {*step_.list};
  elements.last = std::min(elements.last, step_.list_size);
  while (!elements.empty() && database_.ok()) {
    Range window = elements;
    for (const FoundValue& found : segments_.find(streams, window, window_slack_bytes))
      all.push_back(found.stamp());
    elements.first = window.last;
  }
  return all;
}

std::vector<bool> ListReader::moved(Part part, Range elements) {
  const ItemsOfFate& done = step_.of(ItemFate::Done);
  elements.last = std::min(elements.last, size(part));
  std::vector<bool> all;
  if (step_.list || elements.empty()) return all;
  const auto item_of = [&](std::uint64_t element) {
    return part == Part::Ok ? done.nth(element) : element;
  };
  const Range items{item_of(elements.first), item_of(elements.last - 1) + 1};
  const auto parts = moved_within(database_, step_.row, items);
  auto next = parts.begin();
  for (auto element = elements.first; element < elements.last; ++element) {
    const ItemIndex item = item_of(element);
    while (next != parts.end() && next->items.last <= item) ++next;
    all.push_back(next != parts.end() && next->items.contains(item));
  }
  return all;
}

Columns ListReader::results(bool only_done, ItemIndex item, const ReadLimit& limit) {
  const ItemsOfFate& done = step_.of(ItemFate::Done);
  Columns elements;
  while (item < step_.count && elements.size() < limit.elements && database_.ok()) {
    Range run = done.at_or_after(item);
    if (only_done) {
      if (run.empty()) break;
      item = std::max(item, run.first);
    }
    Range window{item, std::min({step_.count, item + window_items,
                                 item + (limit.elements - elements.size())})};
    for (const FoundValue& found : values_.find(window, limit.bytes + window_slack_bytes)) {
      if (!run.empty() && item >= run.last) run = done.at_or_after(item);
      if (run.contains(item)) {
        if (!found.segment) {
          missing(item);
          return {};
        }
        if (!append(elements, found.value(), limit)) return elements;
      } else if (!only_done && !append(elements, nil, limit)) {
        return elements;
      }
      ++item;
    }
  }
  return elements;
}

Columns ListReader::failures(std::uint64_t first, const ReadLimit& limit, const KeyOfItem& key_of) {
  const ItemsOfFate& failed = step_.of(ItemFate::Failed);
  Columns elements;
  for (; first < failed.size() && database_.ok(); ++first) {
    const ItemIndex item = failed.nth(first);
    Failure failure{item, std::to_string(item), {}};
    if (key_of) {
      auto key = key_of(item);
      if (!key) {
        database_.refuse(key.error().code, key.error().context);
        break;
      }
      failure.key = *std::move(key);
    }
    {
      Rows rows = database_.query(
          "SELECT texts.text FROM failures JOIN texts ON texts.no = failures.reason "
          "WHERE step = ? AND item = ? AND final = 1",
          step_.row, item);
      if (rows.next()) failure.reason = rows.text(0);
    }
    if (!append(elements, encoded(failure), limit)) break;
  }
  return elements;
}

void ListReader::missing(ItemIndex item) {
  database_.damaged(fmt::format("item {} is done, but its value is not there", item));
}

}  // namespace drover::scheduler
