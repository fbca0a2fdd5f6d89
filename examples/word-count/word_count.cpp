// Tasks of one's own: functions, a class that loads something once, and lists.

#include <algorithm>
#include <cctype>
#include <drover/task.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace {

/// A struct becomes a type of tasks by one line.
struct WordCount {
  std::int64_t lines = 0;
  std::int64_t words = 0;
};
DROVER_STRUCT(WordCount, lines, words);

/// A function is a task: its arguments get their names here. An error fails this item only.
drover::Result<WordCount> count_words(const drover::Uri& file) {
  std::ifstream stream(file.text);
  if (!stream) return drover::permanent(file.text + " cannot be opened");
  WordCount count;
  for (std::string line; std::getline(stream, line);) {
    ++count.lines;
    bool in_word = false;
    for (const char c : line) {
      const bool letter = std::isspace(static_cast<unsigned char>(c)) == 0;
      if (letter && !in_word) ++count.words;
      in_word = letter;
    }
  }
  return count;
}
DROVER_TASK(count_words, file);

/// A class is made once per worker and set of constants: the place for a model or a dictionary.
class Dictionary {
 public:
  explicit Dictionary(const drover::Uri& file) {
    std::ifstream stream(file.text);
    if (!stream) throw drover::permanent(file.text + " cannot be opened");
    words_.insert(std::istream_iterator<std::string>(stream), {});
  }
  bool operator()(const std::string& word) const { return words_.count(word) != 0; }

 private:
  std::set<std::string> words_;
};
DROVER_TASK_CLASS(is_known, Dictionary, (drover::Uri dictionary), (word));

/// The results of a map come as a list, missing where an item failed. A Stream holds one at a time.
WordCount total(drover::Stream<std::optional<WordCount>>& counts) {
  WordCount sum;
  for (const auto& count : counts) {
    if (!count) continue;
    sum.lines += count->lines;
    sum.words += count->words;
  }
  return sum;
}
DROVER_TASK(total, counts);

}  // namespace
