#include "common/types/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/types/base64.hpp"
#include "common/types/literal.hpp"
#include "common/types/packed.hpp"

namespace drover {
namespace {

using Json = nlohmann::ordered_json;

/// An error, and the way to it inside the value.
struct Wrong {
  std::string what;
  std::string place;
};

tl::unexpected<Error> to_error(const Wrong& wrong) {
  if (wrong.place.empty()) return fail(ErrorCode::Invalid, wrong.what);
  const auto place = wrong.place[0] == '.' ? wrong.place.substr(1) : wrong.place;
  return fail(ErrorCode::Invalid, fmt::format("{}: {}", place, wrong.what));
}

bool inside(Wrong& wrong, std::string_view step) {
  wrong.place.insert(0, step);
  return false;
}

/// Walks packed bytes along their type. `Out` is Json, or nothing where only the walk counts.
class FromPacked {
 public:
  explicit FromPacked(std::string_view bytes) : in_(bytes) {}
  Wrong wrong;

  bool whole(const Type& type, Json* out) {
    if (!value(type, out)) return false;
    if (!in_.at_end()) return no(fmt::format("{} bytes too many", in_.remaining()));
    return true;
  }

 private:
  bool value(const Type& type, Json* out) {
    std::string_view text;
    bool flag = false;
    double number = 0;
    switch (type.kind()) {
      case Type::Kind::Optional:
        if (!in_.accept_nil()) return value(type.element(), out);
        return set(out, nullptr);
      case Type::Kind::List:
        return list(type, out);
      case Type::Kind::Struct:
        return structure(type, out);
      case Type::Kind::Bool:
        return in_.read_bool(flag) ? set(out, flag) : unlike(type);
      case Type::Kind::Int:
        return integer(type, out);
      case Type::Kind::Float:
        return in_.read_float(number) ? set(out, number_to_json(number)) : unlike(type);
      case Type::Kind::Str:
      case Type::Kind::Uri:
        return in_.read_str(text) ? set(out, text) : unlike(type);
      case Type::Kind::Bytes:
        if (!in_.read_bin(text)) return unlike(type);
        return out == nullptr || set(out, to_base64(text));
      case Type::Kind::Variable:
        return no("nothing says what " + type.name() + " stands for");
    }
    return false;
  }

  bool integer(const Type& type, Json* out) {
    std::uint64_t bits = 0;
    bool negative = false;
    if (!in_.read_int(bits, negative)) return unlike(type);
    return negative ? set(out, static_cast<std::int64_t>(bits)) : set(out, bits);
  }
  bool list(const Type& type, Json* out) {
    std::size_t count = 0;
    if (!in_.read_array(count)) return unlike(type);
    set(out, Json::array());
    for (std::size_t i = 0; i < count; ++i) {
      Json* element = nullptr;
      if (out != nullptr) element = &out->emplace_back();
      if (!value(type.element(), element)) return inside(wrong, fmt::format("[{}]", i));
    }
    return true;
  }
  bool structure(const Type& type, Json* out) {
    std::size_t count = 0;
    if (!in_.read_array(count)) return unlike(type);
    if (count != type.fields().size()) {
      return no(fmt::format("{} has {} fields, not {}", type.name(), type.fields().size(), count));
    }
    set(out, Json::object());
    return std::all_of(type.fields().begin(), type.fields().end(), [&](const Field& field) {
      Json* member = out == nullptr ? nullptr : &(*out)[field.name];
      return value(field.type, member) || inside(wrong, "." + field.name);
    });
  }

  static Json number_to_json(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
    return number;
  }
  template <class T>
  static bool set(Json* out, T&& value) {
    if (out != nullptr) *out = std::forward<T>(value);
    return true;
  }
  bool unlike(const Type& type) {
    return no(fmt::format("the bytes are not {}", with_article(type)));
  }
  bool no(std::string what) {
    wrong.what = std::move(what);
    return false;
  }

  packed::Reader in_;
};

/// Writes JSON as packed bytes along its type.
class ToPacked {
 public:
  std::string out;
  Wrong wrong;

