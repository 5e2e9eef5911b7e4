#include "store/objects/local_objects.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fake_disk.h"
#include "store/memory/memory_store.h"
#include "store/no_waiting.h"

namespace meridian::store::objects {
namespace {

class Objects : public testing::Test {
 protected:
  Objects() { restart(); }
  void restart() {
    engine.reset();
    auto opened = LocalObjects::open({disk, store, random, logger}, "objects");
    ASSERT_TRUE(opened) << opened.error().message;
    engine = *std::move(opened);
  }

  static std::string text_of(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
    return text;
  }
  std::unique_ptr<Staged> staged(std::string_view text, std::size_t piece = 10'000) {
    auto blob = engine->stage().value();
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
      EXPECT_TRUE(blob->append(as_bytes(text.substr(0, piece))));
    EXPECT_TRUE(blob->finish());
    return blob;
  }
  std::string put(std::string_view text) {
    auto blob = staged(text);
    Transaction transaction;
    blob->keep(transaction);
    EXPECT_TRUE(store.commit(std::move(transaction)));
    blob->kept();
    return blob->id();
  }
  void drop(const std::vector<std::string>& ids) {
    Transaction transaction;
    engine->discard(transaction, ids);
    EXPECT_TRUE(store.commit(std::move(transaction)));
  }
  // What a reader gets, or the message of the failure.
  std::string read(std::string_view id, std::uint64_t offset, std::uint64_t length) {
    auto reader = engine->open(id, offset, length);
    if (!reader) return reader.error().message;
    std::string out;
    for (;;) {
      auto piece = (*reader)->next();
      if (!piece) return piece.error().message;
      if (piece->empty()) return out;
      out += piece->view();
    }
  }
  std::size_t blob_files() const {
    std::size_t count = 0;
    for (const auto& [path, bytes] : disk.contents()) count += path.starts_with("objects/files/") ? 1 : 0;
    return count - 1;  // the marker
  }
  std::string path_of(std::string_view id) {
    return "objects/files/" + std::string(id.substr(0, 2)) + "/" + std::string(id);
  }

  RealClock clock;
  FakeDisk disk;
  MemoryStore store{clock};
  SystemRandom random;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<LocalObjects> engine;
};

constexpr std::size_t kSizes[] = {0,       1,       65'535,  65'536,  65'537,   131'072,
                                  131'073, 262'144, 262'145, 524'288, 1'000'000};

TEST_F(Objects, WhatIsReadIsWhatWasWrittenAlsoAfterARestart) {
  std::vector<std::string> ids;
  for (std::size_t size : kSizes) ids.push_back(put(text_of(size)));
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::size_t size = kSizes[i];
      EXPECT_EQ(read(ids[i], 0, size), text_of(size)) << size;
      for (const auto& [offset, length] :
           {std::pair{size / 3, size / 2}, {size / 2, size - size / 2}, {size, size - size}})
        EXPECT_EQ(read(ids[i], offset, length), text_of(size).substr(offset, length))
            << size << " from " << offset;
    }
    restart();
  }
}

