#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/types/type.hpp"

namespace drover {

/// The encoded value as JSON: structs are objects with their fields in declared order, `bytes` are
/// base64, a missing optional is null; a float that is no number is the string "nan", "inf" or
/// "-inf". Errors: Invalid, with the place, where `bytes` are not a value of `type`.
Result<nlohmann::ordered_json> to_json(std::string_view bytes, const Type& type);

/// The same as one line of text. What is not UTF-8 in a string becomes U+FFFD.
Result<std::string> to_json_text(std::string_view bytes, const Type& type);

/// The inverse of to_json(). Whole numbers are taken as floats, and fields of type `T?` may be left
/// out. Errors: Invalid, with the place, as in `boxes[3].score: a float is wanted, not "high"`.
Result<std::string> from_json(const nlohmann::ordered_json& json, const Type& type);

/// Reads JSON text. Errors: Invalid where it is not JSON, with the place.
Result<std::string> from_json_text(std::string_view text, const Type& type);

/// Is this one encoded value of `type`? Errors: as of to_json().
Result<void> check_value(std::string_view bytes, const Type& type);

}  // namespace drover
