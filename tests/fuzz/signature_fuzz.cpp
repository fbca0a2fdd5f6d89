#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/types/signature.hpp"

/// Throws text at the reader of signatures, which agents send: what is read can be written, and
/// reads the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto signature = drover::parse_signature(text);
  if (!signature) return 0;
  const auto again = drover::parse_signature(to_string(*signature));
  if (!again || !(*again == *signature)) std::abort();
  return 0;
}
