#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/columns.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// Keys of a step's items: the values of the argument that its plan calls the key, else the index
/// as digits. Reads them in windows, which grow where neighbours are asked for.
class ItemKeys {
 public:
  /// `plan` may be null: then all items go by their index. Both must outlive this object.
  ItemKeys(const RunId& run, const Plan* plan, std::uint32_t step, Store& store);

  bool has_keys() const { return source_ != nullptr; }

  /// The index as digits where the key cannot be read.
  std::string key(ItemIndex item);

  /// Calls `look` with every key from item 0 on, as long as it returns true and there are keys. An
  /// item whose input failed has none and is passed over.
  Result<void> each(const std::function<bool(ItemIndex, std::string_view)>& look);

 private:
  Result<void> read_from(ItemIndex first, std::uint64_t most);
  Result<Columns> read_source(ItemIndex first, std::uint64_t most);
  Result<std::string> text_of(const Source& source);
  Result<Columns> read_made_list(const MakeList& list, ItemIndex first, std::uint64_t most);

  RunId run_;
  const Source* source_ = nullptr;
  Store& store_;
  Columns window_;
  ItemIndex window_first_ = 0;
  std::uint64_t next_window_ = 0;  // items
  Columns constants_;              // of a constant list, all of it, once read
};

/// Store::read_list() for one of the run's steps; elements of Failed have their items' keys.
Result<Columns> read_step_list(const StepRef& step, const Plan& plan, Part part,
                               std::uint64_t first, const ReadLimit& limit, Store& store);

/// The last part of a key's path, by which people call it: `frame_0411.jpg`.
std::string_view last_part(std::string_view key);

}  // namespace drover::scheduler
