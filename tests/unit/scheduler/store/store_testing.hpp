#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "common/types/codec.hpp"
#include "scheduler/store/store.hpp"

/// Builders for saves, and a folder to keep them in.
namespace drover::scheduler::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "drover-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The value of a Result that must have one.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().context;
    std::abort();
  }
  return *std::move(result);
}
inline void must(Result<void> result) { ASSERT_TRUE(result) << result.error().context; }

template <class Id>
Id id(std::uint8_t number) {
  Id made;
  made.bytes.fill(number);
  return made;
}
inline const RunId run_1 = id<RunId>(0x11);
inline const RunId run_2 = id<RunId>(0x22);
inline const AgentId agent_1 = id<AgentId>(0xa1);
inline constexpr LeaseId lease_1{7, 1};
inline constexpr LeaseId lease_2{7, 2};
inline const StepRef listing{run_1, 0};
inline const StepRef mapping{run_1, 1};

inline SaveRun new_run(RunId run = run_1) {
  RunSpec spec;
  spec.file = "flow.yaml";
  spec.text = "workflow: numbers\n";
  spec.inputs = {{"count", "12"}, {"results", "/tmp/ü results"}};
  spec.working_directory = "/home/someone";
  spec.tasks = {"sequence(count: int) -> list[int]", "noop(value: int) -> int"};
  spec.submitted_by = "someone@host";
  SaveRun save;
  save.run = run;
  save.spec = std::make_shared<const RunSpec>(spec);
  save.name = "numbers";
  save.results = "/tmp/ü results";
  save.step_names = {"listing", "mapping", "summary"};
  return save;
}

inline SaveOpening opening(StepRef step, std::uint64_t count, std::vector<Range> skipped = {}) {
  return {step, {7, 3}, count, std::move(skipped)};
}

inline Columns ints(std::uint64_t first, std::uint64_t count) {
  Columns columns;
  for (std::uint64_t i = 0; i < count; ++i) columns.push_back(encoded(first + i));
  return columns;
}

/// Values `value + first`, ... for items `first` and following; all of them done.
inline SaveResults results(StepRef step, ItemIndex first, std::uint64_t count,
                           LeaseId lease = lease_1, std::uint64_t value = 0) {
  wire::Results message;
  message.lease = lease;
  message.first = first;
  message.columns = ints(value + first, count);
  message.seconds.assign(count, 0.25F);
  return {step, agent_1, 3, {{first, first + count}}, std::make_shared<wire::Results>(message)};
}

inline SaveChunk chunk(StepRef step, std::uint64_t first, std::uint64_t count,
                       LeaseId lease = lease_1, std::uint64_t value = 0) {
  wire::PutChunk message{lease, first, ints(value + first, count)};
  return {step, std::make_shared<wire::PutChunk>(std::move(message))};
}

inline SaveFailure failure(StepRef step, ItemIndex item, bool final,
                           std::string text = "the JPEG ends after 12 of 99 bytes") {
  SaveFailure save;
  save.step = step;
  save.item = item;
  save.lease = lease_1;
  save.agent = agent_1;
  save.slot = 3;
  save.signature = "the JPEG ends after # of # bytes";
  save.text = std::move(text);
  save.seconds = 0.5F;
  save.final = final;
  return save;
}

/// Numbers them as one life does.
template <class... Whats>
std::vector<Save> saves(Whats... whats) {
  std::vector<Save> all;
  (all.push_back(Save{all.size() + 1, std::move(whats)}), ...);
  return all;
}

inline std::vector<std::uint64_t> numbers(const Columns& columns) {
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    all.push_back(columns.value(i) == "\xc0" ? 0xdead
                                             : must(decode<std::uint64_t>(columns.value(i))));
  }
  return all;
}

}  // namespace drover::scheduler::testing
