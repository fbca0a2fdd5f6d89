#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/types/signature.hpp"
#include "common/workflow/check.hpp"

namespace drover::checking {

/// Collects what is wrong.
class Report {
 public:
  explicit Report(const WorkflowSpec& spec) : file_(spec.file), problems_(spec.problems) {}

  void add(Place where, std::string message, std::string hint = "") {
    add_diagnostic(problems_, {file_, where.line, where.column, where.length, std::move(message),
                               std::move(hint)});
  }
  /// What does not stand in the file: `subject` is named instead.
  void add_outside(std::string subject, std::string message, std::string hint = "") {
    add_diagnostic(problems_, {std::move(subject), 0, 0, 0, std::move(message), std::move(hint)});
  }
  /// Nothing more will be noted: there is no point in looking.
  bool full() const { return problems_.size() == max_diagnostics; }
  std::vector<Diagnostic>& problems() { return problems_; }

 private:
  std::string file_;
  std::vector<Diagnostic> problems_;
};

struct Input {
  Place place;
  std::optional<Type> type;  ///< Nothing where it is wrong: then nothing is said of its uses.
  std::optional<std::string> value;  ///< Encoded. Nothing where it is missing or wrong.
  bool used = false;
};
using Inputs = std::map<std::string, Input, std::less<>>;

/// The inputs of the workflow with their types and values, `results` among them. Reports what is
/// wrong with their declarations and with the texts given for them.
Inputs read_inputs(const WorkflowSpec& spec, const Catalogue& catalogue, const InputTexts& texts,
                   const std::string& working_directory, Report& report);

}  // namespace drover::checking
