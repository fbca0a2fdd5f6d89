#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/types/signature.hpp"
#include "common/types/type.hpp"
#include "common/units.hpp"

namespace drover {

/// Which part of a step's result an argument takes.
enum class Part : std::uint8_t {
  Value,  ///< `$step` of a plain step.
  All,  ///< `$step` of a map step, nil where an item failed; also a plain step that returns a list.
  Ok,   ///< `$step.ok`: the results of the items that are done.
  Failed,  ///< `$step.failed`: a list of Failure.
};

struct Source;

/// A value known before the run starts: a literal, or an input.
struct Constant {
  std::string value;  ///< Encoded (common/types/codec.hpp); nil is the single byte 0xc0.
  bool operator==(const Constant&) const = default;
};
/// The result of an earlier step.
struct StepResult {
  std::uint32_t step = 0;  ///< Index into Plan::steps.
  Part part = Part::Value;
  bool operator==(const StepResult&) const = default;
};
/// `[$a, $b]`. At least one element is not a constant.
struct MakeList {
  std::vector<Source> elements;
  bool operator==(const MakeList&) const;
};
/// `"${a}/b"`: strings (`str` or `uri`), joined. At least one part is not a constant.
struct Interpolate {
  std::vector<Source> parts;
  bool operator==(const Interpolate&) const;
};
/// Where an argument comes from. Inputs are constants already.
struct Source {
  std::variant<Constant, StepResult, MakeList, Interpolate> from;
  bool operator==(const Source&) const = default;
};

enum class Feed : std::uint8_t {
  Whole,  ///< The same value for every item.
  Each,   ///< The source is a list; every item gets its element.
};

struct PlanArgument {
  std::string name;
  Type type;  ///< What the task takes; per item where feed is Each. Holds no type variables.
  Feed feed = Feed::Whole;
  Source source;
  bool operator==(const PlanArgument&) const = default;
};

struct Resources {
  double cpu = 1;
  double gpu = 0;              ///< Devices; a fraction shares one.
  bool gpu_preferred = false;  ///< A GPU where there is one, else CPUs.
  Bytes memory;                ///< 0: not asked for.
  bool operator==(const Resources&) const = default;
};

/// How often an item is tried again, by cause.
struct RetryBudgets {
  std::uint32_t crash = 2;
  std::uint32_t out_of_memory = 1;
  std::uint32_t timeout = 1;
  std::uint32_t user_error = 0;
  bool operator==(const RetryBudgets&) const = default;
};

/// How many items may fail before the step fails: a number, or a share of all items.
struct AllowFailed {
  bool is_share = false;
  double share = 0;  ///< 0 to 1.
  std::uint64_t count = 0;

  /// The number of items allowed to fail of `items`; a share is rounded down.
  std::uint64_t of(std::uint64_t items) const;
  bool operator==(const AllowFailed&) const = default;
};

struct StepOptions {
  std::uint32_t batch = 0;                   ///< Items in one call at most; 0: chosen by measuring.
  Duration timeout = std::chrono::hours(1);  ///< Of one call.
  RetryBudgets retries;
  AllowFailed allow_failed;
  bool stop_when_exceeded = false;
  bool canary = true;             ///< Fail once the first items to end have all failed alike.
  std::uint32_t concurrency = 0;  ///< Slots; 0: unlimited.
  Resources resources;
  std::map<std::string, std::string> where;  ///< Labels an agent must carry.
  bool operator==(const StepOptions&) const = default;
};

struct PlanStep {
  std::string name;
  Signature task;  ///< As the catalogue has it; name and hash name the task.
  /// All arguments of the task in its order; optional ones that are left out are Constant nil.
  std::vector<PlanArgument> arguments;
  Type returns;      ///< Of one call, type variables resolved.
  bool map = false;  ///< Once per item; at least one argument has Feed::Each.
  /// The argument whose value is an item's key: the first `uri` in `each`. Else items go by their
  /// index.
  std::optional<std::uint32_t> key_argument;
  StepOptions options;
  std::vector<std::uint32_t> reads;  ///< Steps whose results it needs; ascending, each once.

  Type result_type() const;  ///< Of `$step`: `list[T?]` for a map step, else what the task returns.
  bool operator==(const PlanStep&) const = default;
};

/// A workflow that was checked: nothing in it is unknown or of a wrong type.
struct Plan {
  std::string name;
  std::string item_word = "item";  ///< What one input is called towards people.
  std::string results;             ///< Absolute path or URI of the folder for results.
  std::vector<PlanStep> steps;     ///< A step stands after those it reads, else in file order.
  std::vector<std::uint32_t> outputs;
  bool operator==(const Plan&) const = default;
};

/// `Failure{index: int, key: str, reason: str}`: what `$step.failed` is a list of.
Type failure_type();

}  // namespace drover
