#pragma once

#include <string>
#include <string_view>

#include "common/objects/object_store.hpp"

namespace drover {

/// Objects that are files. Errors as in ObjectStore.
class FileStore final : public ObjectStore {
 public:
  Result<std::unique_ptr<Listing>> list(const ObjectUri& folder,
                                        std::string_view start_after) override;
  Result<Bytes> size(const ObjectUri& uri) override;
  std::uint64_t stamp(const ObjectUri& uri) override;
  Result<void> get(const ObjectUri& uri, Bytes limit, std::string& contents) override;
  Result<StoredObject> create(const ObjectUri& folder, std::string_view key,
                              std::string_view contents, Durability durability) override;
};

}  // namespace drover
