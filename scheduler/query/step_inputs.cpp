#include "scheduler/query/step_inputs.hpp"

#include "common/types/codec.hpp"
#include "common/types/packed.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

StepRef step_of(const StepResult& result, const InputOrigin& origin) {
  return {origin.run, result.step};
}

Result<Columns> list_of(const StepResult& result, std::uint64_t first, const ReadLimit& limit,
                        const InputOrigin& origin) {
  return read_step_list(step_of(result, origin), origin.plan, result.part, first, limit,
                        *origin.store);
}

/// The whole list as one encoded array; for lists that stand inside a value.
Result<std::string> list_value(const StepResult& result, const InputOrigin& origin) {
  Columns all;
  for (;;) {
    auto next = list_of(result, all.size(), ReadLimit{16'384, max_value_bytes}, origin);
    if (!next) return tl::unexpected(next.error());
    if (next->empty()) return array_of_columns(all);
    all.append(*next);
    if (all.bytes.size() > max_value_bytes) {
      return fail(ErrorCode::TooLarge,
                  "a list inside a value is larger than 1 MiB; give it to the task as an "
                  "argument of its own");
    }
  }
}

Result<std::string> value_of_step(const StepResult& result, const InputOrigin& origin) {
  if (result.part == Part::Value) return origin.store->read_value(step_of(result, origin));
  return list_value(result, origin);
}

Result<std::string> value_of_parts(const std::vector<Source>& parts, const InputOrigin& origin) {
  std::string text;
  for (const auto& part : parts) {
    auto value = value_of(part, origin);
    if (!value) return value;
    auto word = decode<std::string>(*value);
    if (!word) return tl::unexpected(word.error());
    text += *word;
  }
  return encoded(text);
}

Result<std::string> value_of_elements(const std::vector<Source>& elements,
                                      const InputOrigin& origin) {
  Columns values;
  for (const auto& element : elements) {
    auto value = value_of(element, origin);
    if (!value) return value;
    values.push_back(*value);
  }
  return array_of_columns(values);
}

}  // namespace

Result<std::string> value_of(const Source& source, const InputOrigin& origin) {
  if (const auto* constant = std::get_if<Constant>(&source.from)) return constant->value;
  if (const auto* result = std::get_if<StepResult>(&source.from))
    return value_of_step(*result, origin);
  if (const auto* list = std::get_if<MakeList>(&source.from))
    return value_of_elements(list->elements, origin);
  return value_of_parts(std::get<Interpolate>(source.from).parts, origin);
}

Result<Columns> column_of(const Source& source, Range items, std::uint64_t max_bytes,
                          const InputOrigin& origin) {
  if (const auto* constant = std::get_if<Constant>(&source.from)) {
    auto all = columns_of_array(constant->value);
    if (!all) return all;
    return all->slice(items.first, items.size());
  }
  if (const auto* list = std::get_if<MakeList>(&source.from)) {
    Columns values;
    for (auto i = items.first; i < items.last; ++i) {
      auto value = value_of(list->elements.at(i), origin);
      if (!value) return tl::unexpected(value.error());
      values.push_back(*value);
    }
    return values;
  }
  return list_of(std::get<StepResult>(source.from), items.first, ReadLimit{items.size(), max_bytes},
                 origin);
}

}  // namespace drover::scheduler
