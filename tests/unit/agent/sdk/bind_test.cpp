#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "drover/task.hpp"

namespace tests {

struct Word {
  std::string text;
  std::int64_t count = 0;
};
DROVER_STRUCT(Word, text, count);

std::int64_t add(std::int64_t a, std::optional<std::int64_t> b) { return a + b.value_or(0); }
DROVER_TASK(add, a, b);

drover::Result<Word> count_letters(const std::string& text, drover::Context& context) {
  if (text.empty()) return drover::permanent("nothing to count");
  if (text == "throw") throw std::runtime_error("thrown");
  if (text == "memory") throw std::bad_alloc();
  if (text == "number") static_cast<void>(std::stoi(text));
  context.phase("count");
  return Word{text, static_cast<std::int64_t>(text.size())};
}
DROVER_TASK(count_letters, text);

struct Scale {
  explicit Scale(double by) : factor(by) {
    if (by == 0) throw std::invalid_argument("a factor of 0 says nothing");
  }
  std::vector<drover::Result<double>> operator()(std::span<const double> values) const {
    std::vector<drover::Result<double>> scaled;
    for (const double value : values) {
      if (value < 0) throw std::runtime_error("below zero");
      scaled.emplace_back(value * factor);
    }
    return scaled;
  }
  double factor;
};
DROVER_TASK_CLASS(scale, Scale, (double factor), (value));

struct Greeter {
  static drover::Result<std::unique_ptr<Greeter>> make(const std::string& greeting) {
    if (greeting.empty()) return drover::fail(drover::ErrorCode::Invalid, "an empty greeting");
    auto made = std::make_unique<Greeter>();
    made->greeting = greeting;
    return made;
  }
  std::string operator()(const std::string& name) const { return greeting + " " + name; }
  std::string greeting;
};
DROVER_TASK_CLASS(greet, Greeter, (std::string greeting), (name));

drover::List<std::int64_t> count_up(std::int64_t to) {
  return {[to](auto& sink) {
    for (std::int64_t i = 0; i < to; ++i) sink.push(i);
  }};
}
DROVER_TASK(count_up, to);

std::int64_t sum(drover::Stream<std::int64_t>& values) {
  std::int64_t total = 0;
  for (const auto value : values) total += value;
  return total;
}
DROVER_TASK(sum, values);

std::int64_t count_missing(const std::vector<std::optional<Word>>& words) {
  return std::count(words.begin(), words.end(), std::nullopt);
}
DROVER_TASK(count_missing, words);

std::vector<std::string> split(const std::string& text) { return {text, text}; }
DROVER_TASK(split, text);

struct Page {
  std::vector<Word> words;
  std::optional<drover::Uri> next;
};
DROVER_STRUCT(Page, words, next);

Page page(const std::string& word, const std::string& next) {
  return {{{"fine", 1}, {word, 2}}, drover::Uri{next}};
}
DROVER_TASK(page, word, next);

drover::List<std::string> repeat(const std::string& text) {
  return {[text](auto& sink) {
    sink.push("fine");
    sink.push(text);
  }};
}
DROVER_TASK(repeat, text);

std::vector<double> no_numbers() {
  return {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()};
}
DROVER_TASK(no_numbers);

}  // namespace tests

namespace drover::sdk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A call over constants and columns that a test gives, for tasks that read no chunks.
class PlainCall final : public Call {
 public:
  explicit PlainCall(std::vector<Columns> columns, std::vector<bool> is_column)
      : columns_(std::move(columns)) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      views_.push_back({columns_[i].bytes.data(), columns_[i].offsets.data(), is_column[i], false});
    }
    arguments_ = views_;
    last_ = 1;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (is_column[i]) last_ = columns_[i].size();
    }
  }
  Result<std::unique_ptr<ElementSource>> open_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no lists here");
  }
  Result<std::string_view> whole_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no lists here");
  }
  ElementSink* list_sink() const override { return sink; }

  ElementSink* sink = nullptr;

 private:
  std::vector<Columns> columns_;
  std::vector<ArgumentView> views_;
};

class NoContext final : public Context {
 public:
  std::size_t items() const override { return 1; }
  std::string_view key(std::size_t) override { return "key"; }
  std::uint64_t index(std::size_t) const override { return 0; }
  std::uint32_t attempt(std::size_t) const override { return 1; }
  std::string_view run() const override { return "run"; }
  std::string_view step() const override { return "step"; }
  std::string_view results() const override { return "results"; }
  void phase(std::string_view name) override { phases.emplace_back(name); }
  bool cancelled() const override { return false; }
  std::vector<std::string> phases;
};

template <class... T>
Columns column(const T&... values) {
  Columns made;
  (made.push_back(encoded(values)), ...);
  return made;
}

const TaskDescription& described(std::string_view name) {
  for (const auto& task : own_tasks()) {
    if (task.signature.starts_with(std::string(name) + "(")) return task;
  }
  ADD_FAILURE() << name;
  return own_tasks().front();
}

