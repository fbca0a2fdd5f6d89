#include "common/workflow/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <string>

namespace drover {
namespace {

constexpr std::size_t max_depth = 64;  // of the tree, so that walking it is safe

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

/// Builds the tree from the parser's events, because the library's own nodes forget keys given
/// twice, what a null was written as, and whether a scalar was quoted.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view text) : lines_(lines_of(text)) {}

  std::optional<Literal> root;
  std::vector<Diagnostic> problems;
  bool usable = true;  ///< False where the tree is not what was meant.

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root) refuse(place(mark, 1), "a workflow is one document", "");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    const auto rest = rest_of_line(mark);
    Literal made;
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (rest.substr(0, word.size()) == word) made.text = word;
    }
    made.place = place(mark, made.text.size());
    add(std::move(made));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(place(mark, 1), "YAML aliases (*name) are not used here", "write the value out");
    Literal made;
    made.place = place(mark, 1);
    add(std::move(made));
  }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    refuse(place(mark, name.size() + 1), "YAML anchors (&name) are not used here",
           "a text that begins with & or * is quoted");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    refuse_tag(mark, tag);
    Literal made;
    made.text = value;
    made.quoted = tag == "!";
    made.place = place(mark, source_length(rest_of_line(mark), value));
    add(std::move(made));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    refuse_tag(mark, tag);
    begin(Literal::Kind::List, mark, style);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    refuse_tag(mark, tag);
    begin(Literal::Kind::Map, mark, style);
  }
  void OnMapEnd() override { end(); }

  void problem(Place where, std::string message, std::string hint) {
    add_diagnostic(problems, {"", where.line, where.column, where.length, std::move(message),
                              std::move(hint)});
  }
  void refuse(Place where, std::string message, std::string hint) {
    problem(where, std::move(message), std::move(hint));
    usable = false;
  }
  Place place(const YAML::Mark& mark, std::size_t length) const {
    if (mark.is_null()) return {1, 1, 1};
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(1, length))};
  }
  std::string_view line(const YAML::Mark& mark) const {
    const auto number = static_cast<std::size_t>(mark.line);
    return mark.is_null() || number >= lines_.size() ? std::string_view() : lines_[number];
  }

 private:
  /// A list or map that is not closed yet; a map's key waits for its value.
  struct Open {
    Literal literal;
    std::optional<Literal> key;
    std::map<std::string, std::uint32_t, std::less<>> lines;  // of the keys so far
  };

  void begin(Literal::Kind kind, const YAML::Mark& mark, YAML::EmitterStyle::value style) {
    Open open;
    open.literal.kind = kind;
    const auto rest = rest_of_line(mark);
    open.literal.place = place(mark, style == YAML::EmitterStyle::Flow ? bracket_length(rest) : 1);
    if (open_.size() == max_depth) {
      refuse(open.literal.place, fmt::format("nested deeper than {} levels", max_depth), "");
    }
    open_.push_back(std::move(open));
  }

  void end() {
    Literal done = std::move(open_.back().literal);
    open_.pop_back();
    if (open_.size() < max_depth) add(std::move(done));
  }

  void add(Literal literal) {
    if (open_.empty()) {
      if (!root) root = std::move(literal);
      return;
    }
    Open& open = open_.back();
    if (open.literal.is(Literal::Kind::List)) {
      open.literal.items.push_back(std::move(literal));
    } else if (!open.key) {
      check_key(open, literal);
      open.key = std::move(literal);
    } else {
      open.literal.entries.push_back({std::move(*open.key), std::move(literal)});
      open.key.reset();
    }
  }

  void check_key(Open& map, const Literal& key) {
    if (!key.is(Literal::Kind::Scalar)) {
      problem(key.place, "a name is wanted here, not a list or a map",
              "an entry that begins with [ or { is quoted");
      return;
    }
    const auto [first, is_new] = map.lines.emplace(key.text, key.place.line);
    if (is_new) return;
    problem(key.place, fmt::format("{} is given twice", quoted_for_message(key.text)),
            fmt::format("first on line {}", first->second));
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(place(mark, 1), fmt::format("YAML tags ({}) are not used here", tag),
             "a text that begins with ! is quoted");
    }
  }

  std::string_view rest_of_line(const YAML::Mark& mark) const {
    const auto whole = line(mark);
    return whole.substr(std::min(whole.size(), static_cast<std::size_t>(std::max(0, mark.column))));
  }

  /// How many bytes of its line a scalar takes: to its closing quote, or as many as its value has.
  static std::size_t source_length(std::string_view rest, const std::string& value) {
    const char quote = rest.empty() ? ' ' : rest.front();
    if (quote != '"' && quote != '\'') {
      return rest.substr(0, value.size()) == value ? value.size() : 1;
    }
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (quote == '"' && rest[i] == '\\')
        ++i;
      else if (rest[i] == quote)
        return i + 1;
    }
    return rest.size();
  }

  /// From a bracket to the one that closes it on the same line; 1 where it is not there.
  static std::size_t bracket_length(std::string_view rest) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] == '[' || rest[i] == '{') ++depth;
      if ((rest[i] == ']' || rest[i] == '}') && --depth == 0) return i + 1;
    }
    return 1;
  }

  std::vector<std::string_view> lines_;
  std::vector<Open> open_;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What most often leads to a text that is not YAML, judged by the line where reading stopped.
std::string hint_for(std::string_view line) {
  if (contains(line, "\t")) return "YAML is indented by spaces, not tabs";
  if (contains(line, "{") &&
      (contains(line, "list[") || contains(line, "?") || contains(line, "${"))) {
    return "inside { } an entry with [, ], ? or ${} is quoted, or stands on a line of its own";
  }
  const auto value = line.find(": ");
  if (value != std::string_view::npos && contains(line.substr(value + 2), ": ")) {
    return "an entry with ': ' in it is quoted";
  }
  return "";
}

}  // namespace

YamlDocument read_yaml(std::string_view text) {
  Builder builder(text);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    // Not "until there is none": after a text like ",?a" the parser gives empty documents for ever.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    if (!builder.root) builder.problem({1, 1, 1}, "the file is empty", "");
  } catch (const YAML::Exception& error) {
    builder.root.reset();
    builder.problem(builder.place(error.mark, 1), "this is not YAML: " + error.msg,
                    hint_for(builder.line(error.mark)));
  }
  if (!builder.usable) builder.root.reset();
  return {std::move(builder.root), std::move(builder.problems)};
}

}  // namespace drover
