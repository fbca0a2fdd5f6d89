#include <fmt/format.h>

#include <set>

#include "common/types/literal.hpp"

namespace drover {
namespace {

tl::unexpected<Misfit> misfit(Place place, std::string message) {
  return tl::unexpected(Misfit{place, std::move(message)});
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6U);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12U);
    put(0x80 | (code >> 6U & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18U);
    put(0x80 | (code >> 12U & 0x3f));
    put(0x80 | (code >> 6U & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// Reads the flow notation of lists and structs.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  tl::expected<Literal, Misfit> whole() {
    auto literal = value(0);
    if (!literal) return literal;
    skip_spaces();
    if (at_ != text_.size()) return wrong("nothing more expected");
    return literal;
  }

 private:
  static constexpr std::uint32_t max_depth = max_type_depth;

  tl::expected<Literal, Misfit> value(std::uint32_t depth) {
    skip_spaces();
    if (depth > max_depth) return wrong("nested too deep");
    if (at_ == text_.size()) return wrong("a value expected");
    switch (text_[at_]) {
      case '[':
        return list(depth);
      case '{':
        return map(depth);
      case '"':
        return json_string();
      case '\'':
        return single_quoted();
      default:
        return bare();
    }
  }

  tl::expected<Literal, Misfit> list(std::uint32_t depth) {
    Literal made = begin(Literal::Kind::List);
    ++at_;
    while (!accept(']')) {
      if (!made.items.empty() && !accept(',')) return wrong("',' or ']' expected");
      auto item = value(depth + 1);
      if (!item) return item;
      made.items.push_back(std::move(*item));
    }
    return ended(std::move(made));
  }

  tl::expected<Literal, Misfit> map(std::uint32_t depth) {
    Literal made = begin(Literal::Kind::Map);
    std::set<std::string> names;
    ++at_;
    while (!accept('}')) {
      if (!made.entries.empty() && !accept(',')) return wrong("',' or '}' expected");
      auto key = value(depth + 1);
      if (!key) return key;
      if (!key->is(Literal::Kind::Scalar)) return misfit(key->place, "a name expected");
      if (!names.insert(key->text).second) {
        return misfit(key->place, fmt::format("{} is given twice", quoted_for_message(key->text)));
      }
      if (!accept(':')) return wrong("':' expected");
      auto item = value(depth + 1);
      if (!item) return item;
      made.entries.push_back({std::move(*key), std::move(*item)});
    }
    return ended(std::move(made));
  }

  tl::expected<Literal, Misfit> bare() {
    Literal made = begin(Literal::Kind::Scalar);
    const std::size_t from = at_;
    while (at_ < text_.size() && !ends_bare(at_)) ++at_;
    std::size_t to = at_;
    while (to > from && text_[to - 1] == ' ') --to;
    if (to == from) return wrong("a value expected");
    made.text = text_.substr(from, to - from);
    return ended(std::move(made));
  }
  /// A colon ends a word only before a space, as in YAML, so that URIs need no quotes.
  bool ends_bare(std::size_t at) const {
    const char c = text_[at];
    if (c == ':') return at + 1 == text_.size() || text_[at + 1] == ' ';
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
  }

  tl::expected<Literal, Misfit> single_quoted() {
    Literal made = begin(Literal::Kind::Scalar);
    made.quoted = true;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        made.text += text_[at_];
      } else if (text_.substr(at_ + 1, 1) == "'") {
        made.text += text_[at_++];
      } else {
        ++at_;
        return ended(std::move(made));
      }
    }
    return wrong("a closing ' is missing");
  }

  tl::expected<Literal, Misfit> json_string() {
    Literal made = begin(Literal::Kind::Scalar);
    made.quoted = true;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return ended(std::move(made));
      }
      if (text_[at_] != '\\') {
        made.text += text_[at_];
      } else if (!escape(made.text)) {
        return wrong("no such escape");
      }
    }
    return wrong("a closing \" is missing");
  }

  /// Reads the escape at the backslash and stands on its last character.
  bool escape(std::string& out) {
    if (++at_ == text_.size()) return false;
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const auto known = letters.find(text_[at_]); known != std::string_view::npos) {
      out += meanings[known];
      return true;
    }
    std::uint32_t code = 0;
    if (text_[at_] != 'u' || !four_hex(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {  // the first of two that name one character
      std::uint32_t low = 0;
      if (text_.substr(at_ + 1, 2) != "\\u") return false;
      at_ += 2;
      if (!four_hex(low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    }
    append_utf8(out, code);
    return true;
  }
  bool four_hex(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i) {
      if (++at_ >= text_.size()) return false;
      const auto digit = std::string_view("0123456789abcdefABCDEF").find(text_[at_]);
      if (digit == std::string_view::npos) return false;
      code = code << 4U | static_cast<std::uint32_t>(digit > 15 ? digit - 6 : digit);
    }
    return true;
  }

  Literal begin(Literal::Kind kind) const {
    Literal made;
    made.kind = kind;
    made.place = {1, static_cast<std::uint32_t>(at_ + 1), 1};
    return made;
  }
  Literal ended(Literal made) const {
    made.place.length = static_cast<std::uint32_t>(at_ + 1) - made.place.column;
    return made;
  }
  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  tl::unexpected<Misfit> wrong(std::string_view what) const {
    return misfit({1, static_cast<std::uint32_t>(at_ + 1), 1},
                  fmt::format("{} at column {} of '{}'", what, at_ + 1, text_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

tl::expected<Literal, Misfit> parse_literal(std::string_view text) { return Reader(text).whole(); }

}  // namespace drover