Outcomes outcomes_of(TaskObject& task, const Call& call) {
  NoContext context;
  Outcomes outcomes;
  task.call(call, context, outcomes);
  return outcomes;
}
Outcomes outcomes_of(std::string_view name, std::vector<Columns> arguments) {
  const auto task = described(name).make({});
  const std::vector<bool> constants(arguments.size(), false);
  return outcomes_of(**task, PlainCall(std::move(arguments), constants));
}

TEST(Task, HasTheSignatureOfItsFunction) {
  EXPECT_EQ(described("add").signature, "add(a: int, b: int?) -> int");
  EXPECT_EQ(described("count_letters").signature,
            "count_letters(text: str) -> Word\nWord: {text: str, count: int}");
  EXPECT_EQ(described("scale").signature, "scale(value: float, factor: float) -> float batched");
  EXPECT_EQ(described("count_up").signature, "count_up(to: int) -> list[int]");
  EXPECT_EQ(described("sum").signature, "sum(values: list[int]) -> int");
  EXPECT_EQ(described("count_missing").signature,
            "count_missing(words: list[Word?]) -> int\nWord: {text: str, count: int}");
}

TEST(Task, TakesValuesAndGivesOne) {
  const auto outcomes = outcomes_of("add", {column(std::int64_t{40}), column(std::int64_t{2})});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(decode<std::int64_t>(outcomes.value(0)), 42);
}

TEST(Task, MayLeaveAnOptionalArgumentOut) {
  const auto outcomes =
      outcomes_of("add", {column(std::int64_t{40}), column(std::optional<std::int64_t>())});
  EXPECT_EQ(decode<std::int64_t>(outcomes.value(0)), 40);
}

TEST(Task, SaysWhichArgumentIsWrong) {
  const auto outcomes = outcomes_of("add", {column(std::int64_t{1}), column(std::string("two"))});
  ASSERT_EQ(outcomes.failures().size(), 1U);
  EXPECT_THAT(outcomes.failures()[0].failure.text, HasSubstr("argument 'b': "));
  EXPECT_TRUE(outcomes.failures()[0].failure.permanent);
}

TEST(Task, MakesErrorsAndExceptionsTheFailureWithTheirText) {
  const auto refused = outcomes_of("count_letters", {column(std::string())});
  ASSERT_EQ(refused.failures().size(), 1U);
  EXPECT_EQ(refused.failures()[0].failure.text, "nothing to count");
  EXPECT_TRUE(refused.failures()[0].failure.permanent);

  const auto thrown = outcomes_of("count_letters", {column(std::string("throw"))});
  ASSERT_TRUE(thrown.call_failure());
  EXPECT_EQ(thrown.call_failure()->text, "thrown");
  EXPECT_FALSE(thrown.call_failure()->permanent);

  const auto of_a_library = outcomes_of("count_letters", {column(std::string("number"))});
  ASSERT_TRUE(of_a_library.call_failure());
  EXPECT_EQ(of_a_library.call_failure()->text, "the task threw std::invalid_argument: stoi");

  const auto memory = outcomes_of("count_letters", {column(std::string("memory"))});
  ASSERT_TRUE(memory.call_failure());
  EXPECT_EQ(memory.call_failure()->cause, Cause::OutOfMemory);
}

TEST(Task, OfAClassIsMadeOnceFromItsConstantsAndCalledWithBatches) {
  const auto& scale = described("scale");
  EXPECT_THAT(scale.constants, ElementsAre(1U));
  const std::string factor = encoded(2.0);
  const std::string_view constants[] = {factor};
  const auto task = scale.make(constants);
  ASSERT_TRUE(task);
  const auto outcomes =
      outcomes_of(**task, PlainCall({column(1.0, 2.5), column(2.0)}, {true, false}));
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(decode<double>(outcomes.value(0)), 2.0);
  EXPECT_EQ(decode<double>(outcomes.value(1)), 5.0);
}

TEST(Task, ThatThrowsInABatchFailsTheCallAndBlamesNoItem) {
  const std::string factor = encoded(2.0);
  const std::string_view constants[] = {factor};
  const auto task = described("scale").make(constants);
  const auto outcomes =
      outcomes_of(**task, PlainCall({column(1.0, -1.0), column(2.0)}, {true, false}));
  EXPECT_TRUE(outcomes.call_failure());
  EXPECT_EQ(outcomes.size(), 0U);
}

TEST(Task, InABatchFailsOnlyTheItemWhoseArgumentCannotBeRead) {
  const std::string factor = encoded(2.0);
  const std::string_view constants[] = {factor};
  const auto task = described("scale").make(constants);
  const auto outcomes = outcomes_of(
      **task, PlainCall({column(1.0, std::string("x"), 3.0), column(2.0)}, {true, false}));
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(decode<double>(outcomes.value(2)), 6.0);
  ASSERT_EQ(outcomes.failures().size(), 1U);
  EXPECT_EQ(outcomes.failures()[0].position, 1U);
}