TEST_F(Objects, NothingOnTheDiskIsReadable) {
  const std::string secret = "a very recognisable sentence";
  put(secret);
  put(text_of(300'000) + secret);
  for (const auto& [path, bytes] : disk.contents())
    EXPECT_EQ(bytes.find("recognisable"), std::string::npos) << path;
}

TEST_F(Objects, SmallBlobsShareAFile) {
  for (int i = 0; i < 20; ++i) put("small");
  EXPECT_EQ(blob_files(), 0u);
  EXPECT_EQ(engine->packed().packs, 1u);
  put(text_of(200'000));
  EXPECT_EQ(blob_files(), 1u);
}

TEST_F(Objects, CountsWhatItsFilesHold) {
  const std::string empty = put(""), large = put(text_of(200'000)), small = put("small");
  staged(text_of(300'000)).reset();  // nobody kept it
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(engine->filed().files, 1u);
    EXPECT_EQ(engine->filed().bytes, disk.file(path_of(large)).size());
    restart();
  }
  drop({empty, large, small});
  EXPECT_TRUE(engine->collect().value());
  EXPECT_EQ(engine->filed().files, 0u);
  EXPECT_EQ(engine->filed().bytes, 0u);
}

TEST_F(Objects, AFlippedBitIsNeverServed) {
  const std::string small = put(text_of(5000)), large = put(text_of(500'000));
  for (const auto& [path, bytes] : disk.contents()) {
    if (path.ends_with("master-key") || path.ends_with("format")) continue;
    for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 50 + 1) {
      disk.file(path)[at] = static_cast<char>(bytes[at] ^ 0x10);
      const std::string id = path.starts_with("objects/packs") ? small : large;
      const std::size_t size = id == small ? 5000 : 500'000;
      EXPECT_EQ(read(id, 0, size), "a stored block is not what was written") << path << " at " << at;
      disk.file(path)[at] = bytes[at];
    }
  }
  disk.file(path_of(large)).resize(100'000);
  EXPECT_NE(read(large, 0, 500'000), text_of(500'000));
  EXPECT_EQ(read(small, 0, 5000), text_of(5000));
}

// The first readings come from the disk, the later ones from memory, where that has it.
TEST_F(Objects, RangesOfLongBlobsAreTheSameFromDiskAndMemory) {
  const std::string text = text_of(1'000'000);
  const std::string id = put(text);
  for (int round = 0; round < 4; ++round)
    for (const auto& [offset, length] : {std::pair<std::size_t, std::size_t>{0, 1'000'000},
                                         {262'143, 2},
                                         {262'144, 262'144},
                                         {65'536, 1},
                                         {999'999, 1},
                                         {300'000, 600'000},
                                         {1'000'000, 0}})
      EXPECT_EQ(read(id, offset, length), text.substr(offset, length)) << offset << " round " << round;
  disk.file(path_of(id)).clear();
  EXPECT_EQ(read(id, 0, text.size()), text) << "all of it is in memory now";
  restart();
  EXPECT_NE(read(id, 0, text.size()), text);
}

TEST_F(Objects, WhoMustNotWaitGetsWhatIsInMemoryOrAFailure) {
  const std::string small = put(text_of(4000)), large = put(text_of(600'000));
  for (int round = 0; round < 2; ++round) {
    read(small, 0, 4000);
    read(large, 0, 600'000);
  }
  {
    const NoWaiting memory_only;
    EXPECT_EQ(read(small, 10, 3000), text_of(4000).substr(10, 3000));
    EXPECT_FALSE(memory_only.refused());
  }
  auto reader = engine->open(large, 0, 600'000).value();
  {
    const NoWaiting memory_only;
    EXPECT_EQ(reader->next().value().size(), LocalObjects::kPieceBytes);
    EXPECT_FALSE(memory_only.refused());
  }
  restart();
  reader = engine->open(large, 0, 600'000).value();
  {
    const NoWaiting memory_only;
    EXPECT_FALSE(engine->open(small, 0, 10));
    EXPECT_FALSE(reader->next());
    EXPECT_TRUE(memory_only.refused());
  }
  std::string out;
  for (Piece piece = reader->next().value(); !piece.empty(); piece = reader->next().value())
    out += piece.view();
  EXPECT_EQ(out, text_of(600'000)) << "what was refused can be tried again";
}

TEST_F(Objects, OneBlobsBytesAreNotAnothers) {
  const std::string a = put(text_of(200'000)), b = put(text_of(200'000));
  std::swap(disk.file(path_of(a)), disk.file(path_of(b)));
  EXPECT_EQ(read(a, 0, 10), "a stored block is not what was written");
}

TEST_F(Objects, WhatWasNeverKeptLeavesNothing) {
  for (std::size_t size : {10u, 500'000u}) {
    auto blob = staged(text_of(size));
    const std::string id = blob->id();
    EXPECT_TRUE(read(id, 0, size).starts_with("no blob"));
    blob.reset();
  }
  EXPECT_EQ(blob_files(), 0u);
  EXPECT_EQ(engine->packed().live_bytes, 0u);
  EXPECT_TRUE(store.range("objects/").value().items.empty());
}

TEST_F(Objects, ACrashWhileWritingLeavesNothingAfterTheNextStart) {
  const std::string kept = put("kept"), large = put(text_of(300'000));
  auto half = engine->stage().value();
  ASSERT_TRUE(half->append(as_bytes(text_of(600'000))));
  auto whole = staged(text_of(200'000));
  auto packed = staged("packed and never referred to");
  EXPECT_EQ(blob_files(), 3u);
  half->kept();  // as when the process dies: nobody cleans up
  whole->kept();
  packed->kept();
  half.reset();
  restart();
  EXPECT_EQ(blob_files(), 1u);
  EXPECT_EQ(engine->packed().live_bytes, 4u + 16u);
  EXPECT_EQ(read(kept, 0, 4), "kept");
  EXPECT_EQ(read(large, 0, 300'000), text_of(300'000));
}

TEST_F(Objects, DiscardedBlobsGoAndTheirSpaceWithThem) {
  std::vector<std::string> ids = {put("small"), put(text_of(200'000))};
  drop(ids);
  EXPECT_EQ(read(ids[0], 0, 5), "small") << "until the collector comes";
  EXPECT_TRUE(engine->collect().value());
  EXPECT_TRUE(read(ids[0], 0, 5).starts_with("no blob"));
  EXPECT_EQ(blob_files(), 0u);
  EXPECT_EQ(engine->packed().live_bytes, 0u);
  EXPECT_TRUE(store.range("objects/").value().items.empty());
}

TEST_F(Objects, GarbageThatACrashLeftIsFreedAtTheStart) {
  const std::string id = put(text_of(200'000));
  drop({id});
  restart();
  EXPECT_EQ(blob_files(), 0u);
  EXPECT_TRUE(store.range("objects/").value().items.empty());
}

TEST_F(Objects, MoreGarbageThanATransactionHoldsIsFreedInParts) {
  std::vector<std::string> ids;
  for (int i = 0; i < 2500; ++i) ids.push_back(put("x"));
  drop(ids);
  EXPECT_TRUE(engine->collect().value());
  EXPECT_TRUE(store.range("objects/").value().items.empty());
}

TEST_F(Objects, AReaderReadsToTheEndOfWhatIsDiscardedMeanwhile) {
  const std::string text = text_of(600'000);
  const std::string id = put(text), second = put("the next part");
  const auto pinned = engine->pin({second});
  auto reader = engine->open(id, 0, text.size());
  std::string out = (*reader)->next().value().take_text();
  drop({id});
  drop({second});
  EXPECT_FALSE(engine->collect().value()) << "something is pinned";
  EXPECT_EQ(blob_files(), 0u);
  for (;;) {
    const std::string piece = (*reader)->next().value().take_text();
    if (piece.empty()) break;
    out += piece;
  }
  EXPECT_EQ(out, text);
  EXPECT_EQ(read(second, 0, 13), "the next part");
}

TEST_F(Objects, APinEnds) {
  const std::string id = put("x");
  auto pinned = engine->pin({id});
  drop({id});
  EXPECT_FALSE(engine->collect().value());
  pinned.reset();
  EXPECT_TRUE(engine->collect().value());
  EXPECT_TRUE(read(id, 0, 1).starts_with("no blob"));
}

TEST_F(Objects, PacksThatAreMostlyDeadAreEmptied) {
  const std::string text = text_of(LocalObjects::kPackedBytesMax);
  std::vector<std::string> ids;
  while (engine->packed().packs < 2) ids.push_back(put(text));
  const std::string survivor = ids.front();
  drop(std::vector<std::string>(ids.begin() + 1, ids.end() - 1));
  EXPECT_TRUE(engine->collect().value());
  EXPECT_EQ(engine->packed().packs, 2u);
  ASSERT_TRUE(engine->compact());
  EXPECT_EQ(engine->packed().packs, 1u);
  EXPECT_EQ(read(survivor, 0, text.size()), text);
  restart();
  EXPECT_EQ(read(survivor, 0, text.size()), text);
  EXPECT_EQ(read(ids.back(), 0, text.size()), text);
}

TEST_F(Objects, WithoutItsMasterKeyItDoesNotStart) {
  put("x");
  const std::string key = disk.file("objects/master-key");
  ASSERT_TRUE(disk.remove("objects/master-key"));
  EXPECT_EQ(LocalObjects::open({disk, store, random, logger}, "objects").error().code, ErrorCode::Corrupt);
  EXPECT_FALSE(disk.has("objects/master-key")) << "and makes no other";
  disk.file("objects/master-key") = key.substr(1);
  EXPECT_EQ(LocalObjects::open({disk, store, random, logger}, "objects").error().code, ErrorCode::Corrupt);
}

TEST_F(Objects, AFullDiskIsAFailureAndNothingMore) {
  const std::string kept = put("kept");
  disk.full = true;
  for (std::size_t size : {10u, 500'000u}) {
    auto blob = engine->stage().value();
    const auto appended = blob->append(as_bytes(text_of(size)));
    EXPECT_FALSE(appended && blob->finish());
  }
  disk.full = false;
  EXPECT_EQ(read(kept, 0, 4), "kept");
  EXPECT_EQ(blob_files(), 0u);
}

TEST_F(Objects, TheCollectorHearsOfGarbageByItself) {
  ASSERT_TRUE(engine->start_collector());
  const std::string id = put("x");
  drop({id});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!store.range("objects/").value().items.empty() && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_TRUE(store.range("objects/").value().items.empty());
}

}  // namespace
}  // namespace meridian::store::objects
