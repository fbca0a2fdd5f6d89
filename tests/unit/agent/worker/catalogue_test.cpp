#include "agent/worker/catalogue.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::worker {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Tasks of a file whose signatures take about so many KiB, with a task for each.
void add_file(TaskSet& set, const std::string& file, int kibibytes) {
  for (int i = 0; i < kibibytes; ++i) {
    sdk::TaskDescription task;
    task.signature = fmt::format("{}_{}({}: int) -> int", file.substr(file.rfind('/') + 1), i,
                                 std::string(1000, 'a'));
    set.add(std::move(task), file + ".yaml");
  }
}

std::size_t packet_size(const Catalogue& catalogue) {
  return packet_of(FromWorker(catalogue)).size();
}

TEST(CatalogueOf, SaysEverythingWhereItFits) {
  TaskSet set;
  add_file(set, "/mine/some", 150);
  set.note("a note");
  const Catalogue catalogue = catalogue_of(set);
  EXPECT_THAT(catalogue.tasks, SizeIs(150));
  EXPECT_THAT(catalogue.notes, ElementsAre("a note"));
}

TEST(CatalogueOf, LeavesOutTheTasksOfAFileThatIsTooLargeAndNoOthers) {
  TaskSet set;
  add_file(set, "/mine/big", 300);
  add_file(set, "/mine/some", 100);
  add_file(set, "/mine/few", 3);
  const Catalogue catalogue = catalogue_of(set);
  EXPECT_THAT(catalogue.tasks, AllOf(SizeIs(103), Each(testing::Not(HasSubstr("big_")))));
  EXPECT_THAT(catalogue.notes,
              ElementsAre(AllOf(HasSubstr("big.yaml of /mine not loaded: "), HasSubstr("300 tasks"),
                                HasSubstr("of 160.0 KiB"), HasSubstr("another agent"))));
  EXPECT_LE(packet_size(catalogue), max_message_bytes);
}

TEST(CatalogueOf, FitsWithAllThatItMayHold) {
  TaskSet set;
  add_file(set, "/mine/some", 155);
  for (int i = 0; i < 1000; ++i) set.note(fmt::format("note {} {}", i, std::string(i * 8, '.')));
  const Catalogue catalogue = catalogue_of(set);
  EXPECT_THAT(catalogue.tasks, SizeIs(155));
  EXPECT_THAT(catalogue.notes.back(), HasSubstr(" more notes"));
  EXPECT_LE(packet_size(catalogue), max_message_bytes);
}

}  // namespace
}  // namespace drover::worker