TEST(Task, OfAClassThatCannotBeMadeSaysWhy) {
  const std::string zero = encoded(0.0);
  const std::string_view constants[] = {zero};
  const auto thrown = described("scale").make(constants);
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().context, "a factor of 0 says nothing");

  const std::string empty = encoded(std::string());
  const std::string_view greeting[] = {empty};
  const auto refused = described("greet").make(greeting);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().context, "an empty greeting");
}

struct Collected final : ElementSink {
  Result<void> push(std::string_view element, std::uint64_t /*stamp*/) override {
    elements.push_back(*decode<std::int64_t>(element));
    return {};
  }
  std::vector<std::int64_t> elements;
};

TEST(Task, GivesAListToTheSinkWhereThereIsOneAndElseAsItsValue) {
  const auto task = described("count_up").make({});
  PlainCall call({column(std::int64_t{3})}, {false});
  EXPECT_THAT(*decode<std::vector<std::int64_t>>(outcomes_of(**task, call).value(0)),
              ElementsAre(0, 1, 2));

  Collected sink;
  call.sink = &sink;
  const auto outcomes = outcomes_of(**task, call);
  EXPECT_THAT(sink.elements, ElementsAre(0, 1, 2));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes.value(0).empty());
}

TEST(Task, RefusesAListValueOfMoreThanAMebibyte) {
  const auto outcomes = outcomes_of("count_up", {column(std::int64_t{1} << 40)});
  ASSERT_TRUE(outcomes.call_failure());
  EXPECT_THAT(outcomes.call_failure()->text, HasSubstr("larger than 1 MiB"));
  EXPECT_TRUE(outcomes.call_failure()->permanent);
}

TEST(Task, ReadsAListAsAStreamOrAsAVectorWithMissingElements) {
  const auto total = outcomes_of("sum", {column(std::vector<std::int64_t>{1, 2, 3})});
  EXPECT_EQ(decode<std::int64_t>(total.value(0)), 6);
  const std::vector<std::optional<tests::Word>> words{tests::Word{"a", 1}, std::nullopt};
  const auto missing = outcomes_of("count_missing", {column(words)});
  EXPECT_EQ(decode<std::int64_t>(missing.value(0)), 1);
}

TEST(Task, FailsWhereATextOfItsResultIsNotUtf8AndSaysWhichAndAtWhichByte) {
  const auto failure = [](const Outcomes& outcomes) {
    EXPECT_TRUE(outcomes.call_failure() || outcomes.failures().size() == 1);
    if (outcomes.call_failure()) return *outcomes.call_failure();
    return outcomes.failures().empty() ? Failure{} : outcomes.failures()[0].failure;
  };
  const std::string text =
      "stra\xdf"
      "e";  // Latin-1
  const auto page = [](const std::string& word, const std::string& next) {
    return outcomes_of("page", {column(word), column(next)});
  };
  EXPECT_EQ(failure(page(text, "")).text,
            "the result's words[1].text is not UTF-8 at byte 4: what is no text is returned as "
            "bytes (drover::Blob), or in UTF-8");
  EXPECT_TRUE(failure(page(text, "")).permanent);
  EXPECT_THAT(failure(page("a", "/\xff")).text,
              HasSubstr("the result's next is not UTF-8 at byte 1"));
  EXPECT_THAT(page("straße 東京", "/ß").failures(), ElementsAre());
  EXPECT_THAT(failure(outcomes_of("repeat", {column(text)})).text,
              HasSubstr("element 1: the result is not UTF-8 at byte 4"));
  EXPECT_THAT(failure(outcomes_of("split", {column(text)})).text,
              HasSubstr("the result's [0] is not UTF-8 at byte 4"));
}

TEST(Task, MayReturnFloatsThatAreNoNumbers) {
  const auto outcomes = outcomes_of("no_numbers", {});
  ASSERT_EQ(outcomes.size(), 1U);
  const auto numbers = decode<std::vector<double>>(outcomes.value(0));
  ASSERT_TRUE(numbers);
  EXPECT_TRUE(std::isnan((*numbers)[0]));
  EXPECT_TRUE(std::isinf((*numbers)[1]));
}

TEST(Names, AreCountedAndTakenFromTheTextOfTheMacro) {
  EXPECT_EQ(count_parts(""), 0U);
  EXPECT_EQ(count_parts("()"), 0U);
  EXPECT_EQ(count_parts("(std::map<int, int> a, b)"), 2U);
  EXPECT_THAT(names_in("(const std::string& model, std::optional<double> score)"),
              ElementsAre("model", "score"));
  EXPECT_TRUE(all_parts_are_named("(std::string model)"));
  EXPECT_FALSE(all_parts_are_named("(std::string)"));
  EXPECT_FALSE(all_parts_are_named("(double)"));
}

}  // namespace
}  // namespace drover::sdk
