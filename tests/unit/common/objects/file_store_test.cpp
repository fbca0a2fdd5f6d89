#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "common/objects/object_store.hpp"

namespace drover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileObjects : public testing::Test {
 protected:
  FileObjects() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "drover-objects-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~FileObjects() override {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_))
      if (entry.is_directory() && !entry.is_symlink()) ::chmod(entry.path().c_str(), 0700);
    std::filesystem::remove_all(root_);
  }

  ObjectUri at(std::string_view path) const { return parse_uri(path, root_).value(); }

  void write(const std::string& path, const std::string& contents = "x") const {
    const std::filesystem::path whole = std::filesystem::path(root_) / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << contents;
  }
  std::string read(const std::string& path) const {
    std::ostringstream contents;
    contents << std::ifstream(std::filesystem::path(root_) / path, std::ios::binary).rdbuf();
    return contents.str();
  }
  void link(const std::string& target, const std::string& path) const {
    std::filesystem::create_symlink(target, std::filesystem::path(root_) / path);
  }

  /// The paths below `folder`, read in pages of `page`.
  std::vector<std::string> listed(const std::string& folder = ".", std::size_t page = 1000,
                                  std::string_view after = {}) {
    std::vector<std::string> paths;
    auto listing = store_->list(at(folder), after);
    if (!listing) return {"error: " + listing.error().context};
    while (true) {
      const auto uris = (*listing)->next(page);
      if (!uris) return {"error: " + uris.error().context};
      EXPECT_LE(uris->size(), page);
      if (uris->empty()) return paths;
      for (const auto& uri : *uris)
        paths.emplace_back(path_below(at(folder), uri).value_or(to_string(uri)));
    }
  }

  std::string error_of_get(const ObjectUri& uri, Bytes limit = 1_MiB) {
    std::string contents;
    const auto got = store_->get(uri, limit, contents);
    return got ? "no error" : got.error().context;
  }

  std::string root_;
  std::unique_ptr<ObjectStore> store_ = make_object_store();
};

TEST_F(FileObjects, AreListedInByteOrderOfTheirPaths) {
  for (const char* path : {"a/1", "a-", "a.b", "a0", "b/c/d", "b/c.x", "Z"}) write(path);
  EXPECT_THAT(listed(), ElementsAre("Z", "a-", "a.b", "a/1", "a0", "b/c.x", "b/c/d"));
}

TEST_F(FileObjects, AreListedWithTheNamesTheyHave) {
  for (const char* path :
       {"two words", "über", "line\nbreak", "100%", "caf\xe9", "#?\\", ".hidden", "~2"})
    write(path);
  const auto paths = listed();
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()),
            (std::set<std::string>{"two words", "über", "line\nbreak", "100%", "caf\xe9", "#?\\",
                                   ".hidden", "~2"}));
  for (const auto& path : paths) {
    std::string contents;
    const auto again = parse_uri(to_string(below(at("."), path))).value();
    ASSERT_TRUE(store_->get(again, 1_MiB, contents)) << path;
    EXPECT_EQ(contents, "x");
  }
}

