#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/types/literal.hpp"
#include "common/workflow/diagnostic.hpp"
#include "common/workflow/plan.hpp"

namespace drover {

/// A word of the workflow's file.
struct Word {
  std::string text;
  Place place;
};

/// `name: type = default`.
struct InputSpec {
  Word name;
  Word type;
  std::optional<Word> default_text;
};

/// `Count: {label: str, n: int}` under `types:`.
struct TypeSpec {
  struct FieldSpec {
    Word name;
    Word type;
  };
  Word name;
  std::vector<FieldSpec> fields;
};

struct ArgumentSpec {
  Word name;
  Literal value;  ///< May hold `$x` and `${x}`.
};

struct StepSpec {
  Word name;
  Word task;
  std::vector<ArgumentSpec> with;
  std::vector<ArgumentSpec> each;
  StepOptions options;
  std::map<std::string, Place> option_places;  ///< Of the options that are given, by their key.
};

/// A workflow as it was written, with the place of every word; nothing is known yet about tasks and
/// types.
struct WorkflowSpec {
  std::string file;
  Word name;
  std::string item_word = "item";
  std::vector<InputSpec> inputs;
  std::optional<InputSpec> results;
  std::vector<TypeSpec> types;
  std::vector<StepSpec> steps;
  std::optional<std::vector<Word>> outputs;

  std::vector<Diagnostic> problems;  ///< What was wrong with the form; check() reports it too.
  bool readable = true;  ///< False where the file is not even YAML: nothing else is known.
};

}  // namespace drover
