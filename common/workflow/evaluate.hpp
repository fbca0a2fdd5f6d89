#pragma once

#include <optional>
#include <string>

#include "common/types/signature.hpp"
#include "common/workflow/check_arguments.hpp"

namespace drover::checking {

/// Turns what is written for one argument of a step into its source.
class Evaluation {
 public:
  /// `bindings` are those of the step's task; they grow as arguments say what its variables stand
  /// for.
  Evaluation(const StepSpec& step, Scope& scope, Bindings& bindings, Report& report)
      : step_(step), scope_(scope), bindings_(bindings), report_(report) {}

  /// The source of an argument that takes `wanted`, once or per item. Nothing where something is
  /// wrong (reported), or depends on something that is wrong (reported there).
  std::optional<Source> argument(const ArgumentSpec& given, const Type& wanted, Feed feed);

  /// Only whether everything it refers to is there.
  void look_at(const ArgumentSpec& given);

 private:
  /// What a reference gives.
  struct Referred {
    Type type;
    Type item;  ///< What `each` goes through: `T` for the `list[T?]` of a map step. Only of lists.
    Source source;
    bool input = false;
  };

  std::optional<Source> value(const Literal& literal, const Type& wanted);
  std::optional<Source> each_item(const Literal& literal, const Type& wanted);
  std::optional<Source> scalar(const Literal& literal, const Type& wanted);
  std::optional<Source> constant(const Literal& literal, const Type& wanted);
  std::optional<Source> list(const Literal& literal, const Type& wanted);
  std::optional<Source> structure(const Literal& literal, const Type& wanted);
  std::optional<Source> reference(const Reference& reference, const Type& wanted);
  std::optional<Source> interpolation(const Template& text, const Literal& literal,
                                      const Type& wanted);
  std::optional<Source> elements(const std::vector<Literal>& items, const Type& wanted);

  std::optional<Referred> refer(const Reference& reference);
  std::optional<Referred> refer_to_step(const Reference& reference, const StepInfo& step);
  /// The text that a constant becomes inside a string.
  std::optional<std::string> text_of(const Reference& reference, const Referred& referred);

  /// A dollar that means nothing. What stands in the text may have been meant: no input in it is
  /// unused.
  void unreadable(const Literal& literal, const Misfit& misfit);
  bool fits(const Type& from, const Type& wanted);
  void mismatch(const Reference& reference, const Referred& from, const Type& wanted);
  void item_mismatch(const Reference& reference, const Referred& from, const Type& wanted);
  std::string hint_for(const Reference& reference, const Referred& from, const Type& wanted) const;
  void problem(Place where, const std::string& message, std::string hint = "");

  const StepSpec& step_;
  Scope& scope_;
  Bindings& bindings_;
  Report& report_;
  std::string argument_;  // the name of the one that is looked at
};

}  // namespace drover::checking