TEST_F(FileObjects, AreListedTheSameInPagesOfAnySizeAndFromAnyPath) {
  std::mt19937 random(5);
  const char* const names[] = {"a", "b", "a-", "a.", "ab", "B", "a0"};
  for (int i = 0; i < 200; ++i) {
    std::string path = names[random() % 7];
    for (auto depth = random() % 4; depth > 0; --depth)
      path += std::string("/") + names[random() % 7] + "d";
    if (!std::filesystem::exists(std::filesystem::path(root_) / path)) write(path + ".file");
  }
  const auto all = listed();
  ASSERT_GT(all.size(), 50U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const std::size_t page : {1U, 7U, 64U}) EXPECT_EQ(listed(".", page), all);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(
        listed(".", 13, all[i]),
        std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
}

TEST_F(FileObjects, OfOneFileAreThatFile) {
  write("photo.jpg");
  EXPECT_THAT(listed("photo.jpg"), ElementsAre(root_ + "/photo.jpg"));
}

TEST_F(FileObjects, BehindLinksAreListedOnceEach) {
  write("data/a.jpg");
  write("elsewhere/b.jpg");
  link("../elsewhere", "data/linked");
  link("a.jpg", "data/also_a.jpg");
  link("nowhere", "data/broken.jpg");
  link("..", "data/up");
  link(".", "data/self");
  EXPECT_THAT(listed("data"), ElementsAre("a.jpg", "also_a.jpg", "broken.jpg", "linked/b.jpg"));
  EXPECT_EQ(error_of_get(at("data/broken.jpg")),
            root_ + "/data/broken.jpg is a link that leads nowhere");
}

TEST_F(FileObjects, HaveTheNamesOfTheFolderTheyAreInWhateverLinksLeadThere) {
  write("data/monday/a.jpg");
  write("data/monday/deep/b.jpg");
  link("monday", "data/first");          // sorts before what it leads to
  link("monday/deep", "data/shortcut");  // and behind it
  link(root_ + "/data/monday", "data/absolute");
  const auto expected = ElementsAre("monday/a.jpg", "monday/deep/b.jpg");
  EXPECT_THAT(listed("data"), expected);
  link("data", "alias");  // the listed folder may itself be a link
  EXPECT_THAT(listed("alias"), expected);
}

TEST_F(FileObjects, OutsideTheFolderAreListedOnceHoweverManyLinksLeadThere) {
  write("outside/x/c.jpg");
  write("outside/d.jpg");
  link("..", "outside/x/circle");
  link("../../data", "outside/x/home");
  write("data/z.jpg");
  link("../outside/x", "data/one");
  link("../outside", "data/two");
  link("../outside/x", "data/three");
  const std::vector<std::string> expected{"one/c.jpg", "one/circle/d.jpg", "z.jpg"};
  EXPECT_EQ(listed("data"), expected);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(listed("data", 1, expected[i]),
              std::vector<std::string>(expected.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                       expected.end()));
}

TEST_F(FileObjects, InAMissingFolderAreNotSeenByThisMachine) {
  const auto errors = listed("street/monday");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], HasSubstr("cannot see " + root_ + "/street/monday: there is no " + root_ +
                                   "/street on it"));
  EXPECT_EQ(store_->list(at("street")).error().code, ErrorCode::NotFound);
  EXPECT_THAT(error_of_get(at("gone.jpg")), HasSubstr("/gone.jpg does not exist on "));
}

