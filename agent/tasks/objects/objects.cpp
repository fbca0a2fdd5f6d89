// Built-in tasks that find inputs: what lies in a folder, what a file lists.

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "common/objects/object_store.hpp"
#include "drover/task.hpp"

namespace drover::tasks {
namespace {

constexpr std::size_t page_size = 1000;
constexpr Bytes max_list_file = 256_MiB;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Letters count the same in upper and lower case: cameras write .JPG.
bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.size() >= suffix.size() &&
         std::equal(suffix.begin(), suffix.end(),
                    name.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                    [](char a, char b) { return lower(a) == lower(b); });
}

Result<void> list_into(const ObjectUri& folder,
                       const std::optional<std::vector<std::string>>& suffixes, Sink<Uri>& sink) {
  const auto store = make_object_store();
  auto listing = store->list(folder);
  if (!listing) return tl::unexpected(std::move(listing.error()));
  while (true) {
    const auto page = (*listing)->next(page_size);
    if (!page) return tl::unexpected(page.error());
    if (page->empty()) return {};
    for (const auto& object : *page) {
      const auto name = file_name(object);
      const bool wanted =
          !suffixes || std::any_of(suffixes->begin(), suffixes->end(),
                                   [&](const auto& suffix) { return has_suffix(name, suffix); });
      if (wanted) sink.push(Uri{to_string(object)}, store->stamp(object));
    }
  }
}

/// The objects below `prefix`, also in folders below it, in the byte order of their paths.
Result<List<Uri>> list_objects(const Uri& prefix,
                               const std::optional<std::vector<std::string>>& suffixes) {
  auto folder = parse_uri(prefix.text);
  if (!folder) return tl::unexpected(std::move(folder.error()));
  return List<Uri>([folder = std::move(*folder), suffixes](Sink<Uri>& sink) {
    return list_into(folder, suffixes, sink);
  });
}
DROVER_TASK(list_objects, prefix, suffixes);

Result<void> read_lines(const ObjectUri& file, Sink<Uri>& sink) {
  std::string text;
  const auto store = make_object_store();
  if (auto read = store->get(file, max_list_file, text); !read) return read;
  // A line that is a relative path counts from the list's own folder.
  const auto base = file.scheme == ObjectUri::Scheme::File ? to_string(folder_of(file)) : "";
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const auto uri = parse_uri(line, base);
    if (!uri) return drover::fail(fmt::format("{}:{}", to_string(file), number), uri.error());
    sink.push(Uri{to_string(*uri)}, store->stamp(*uri));
  }
  return {};
}

/// The URIs and paths that stand in `file`, one a line.
Result<List<Uri>> read_list(const Uri& file) {
  auto uri = parse_uri(file.text);
  if (!uri) return tl::unexpected(std::move(uri.error()));
  return List<Uri>([uri = std::move(*uri)](Sink<Uri>& sink) { return read_lines(uri, sink); });
}
DROVER_TASK(read_list, file);

}  // namespace
}  // namespace drover::tasks
