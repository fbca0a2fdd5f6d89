#include "tools/cli/model_check.hpp"

#include <fmt/format.h>

#include "models/check.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/model_words.hpp"

namespace drover::tools {

int check_model(const std::string& word) {
  const std::string model = model_of_word(word);
  const auto problems = models::check_model(model);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem.context);
  if (problems.empty()) fmt::print("{} is right\n", model);
  return problems.empty() ? succeeded : wrong_usage;
}

}  // namespace drover::tools
