// Built-in tasks over lists.

#include "drover/raw_task.hpp"
#include "drover/task.hpp"

namespace drover::tasks {
namespace {

struct Counts {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
};
DROVER_STRUCT(Counts, succeeded, failed);

Result<List<std::int64_t>> sequence(std::int64_t count) {
  if (count < 0) {
    return permanent(fmt::format("argument 'count': a list cannot have {} elements", count));
  }
  return List<std::int64_t>([count](auto& sink) {
    for (std::int64_t i = 0; i < count; ++i) sink.push(i);
  });
}
DROVER_TASK(sequence, count);

/// One list of the elements of all lists, in order.
Result<void> flatten(sdk::RawCall& call) {
  auto lists = call.elements(0);
  if (!lists) return tl::unexpected(lists.error());
  while (true) {
    const auto list = (*lists)->next();
    if (!list) return tl::unexpected(list.error());
    if (!*list) return {};
    sdk::ArraySource elements(**list);
    while (true) {
      const auto element = elements.next();
      if (!element) return tl::unexpected(element.error());
      if (!*element) break;
      if (auto pushed = call.push(**element); !pushed) return pushed;
    }
  }
}
[[maybe_unused]] const bool flatten_added =
    sdk::add_raw(flatten, "flatten(lists: list[list[T]]) -> list[T]", true);

/// How many elements have a value, and how many are nil.
Result<void> count_succeeded(sdk::RawCall& call) {
  auto results = call.elements(0);
  if (!results) return tl::unexpected(results.error());
  Counts counts;
  while (true) {
    const auto result = (*results)->next();
    if (!result) return tl::unexpected(result.error());
    if (!*result) break;
    ++((*result)->front() == packed::nil ? counts.failed : counts.succeeded);
  }
  encode(counts, call.value());
  return {};
}
[[maybe_unused]] const bool count_succeeded_added =
    sdk::add_raw(count_succeeded,
                 "count_succeeded(results: list[T?]) -> Counts\n"
                 "Counts: {succeeded: int, failed: int}",
                 false);

}  // namespace
}  // namespace drover::tasks
