#include "tools/cli/page_type.hpp"

#include <fmt/format.h>

#include "common/types/signature.hpp"

namespace drover::tools {

Result<Type> type_of_page(const wire::ResultsPage& page) {
  const auto structs = parse_structs(page.structs);
  if (!structs) return tl::unexpected(structs.error());
  return parse_type(page.type, [&](std::string_view name) -> Result<Type> {
    const auto found = structs->find(std::string(name));
    if (found == structs->end())
      return fail(ErrorCode::Invalid, fmt::format("no type is called '{}'", name));
    return found->second;
  });
}

}  // namespace drover::tools
