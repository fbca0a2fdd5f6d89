#include "scheduler/query/item_paths.hpp"

#include <xxhash.h>

#include <algorithm>
#include <optional>

#include "common/objects/object_uri.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t max_hashes = 4U << 20U;  // at once

/// Is the text what to_string() gives for the path it names? Does not know all such texts, but
/// nearly all that occur; they need not be parsed.
bool is_canonical_path(std::string_view text) {
  constexpr std::size_t most = 1'000;
  if (text.size() < 2 || text.size() > most || text.front() != '/' || text.back() == '/') {
    return false;
  }
  char previous = ' ';
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~';
    if (!plain || (previous == '/' && (c == '/' || c == '.'))) return false;
    previous = c;
  }
  return true;
}

/// The one text of the object that a key names. What is no URI stands for itself.
struct Identity {
  std::string_view text;  // a view of the key, or of `room`
  bool is_uri = true;

  std::uint64_t hash() const { return XXH3_64bits(text.data(), text.size()); }
};
Identity identity_of(std::string_view key, std::string& room) {
  if (is_canonical_path(key)) return {key, true};
  const auto uri = parse_uri(key);
  if (!uri) return {key, false};
  room = to_string(*uri);
  return {room, true};
}

/// The longest folder of all keys so far.
class SharedFolder {
 public:
  void add(const Identity& key) {
    if (none_) return;
    if (!key.is_uri) return end();
    if (!prefix_.empty() && key.text.starts_with(prefix_)) return;
    const auto uri = parse_uri(key.text);
    if (!uri || uri->path.empty()) return end();
    folder_ = folder_ ? common_folder(*folder_, *uri) : folder_of(*uri);
    if (!folder_) return end();
    prefix_ = to_string(*folder_);
    if (!prefix_.ends_with('/')) prefix_ += '/';
  }
  std::string text() const { return folder_ ? to_string(*folder_) : std::string(); }

 private:
  void end() {
    none_ = true;
    folder_.reset();
  }

  bool none_ = false;
  std::optional<ObjectUri> folder_;
  std::string prefix_;  // what the text of everything in the folder begins with
};

/// Hashes that several keys have, sorted.
Result<std::vector<std::uint64_t>> repeated_hashes(const EachKey& each, std::uint64_t keys) {
  std::vector<std::uint64_t> repeated;
  std::vector<std::uint64_t> hashes;
  std::string room;
  const std::uint64_t parts = keys / max_hashes + 1;
  for (std::uint64_t part = 0; part < parts; ++part) {
    hashes.clear();
    auto read = each([&](ItemIndex, std::string_view key) {
      const std::uint64_t hash = identity_of(key, room).hash();
      if (hash % parts == part) hashes.push_back(hash);
      return true;
    });
    if (!read) return tl::unexpected(read.error());
    std::ranges::sort(hashes);
    for (std::size_t i = 1; i < hashes.size(); ++i) {
      if (hashes[i] != hashes[i - 1]) continue;
      if (repeated.empty() || repeated.back() != hashes[i]) repeated.push_back(hashes[i]);
    }
  }
  std::ranges::sort(repeated);
  return repeated;
}

/// Counts by hash: two keys that share one only skip numbers, and each still gets its own name.
Result<Repeats> count_repeats(const EachKey& each, const std::vector<std::uint64_t>& repeated) {
  Repeats repeats;
  std::vector<std::uint32_t> counts(repeated.size(), 0);
  std::string room;
  auto read = each([&](ItemIndex item, std::string_view key) {
    const std::uint64_t hash = identity_of(key, room).hash();
    const auto found = std::ranges::lower_bound(repeated, hash);
    if (found == repeated.end() || *found != hash) return true;
    const std::uint32_t ordinal = ++counts[static_cast<std::size_t>(found - repeated.begin())];
    if (ordinal > 1) repeats.add(item, ordinal);
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return repeats;
}

}  // namespace

void Repeats::add(ItemIndex item, std::uint32_t ordinal) {
  if (!entries_.empty() && entries_.back().items.last == item) {
    Entry& last = entries_.back();
    if (last.items.size() == 1) last.rising = ordinal == last.ordinal + 1;
    if (last.at(item) == ordinal) {
      last.items.last = item + 1;
      return;
    }
  }
  entries_.push_back({Range{item, item + 1}, ordinal, false});
}

std::vector<std::uint32_t> Repeats::of(Range items) const {
  std::vector<std::uint32_t> ordinals;
  auto entry = std::ranges::upper_bound(entries_, items.first, {},
                                        [](const Entry& e) { return e.items.last; });
  for (; entry != entries_.end() && entry->items.first < items.last; ++entry) {
    ordinals.resize(items.size(), 1);
    const Range both = intersection(entry->items, items);
    for (ItemIndex item = both.first; item < both.last; ++item) {
      ordinals[item - items.first] = entry->at(item);
    }
  }
  return ordinals;
}

Result<ItemPaths> item_paths(const EachKey& each) {
  SharedFolder folder;
  std::string previous;
  std::string room;
  bool ascending = true;  // strictly: then no key repeats another
  std::uint64_t keys = 0;
  auto read = each([&](ItemIndex, std::string_view key) {
    const Identity identity = identity_of(key, room);
    folder.add(identity);
    ascending = ascending && (keys == 0 || previous < identity.text);
    if (ascending) previous.assign(identity.text);
    ++keys;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  ItemPaths paths{folder.text(), {}};
  if (ascending) return paths;
  const auto repeated = repeated_hashes(each, keys);
  if (!repeated) return tl::unexpected(repeated.error());
  if (repeated->empty()) return paths;
  auto repeats = count_repeats(each, *repeated);
  if (!repeats) return tl::unexpected(repeats.error());
  paths.repeats = std::move(*repeats);
  return paths;
}

}  // namespace drover::scheduler
