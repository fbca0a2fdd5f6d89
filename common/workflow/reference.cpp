#include "common/workflow/reference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_inside(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

std::size_t name_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || !is_letter(text[at])) return at;
  while (at < text.size() && is_inside(text[at])) ++at;
  return at;
}

/// Reads `name` or `name.part` at `at`, and moves it behind.
std::optional<Reference> read_name(std::string_view text, std::size_t& at) {
  const std::size_t end = name_end(text, at);
  if (end == at) return std::nullopt;
  Reference made;
  made.name = text.substr(at, end - at);
  at = end;
  if (at < text.size() && text[at] == '.') {
    const std::size_t part_end = name_end(text, at + 1);
    if (part_end > at + 1) {
      made.part = text.substr(at + 1, part_end - at - 1);
      at = part_end;
    }
  }
  return made;
}

class Scanner {
 public:
  explicit Scanner(const Literal& scalar) : scalar_(scalar), text_(scalar.text) {}

  tl::expected<Template, Misfit> scan() {
    if (auto whole = whole_reference()) {
      Template made;
      made.whole = std::move(whole);
      return made;
    }
    Template made;
    std::string text;
    for (std::size_t at = 0; at < text_.size();) {
      if (text_[at] != '$') {
        text += text_[at++];
      } else if (text_.substr(at, 2) == "$$") {
        text += '$';
        at += 2;
      } else if (text_.substr(at, 2) == "${") {
        auto reference = braced(at);
        if (!reference) return tl::unexpected(reference.error());
        if (!text.empty()) made.pieces.emplace_back(std::move(text));
        text.clear();
        made.pieces.emplace_back(std::move(*reference));
      } else {
        return lone_dollar(at);
      }
    }
    if (!text.empty() || made.pieces.empty()) made.pieces.emplace_back(std::move(text));
    return made;
  }

 private:
  std::optional<Reference> whole_reference() const {
    if (text_.substr(0, 1) != "$") return std::nullopt;
    std::size_t at = 1;
    auto reference = read_name(text_, at);
    if (!reference || at != text_.size()) return std::nullopt;
    reference->place = place(0, text_.size());
    return reference;
  }

  tl::expected<Reference, Misfit> braced(std::size_t& at) const {
    const std::size_t from = at;
    at += 2;
    auto reference = read_name(text_, at);
    if (!reference || at >= text_.size() || text_[at] != '}') {
      return tl::unexpected(
          Misfit{place(from, at - from), "'${' needs a name and '}', as in ${name}"});
    }
    ++at;
    reference->place = place(from, at - from);
    return *reference;
  }

  tl::unexpected<Misfit> lone_dollar(std::size_t at) const {
    std::size_t end = at + 1;
    const auto reference = read_name(text_, end);
    const auto name = text_.substr(at + 1, end - at - 1);
    return tl::unexpected(Misfit{
        place(at, end - at),
        reference ? fmt::format("inside a text write ${{{}}}, or $${} for a dollar", name, name)
                  : std::string("a dollar is written $$")});
  }

  Place place(std::size_t from, std::size_t length) const {
    Place made = scalar_.place;
    // Beyond escapes and line ends the column is not known: then the whole scalar is shown.
    const bool plain = made.length == text_.size() + (scalar_.quoted ? 2 : 0);
    if (!plain) return made;
    made.column += static_cast<std::uint32_t>(from + (scalar_.quoted ? 1 : 0));
    made.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
    return made;
  }

  const Literal& scalar_;
  std::string_view text_;
};

}  // namespace

bool Template::has_references() const {
  return whole || std::any_of(pieces.begin(), pieces.end(), [](const auto& piece) {
           return std::holds_alternative<Reference>(piece);
         });
}

std::string Template::text() const {
  std::string joined;
  for (const auto& piece : pieces) joined += std::get<std::string>(piece);
  return joined;
}

tl::expected<Template, Misfit> parse_template(const Literal& scalar) {
  return Scanner(scalar).scan();
}

bool mentions_dollar(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::Scalar:
      return literal.text.find('$') != std::string::npos;
    case Literal::Kind::List:
      return std::any_of(literal.items.begin(), literal.items.end(), mentions_dollar);
    case Literal::Kind::Map:
      return std::any_of(literal.entries.begin(), literal.entries.end(),
                         [](const LiteralEntry& entry) { return mentions_dollar(entry.value); });
  }
  return false;
}

std::string to_string(const Reference& reference) {
  return reference.part.empty() ? "$" + reference.name
                                : fmt::format("${}.{}", reference.name, reference.part);
}

}  // namespace drover
