#include "common/types/literal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "common/types/base64.hpp"
#include "common/types/packed.hpp"
#include "common/types/uri.hpp"

namespace drover {
namespace {

using Encoded = tl::expected<std::string, Misfit>;

template <class Number>
bool whole_text(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool looks_like_int(std::string_view text) {
  const auto digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<double> as_float(std::string_view text) {
  double number = 0;
  if (!whole_text(text, number) || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// Writes literals as values; every function gives false after it has noted the misfit.
class Writer {
 public:
  explicit Writer(std::string_view working_directory) : working_directory_(working_directory) {}

  bool write(const Literal& literal, const Type& type) {
    switch (type.kind()) {
      case Type::Kind::Optional:
        if (!literal.is_null()) return write(literal, type.element());
        packed::append_nil(out_);
        return true;
      case Type::Kind::List:
        return write_list(literal, type);
      case Type::Kind::Struct:
        return write_struct(literal, type);
      case Type::Kind::Variable:
        return no(literal, fmt::format("nothing says what {} stands for here", type.name()));
      default:
        break;
    }
    if (!literal.is(Literal::Kind::Scalar)) {
      return no(literal, fmt::format("{} is wanted, not {}", with_article(type),
                                     literal.is(Literal::Kind::List) ? "a list" : "a struct"));
    }
    return write_scalar(literal, type);
  }

  Encoded result() {
    if (misfit_) return tl::unexpected(std::move(*misfit_));
    return std::move(out_);
  }

 private:
  bool write_list(const Literal& literal, const Type& type) {
    if (!literal.is(Literal::Kind::List)) {
      return no(literal, fmt::format("{} is wanted, as in [a, b]", with_article(type)));
    }
    packed::append_array(out_, literal.items.size());
    return std::all_of(literal.items.begin(), literal.items.end(),
                       [&](const Literal& item) { return write(item, type.element()); });
  }

  bool write_struct(const Literal& literal, const Type& type) {
    if (!literal.is(Literal::Kind::Map)) {
      return no(literal, fmt::format("{} is wanted: {}", type.name(), fields_to_string(type)));
    }
    const auto& fields = type.fields();
    for (const auto& entry : literal.entries) {
      const bool known = std::any_of(fields.begin(), fields.end(),
                                     [&](const Field& f) { return f.name == entry.key.text; });
      if (!known) {
        return no(entry.key, fmt::format("{} has no field '{}': {}", type.name(), entry.key.text,
                                         fields_to_string(type)));
      }
    }
    packed::append_array(out_, fields.size());
    return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
      const auto given =
          std::find_if(literal.entries.begin(), literal.entries.end(),
                       [&](const auto& entry) { return entry.key.text == field.name; });
      if (given != literal.entries.end()) return write(given->value, field.type);
      if (!field.type.is(Type::Kind::Optional)) {
        return no(literal, fmt::format("field '{}' of {} is missing", field.name, type.name()));
      }
      packed::append_nil(out_);
      return true;
    });
  }

  bool write_scalar(const Literal& literal, const Type& type) {
    const std::string& text = literal.text;
    switch (type.kind()) {
      case Type::Kind::Bool:
        if (text != "true" && text != "false") {
          return no(literal, fmt::format("{} is neither true nor false", quoted_for_message(text)));
        }
        packed::append_bool(out_, text == "true");
        return true;
      case Type::Kind::Int:
        return write_int(literal);
      case Type::Kind::Float:
        if (const auto number = as_float(text)) {
          packed::append_float(out_, *number);
          return true;
        }
        return no(literal, fmt::format("{} is not a float", quoted_for_message(text)));
      case Type::Kind::Uri:
        if (text.empty()) return no(literal, "a uri cannot be empty");
        if (text == "~" || text.substr(0, 2) == "~/") {  // some shells leave it in name=~/folder
          return no(literal,
                    fmt::format("{}: ~ was not replaced by the shell; write the whole path",
                                quoted_for_message(text)));
        }
        packed::append_str(out_, absolute_uri(text, working_directory_));
        return true;
      case Type::Kind::Bytes:
        if (const auto bytes = from_base64(text)) {
          packed::append_bin(out_, *bytes);
          return true;
        }
        return no(literal, fmt::format("{} is not base64", quoted_for_message(text)));
      default:
        packed::append_str(out_, text);
        return true;
    }
  }

  bool write_int(const Literal& literal) {
    const std::string& text = literal.text;
    std::int64_t number = 0;
    std::uint64_t large = 0;
    if (whole_text(text, number)) {
      packed::append_signed(out_, number);
    } else if (whole_text(text, large)) {
      packed::append_unsigned(out_, large);
    } else {
      return no(literal, fmt::format("{} is not an int{}", quoted_for_message(text),
                                     looks_like_int(text) ? " of 64 bits" : ""));
    }
    return true;
  }

  bool no(const Literal& literal, std::string message) {
    misfit_ = Misfit{literal.place, std::move(message)};
    return false;
  }

  std::string_view working_directory_;
  std::string out_;
  std::optional<Misfit> misfit_;
};

Type wider(const Type& a, const Type& b) { return assignable(a, b) ? b : a; }

}  // namespace

Encoded value_of(const Literal& literal, const Type& type, std::string_view working_directory) {
  Writer writer(working_directory);
  writer.write(literal, type);
  return writer.result();
}

Result<std::string> value_from_text(std::string_view text, const Type& type,
                                    std::string_view working_directory) {
  const auto to_error = [](const Misfit& misfit) {
    return Error{ErrorCode::Invalid, misfit.message};
  };
  const Type& wanted = type.is(Type::Kind::Optional) ? type.element() : type;
  const bool nested = wanted.is(Type::Kind::List) || wanted.is(Type::Kind::Struct);
  const bool bracketed = text.find_first_of("[{") == text.find_first_not_of(' ');
  if (!nested || !bracketed || text.empty()) {
    Literal scalar;
    scalar.place.length = static_cast<std::uint32_t>(text.size());
    scalar.text = text;
    return value_of(scalar, type, working_directory).map_error(to_error);
  }
  const auto literal = parse_literal(text);
  if (!literal) return tl::unexpected(to_error(literal.error()));
  return value_of(*literal, type, working_directory).map_error(to_error);
}

tl::expected<Type, Misfit> inferred_type(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::Scalar: {
      if (literal.is_null()) break;
      if (literal.quoted) return Type::str();
      if (literal.text == "true" || literal.text == "false") return Type::boolean();
      if (looks_like_int(literal.text)) return Type::integer();
      return as_float(literal.text) ? Type::floating() : Type::str();
    }
    case Literal::Kind::List: {
      std::optional<Type> element;
      for (const auto& item : literal.items) {
        auto type = inferred_type(item);
        if (!type) return type;
        if (element && !assignable(*type, *element) && !assignable(*element, *type)) {
          return tl::unexpected(
              Misfit{item.place, fmt::format("the list begins with {}, this is {}",
                                             with_article(*element), with_article(*type))});
        }
        element = element ? wider(*element, *type) : *type;
      }
      if (!element) break;
      return Type::list_of(*element);
    }
    case Literal::Kind::Map:
      break;
  }
  return tl::unexpected(Misfit{literal.place, "nothing says of which type this is"});
}

std::string with_article(const Type& type) {
  const auto text = to_string(type);
  if (type.is(Type::Kind::Struct) || text == "bytes") return text;
  return (type.is(Type::Kind::Int) ? "an " : "a ") + text;
}

std::string quoted_for_message(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string shown(text);
  if (text.size() > most) {
    // Cut between characters: continuation bytes of UTF-8 begin with the bits 10.
    const auto is_inside = [&](std::size_t at) {
      return (static_cast<std::uint8_t>(text[at]) & 0xc0U) == 0x80;
    };
    std::size_t head = most / 2;
    std::size_t tail = text.size() - most / 2;
    while (head > 0 && is_inside(head)) --head;
    while (tail < text.size() && is_inside(tail)) ++tail;
    shown = fmt::format("{}...{}", text.substr(0, head), text.substr(tail));
  }
  std::replace_if(
      shown.begin(), shown.end(),
      [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f; }, ' ');
  return "'" + shown + "'";
}

}  // namespace drover
