#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover {

/// With padding. Source: RFC 4648, section 4.
std::string to_base64(std::string_view bytes);

/// Nothing where `text` is not exactly what to_base64() prints for some bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace drover
