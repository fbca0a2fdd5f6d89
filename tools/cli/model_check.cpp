#include "tools/cli/model_check.hpp"

#include <fmt/format.h>

#include "models/check.hpp"
#include "tools/cli/exit_codes.hpp"

namespace drover::tools {

int check_model(const std::string& model) {
  const auto problems = models::check_model(model);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem.context);
  if (problems.empty()) fmt::print("{} is right\n", model);
  return problems.empty() ? succeeded : wrong_usage;
}

}  // namespace drover::tools
