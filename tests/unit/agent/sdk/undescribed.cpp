// Does not compile: structs that DROVER_STRUCT does not describe, in each place where a task may
// have one. The test reads what the compiler says.

#include <drover/task.hpp>

namespace {

struct Count {
  int words = 0;
};
Count count_words(const drover::Uri&) { return {}; }
DROVER_TASK(count_words, file);

int total(drover::Stream<std::optional<Count>>& counts) {
  int sum = 0;
  for (const auto& count : counts) sum += count ? count->words : 0;
  return sum;
}
DROVER_TASK(total, counts);

drover::List<Count> split(std::int64_t parts) {
  return {[parts](auto& sink) {
    for (std::int64_t i = 0; i < parts; ++i) sink.push(Count{});
  }};
}
DROVER_TASK(split, parts);

struct Page {
  std::vector<Count> counts;
};
DROVER_STRUCT(Page, counts);
std::vector<drover::Result<std::int64_t>> pages(std::span<const Page> pages) {
  return std::vector<drover::Result<std::int64_t>>(pages.size(), 0);
}
DROVER_TASK(pages, pages);

struct Counter {
  explicit Counter(Count) {}
  std::int64_t operator()(const drover::Uri&) { return 0; }
};
DROVER_TASK_CLASS(count_from, Counter, (Count first), (file));

}  // namespace
