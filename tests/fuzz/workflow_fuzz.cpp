#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "common/types/signature.hpp"
#include "common/workflow/check.hpp"
#include "common/workflow/diagnostic.hpp"
#include "common/workflow/parse.hpp"

/// Throws text at everything a workflow passes before it runs: reading, checking, and showing what
/// is wrong with it.
namespace drover {
namespace {

Catalogue some_tasks() {
  Catalogue tasks;
  for (const std::string text :
       {"sequence(count: int) -> list[int]", "square(value: int) -> int",
        "flatten(lists: list[list[T]]) -> list[T]",
        "list_objects(prefix: uri, suffixes: list[str]?) -> list[uri]",
        "detect(image: uri, model: str, draw: bool?) -> list[Box] batched\n"
        "Box: {label: str, score: float}"}) {
    auto signature = parse_signature(text);
    if (!signature) std::abort();
    tasks.emplace(signature->name, std::move(*signature));
  }
  return tasks;
}

}  // namespace
}  // namespace drover

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  static const Catalogue tasks = some_tasks();
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto spec = parse_workflow(text, "fuzz.yaml");
  const auto outcome =
      check(spec, tasks, {{"count", "3"}, {"images", "street"}, {"model", "no"}}, "/somewhere");
  const auto* problems = std::get_if<std::vector<Diagnostic>>(&outcome);
  if (problems == nullptr) return 0;
  if (problems->empty() || render(*problems, text).empty()) std::abort();
  return 0;
}