  bool value(const Json& json, const Type& type) {
    switch (type.kind()) {
      case Type::Kind::Optional:
        if (!json.is_null()) return value(json, type.element());
        packed::append_nil(out);
        return true;
      case Type::Kind::List:
        return list(json, type);
      case Type::Kind::Struct:
        return structure(json, type);
      case Type::Kind::Bool:
        if (!json.is_boolean()) return unlike(json, type);
        packed::append_bool(out, json.get<bool>());
        return true;
      case Type::Kind::Int:
        return integer(json, type);
      case Type::Kind::Float:
        return number(json, type);
      case Type::Kind::Str:
      case Type::Kind::Uri:
        if (!json.is_string()) return unlike(json, type);
        packed::append_str(out, json.get_ref<const std::string&>());
        return true;
      case Type::Kind::Bytes:
        return binary(json, type);
      case Type::Kind::Variable:
        wrong.what = "nothing says what " + type.name() + " stands for";
        return false;
    }
    return false;
  }

 private:
  bool integer(const Json& json, const Type& type) {
    if (json.is_number_unsigned()) {
      packed::append_unsigned(out, json.get<std::uint64_t>());
    } else if (json.is_number_integer()) {
      packed::append_signed(out, json.get<std::int64_t>());
    } else {
      return unlike(json, type);
    }
    return true;
  }
  bool number(const Json& json, const Type& type) {
    using Limits = std::numeric_limits<double>;
    if (json.is_number()) {
      packed::append_float(out, json.get<double>());
    } else if (json == "nan") {
      packed::append_float(out, Limits::quiet_NaN());
    } else if (json == "inf" || json == "-inf") {
      packed::append_float(out, json == "inf" ? Limits::infinity() : -Limits::infinity());
    } else {
      return unlike(json, type);
    }
    return true;
  }
  bool binary(const Json& json, const Type& type) {
    if (!json.is_string()) return unlike(json, type);
    const auto bytes = from_base64(json.get_ref<const std::string&>());
    if (!bytes) return unlike(json, type);
    packed::append_bin(out, *bytes);
    return true;
  }
  bool list(const Json& json, const Type& type) {
    if (!json.is_array()) return unlike(json, type);
    packed::append_array(out, json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (!value(json[i], type.element())) return inside(wrong, fmt::format("[{}]", i));
    }
    return true;
  }
  bool structure(const Json& json, const Type& type) {
    if (!json.is_object()) return unlike(json, type);
    const auto& fields = type.fields();
    for (const auto& [name, member] : json.items()) {
      const bool known = std::any_of(fields.begin(), fields.end(),
                                     [&, &key = name](const Field& f) { return f.name == key; });
      if (!known) {
        wrong.what =
            fmt::format("{} has no field '{}': {}", type.name(), name, fields_to_string(type));
        return false;
      }
    }
    packed::append_array(out, fields.size());
    return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
      const auto member = json.find(field.name);
      if (member != json.end()) {
        return value(*member, field.type) || inside(wrong, "." + field.name);
      }
      if (field.type.is(Type::Kind::Optional)) {
        packed::append_nil(out);
        return true;
      }
      wrong.what = fmt::format("field '{}' of {} is missing", field.name, type.name());
      return false;
    });
  }

  bool unlike(const Json& json, const Type& type) {
    const auto shown = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    const auto quoted = quoted_for_message(shown);
    wrong.what = fmt::format("{} is wanted, not {}",
                             type.is(Type::Kind::Bytes) ? "base64" : with_article(type),
                             quoted.substr(1, quoted.size() - 2));
    return false;
  }
};

}  // namespace

Result<nlohmann::ordered_json> to_json(std::string_view bytes, const Type& type) {
  FromPacked from(bytes);
  Json json;
  if (!from.whole(type, &json)) return to_error(from.wrong);
  return json;
}

Result<std::string> to_json_text(std::string_view bytes, const Type& type) {
  return to_json(bytes, type).map([](const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  });
}

Result<std::string> from_json(const nlohmann::ordered_json& json, const Type& type) {
  ToPacked to;
  if (!to.value(json, type)) return to_error(to.wrong);
  return std::move(to.out);
}

Result<std::string> from_json_text(std::string_view text, const Type& type) {
  try {
    return from_json(Json::parse(text), type);
  } catch (const nlohmann::json::exception& error) {
    // The library's text begins with its own number in brackets.
    std::string_view what = error.what();
    if (const auto bracket = what.find("] "); bracket != std::string_view::npos) {
      what.remove_prefix(bracket + 2);
    }
    return fail(ErrorCode::Invalid, fmt::format("this is not JSON: {}", what));
  }
}

Result<void> check_value(std::string_view bytes, const Type& type) {
  FromPacked from(bytes);
  if (!from.whole(type, nullptr)) return to_error(from.wrong);
  return {};
}

}  // namespace drover
