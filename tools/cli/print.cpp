#include "tools/cli/print.hpp"

#include <fmt/format.h>

#include "tools/cli/exit_codes.hpp"
#include "tools/cli/to_json.hpp"

namespace drover::tools {

int print(const Error& error) {
  fmt::print(stderr, "{}\n", error.context);
  return exit_code_of(error);
}

int print(const wire::Rejected& rejected, bool json) {
  if (json) {
    fmt::print("{}\n", text_of(to_json(rejected)));
  } else {
    fmt::print(stderr, "{}{}", rejected.text, rejected.text.ends_with('\n') ? "" : "\n");
  }
  return wrong_usage;
}

}  // namespace drover::tools
