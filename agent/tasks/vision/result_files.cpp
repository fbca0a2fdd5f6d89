#include "agent/tasks/vision/result_files.hpp"

#include "common/objects/result_key.hpp"

namespace drover::tasks {

Result<StoredObject> write_result_file(ObjectStore& store, Context& context, std::size_t position,
                                       std::string_view suffix, std::string_view contents) {
  const auto run_folder = parse_uri(context.results());
  if (!run_folder) return fail("the folder for results", run_folder.error());
  // The run's folder carries the run's short name; result_key puts that in front again.
  ResultOwner owner{file_name(*run_folder), context.step(), context.key(position), std::nullopt,
                    context.ordinal(position)};
  if (!context.common_folder().empty()) {
    auto common = parse_uri(context.common_folder());
    if (!common) return fail("the items' common folder", common.error());
    owner.common_folder = std::move(*common);
  }
  return store.create(folder_of(*run_folder), result_key(owner, suffix), contents,
                      Durability::Machine);
}

}  // namespace drover::tasks
