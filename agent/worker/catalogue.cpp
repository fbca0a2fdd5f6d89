#include "agent/worker/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "common/spelling.hpp"

namespace drover::worker {
namespace {

constexpr std::size_t length_bytes = 5;  // of a string, in MessagePack
constexpr std::size_t longest_note = 2048;

std::size_t bytes_of(const std::string& text) { return text.size() + length_bytes; }

/// As many as there is room for.
std::vector<std::string> fitting(const std::vector<std::string>& texts, std::size_t room) {
  std::vector<std::string> some;
  for (const auto& text : texts) {
    if (bytes_of(text) > room) break;
    room -= bytes_of(text);
    some.push_back(text);
  }
  return some;
}

struct FileTasks {
  std::size_t bytes = 0;
  std::uint64_t tasks = 0;
};

std::string note_of(const std::string& file, const FileTasks& of, std::size_t room) {
  const std::filesystem::path path(file);
  return fmt::format(
      "{} of {} not loaded: the types of its {} take {}, and of {} for all tasks of an agent {} "
      "are "
      "left; put some of its tasks into a folder for another agent, or shorten their names",
      path.filename().string(), path.parent_path().string(), counted(of.tasks, "task"),
      spoken(Bytes{of.bytes}), spoken(Bytes{max_tasks_bytes}), spoken(Bytes{room}));
}

/// The files whose tasks do not fit beside those of the smaller ones; a note for each.
std::set<std::string> too_large(const TaskSet& set, std::vector<std::string>& notes) {
  std::map<std::string, FileTasks> files;
  for (const auto& [name, task] : set.tasks()) {
    files[task.from].bytes += bytes_of(to_string(task.signature)) + bytes_of(set.build_of(task));
    files[task.from].tasks += 1;
  }
  std::vector<std::pair<std::string, FileTasks>> by_size(files.begin(), files.end());
  std::ranges::stable_sort(by_size, {}, [](const auto& file) { return file.second.bytes; });
  std::set<std::string> left_out;
  std::size_t room = max_tasks_bytes;
  for (const auto& [file, of] : by_size) {
    if (of.bytes <= room) {
      room -= of.bytes;
    } else {
      left_out.insert(file);
      notes.push_back(note_of(file, of, room));
    }
  }
  return left_out;
}

/// Notes that do not fit are said to be there.
std::vector<std::string> some_notes(std::vector<std::string> notes) {
  for (auto& note : notes) {
    if (note.size() > longest_note) note = note.substr(0, longest_note) + " ...";
  }
  constexpr std::size_t last_line = 64;
  auto some = fitting(notes, max_notes_bytes - last_line);
  if (some.size() < notes.size()) {
    some.push_back(fmt::format("and {}", counted(notes.size() - some.size(), "more note")));
  }
  return some;
}

std::vector<std::string> some_programs(std::vector<std::string> programs,
                                       std::vector<std::string>& notes) {
  std::ranges::sort(programs);
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  auto some = fitting(programs, max_programs_bytes);
  if (some.size() < programs.size()) {
    notes.push_back(fmt::format("changes of {} go unnoticed, as tasks name so many",
                                counted(programs.size() - some.size(), "program")));
  }
  return some;
}

}  // namespace

Catalogue catalogue_of(const TaskSet& set) {
  Catalogue catalogue;
  const auto left_out = too_large(set, catalogue.notes);
  for (const auto& [name, task] : set.tasks()) {
    if (left_out.contains(task.from)) continue;
    catalogue.tasks.push_back(to_string(task.signature));
    catalogue.builds.push_back(set.build_of(task));
  }
  catalogue.programs = some_programs(set.programs(), catalogue.notes);
  catalogue.notes.insert(catalogue.notes.end(), set.notes().begin(), set.notes().end());
  catalogue.notes = some_notes(std::move(catalogue.notes));
  return catalogue;
}

}  // namespace drover::worker