TEST_F(FileObjects, InAnUnreadableFolderAreAnErrorThatNamesIt) {
  write("open/a");
  write("shut/b");
  ASSERT_EQ(::chmod((root_ + "/shut").c_str(), 0), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  const bool was_root =
      ::geteuid() == 0;  // Permissions do not bind root: look with another user's eyes.
  if (was_root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto paths = listed();
  const auto reading = error_of_get(at("shut/b"));
  if (was_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(paths.size(), 1U);
  EXPECT_THAT(paths[0], HasSubstr("cannot list " + root_ + "/shut: user "));
  EXPECT_THAT(reading, HasSubstr("has no permission"));
}

TEST_F(FileObjects, AreReadWholeUpToTheLimit) {
  write("seven", "1234567");
  std::string contents = "what was there before, and longer";
  ASSERT_TRUE(store_->get(at("seven"), Bytes{7}, contents));
  EXPECT_EQ(contents, "1234567");
  EXPECT_EQ(store_->size(at("seven")).value(), Bytes{7});
  EXPECT_EQ(store_->get(at("seven"), Bytes{6}, contents).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(error_of_get(at("seven"), Bytes{6}), root_ + "/seven has 7 bytes; 6 is the limit here");
  write("nothing", "");
  ASSERT_TRUE(store_->get(at("nothing"), Bytes{0}, contents));
  EXPECT_THAT(contents, IsEmpty());
}

TEST_F(FileObjects, WhoseSizeIsNotKnownBeforeAreReadToTheirEnd) {
  std::string contents;
  ASSERT_TRUE(store_->get(parse_uri("/proc/self/status").value(), 1_MiB, contents));
  EXPECT_THAT(contents, HasSubstr("VmRSS"));
  EXPECT_EQ(store_->get(parse_uri("/proc/self/status").value(), Bytes{10}, contents).error().code,
            ErrorCode::TooLarge);
}

TEST_F(FileObjects, AreFilesAndNothingElse) {
  write("folder/x");
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of_get(at("folder")), "cannot read " + root_ + "/folder: it is a folder");
  EXPECT_EQ(error_of_get(at("pipe")),
            "cannot read " + root_ + "/pipe: it is a pipe, a socket or a device, not a file");
  EXPECT_EQ(store_->size(at("folder")).error().code, ErrorCode::Invalid);
  EXPECT_EQ(store_->get(parse_uri("s3://bucket/key").value(), 1_MiB, root_).error().code,
            ErrorCode::Unsupported);
}

TEST_F(FileObjects, AreWrittenWholeIntoNewFolders) {
  for (const auto durability : {Durability::Program, Durability::Machine}) {
    const std::string key =
        durability == Durability::Program ? "7f3a/boxes/mon day/a.json" : "7f3a/boxes/tue/b.json";
    const auto stored = store_->create(at("results"), key, "{\"boxes\": []}", durability);
    ASSERT_TRUE(stored) << stored.error().context;
    EXPECT_EQ(stored->uri, at("results/" + key));
    EXPECT_EQ(stored->size, Bytes{13});
    EXPECT_EQ(stored->hash, content_hash("{\"boxes\": []}"));
    EXPECT_FALSE(stored->adopted);
    EXPECT_EQ(read("results/" + key), "{\"boxes\": []}");
  }
  EXPECT_THAT(listed("results"), ElementsAre("7f3a/boxes/mon day/a.json", "7f3a/boxes/tue/b.json"));
}

TEST_F(FileObjects, AreNeverReplacedButAdopted) {
  const std::string first(200'000, '1');
  ASSERT_TRUE(store_->create(at("results"), "a", first, Durability::Program));
  const auto second = store_->create(at("results"), "a", "2", Durability::Program);
  ASSERT_TRUE(second) << second.error().context;
  EXPECT_TRUE(second->adopted);
  EXPECT_EQ(second->size, Bytes{first.size()});
  EXPECT_EQ(second->hash, content_hash(first));
  EXPECT_EQ(read("results/a"), first);
}

TEST_F(FileObjects, AreWrittenByOneOfManyAtOnce) {
  std::atomic<int> winners = 0;
  std::set<std::uint64_t> hashes;
  std::vector<StoredObject> stored(8);
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < stored.size(); ++i)
    writers.emplace_back([&, i] {
      stored[i] =
          store_
              ->create(at("results"), "deep/er/a", std::string(100'000, static_cast<char>('a' + i)),
                       Durability::Program)
              .value();
      if (!stored[i].adopted) ++winners;
    });
  for (auto& writer : writers) writer.join();
  for (const auto& each : stored) hashes.insert(each.hash);
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(hashes, std::set<std::uint64_t>{content_hash(read("results/deep/er/a"))});
  EXPECT_THAT(listed("results"), ElementsAre("deep/er/a"));
}

TEST_F(FileObjects, AreNotWrittenThroughLinksOutOfTheFolder) {
  write("outside/keep", "mine");
  write("results/x", "");
  link("../outside", "results/run");
  link("../outside/keep", "results/link");
  link("../outside/new", "results/dangling");
  EXPECT_THAT(store_->create(at("results"), "run/a", "x", Durability::Program).error().context,
              HasSubstr("a file or a link, not a folder"));
  for (const char* name : {"link", "dangling", "run"})
    EXPECT_EQ(store_->create(at("results"), name, "x", Durability::Program).error().code,
              ErrorCode::Exists)
        << name;
  EXPECT_THAT(listed("outside"), ElementsAre("keep"));
  EXPECT_EQ(read("outside/keep"), "mine");
}

TEST_F(FileObjects, HaveNamesThatStayBelowTheFolder) {
  using namespace std::string_literals;
  for (const auto& key :
       {""s, "/a"s, "a/"s, "a//b"s, "../a"s, "a/.."s, "a/../b"s, "."s, "a/./b"s, "a\0b"s})
    EXPECT_EQ(store_->create(at("results"), key, "x", Durability::Program).error().code,
              ErrorCode::Invalid)
        << key;
  EXPECT_FALSE(std::filesystem::exists(root_ + "/results"));
}

TEST_F(FileObjects, ThatCannotBeWrittenSayWhy) {
  write("file", "");
  EXPECT_THAT(store_->create(at("file"), "a", "x", Durability::Program).error().context,
              HasSubstr("cannot make the folder " + root_ + "/file"));
  EXPECT_THAT(store_->create(at("results"), std::string(300, 'n'), "x", Durability::Program)
                  .error()
                  .context,
              HasSubstr("a name in it is too long"));
  EXPECT_EQ(
      store_->create(parse_uri("/dev/full/x").value(), "a", "x", Durability::Program).error().code,
      ErrorCode::Invalid);
}

}  // namespace
}  // namespace drover
