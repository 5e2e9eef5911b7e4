#include "store/objects/blob_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

namespace meridian::store::objects {
namespace {

constexpr std::size_t kPiece = BlobCache::kPieceBytes;

BlobCache::Text text(std::string_view what) {
  return std::make_shared<const std::string>(what);
}

// As a reader does it: null when the cache has no room for it.
std::optional<SharedBytes> fill(BlobCache& cache, std::string_view id, std::uint64_t number, char with,
                                std::size_t size = kPiece) {
  auto slot = cache.room_for(id, number, size);
  if (!slot) return std::nullopt;
  std::memset(slot->bytes(), with, size);
  return cache.keep_piece(id, number, std::move(slot), size);
}
void fill_at_the_second_time(BlobCache& cache, std::string_view id, std::uint64_t number, char with,
                             std::size_t size = kPiece) {
  EXPECT_FALSE(fill(cache, id, number, with, size));
  EXPECT_TRUE(fill(cache, id, number, with, size));
}

TEST(BlobCacheTest, ShortBlobsAreKeptUntilTheyAreDroppedOrTooMany) {
  BlobCache cache({10'000, 0});
  EXPECT_EQ(cache.find_short("a"), nullptr);
  cache.keep_short("a", text("bytes of a"));
  EXPECT_EQ(*cache.find_short("a"), "bytes of a");
  for (int i = 0; i < 100; ++i) {
    cache.keep_short("b" + std::to_string(i), text(std::string(500, 'b')));
    ASSERT_NE(cache.find_short("a"), nullptr) << "what is used stays";
    EXPECT_LE(cache.totals().short_bytes, 10'000u);
  }
  EXPECT_EQ(cache.find_short("b0"), nullptr);
  cache.keep_short("huge", text(std::string(20'000, 'h')));
  EXPECT_EQ(cache.find_short("huge"), nullptr);
  cache.drop_short("a");
  EXPECT_EQ(cache.find_short("a"), nullptr);
}

TEST(BlobCacheTest, APieceIsKeptWhenItIsAskedForAgain) {
  BlobCache cache({0, 4 * kPiece});
  EXPECT_FALSE(fill(cache, "a", 0, 'a')) << "it may never be wanted again";
  EXPECT_FALSE(cache.find_piece("a", 0));
  EXPECT_TRUE(fill(cache, "a", 0, 'a'));
  const auto found = cache.find_piece("a", 0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes, std::string(kPiece, 'a'));
  std::string from_file(kPiece, '\0');
  EXPECT_EQ(pread(found->file, from_file.data(), kPiece, static_cast<off_t>(found->offset)),
            static_cast<ssize_t>(kPiece));
  EXPECT_EQ(from_file, found->bytes);
  EXPECT_FALSE(cache.find_piece("a", 1));
  EXPECT_FALSE(cache.find_piece("b", 0));
  cache.drop_pieces("a");
  EXPECT_FALSE(cache.find_piece("a", 0));
}

TEST(BlobCacheTest, TheOldestPieceGoesButNotWhileItIsUsed) {
  BlobCache cache({0, 2 * kPiece});
  fill_at_the_second_time(cache, "a", 0, 'a');
  fill_at_the_second_time(cache, "b", 0, 'b');
  const auto used = cache.find_piece("a", 0);
  cache.find_piece("b", 0);
  fill_at_the_second_time(cache, "c", 0, 'c');
  EXPECT_FALSE(cache.find_piece("b", 0));
  EXPECT_EQ(used->bytes, std::string(kPiece, 'a'));
  const auto also_used = cache.find_piece("c", 0);
  EXPECT_FALSE(fill(cache, "d", 0, 'd'));
  EXPECT_FALSE(fill(cache, "d", 0, 'd')) << "there is no room";
  EXPECT_EQ(cache.totals().piece_bytes, 2 * kPiece);
}

TEST(BlobCacheTest, AShortPieceCostsItsPages) {
  BlobCache cache({0, kPiece});
  for (std::uint64_t number = 0; number < 4; ++number)
    fill_at_the_second_time(cache, "a", number, 'a', kPiece / 4);
  EXPECT_EQ(cache.totals().piece_bytes, kPiece);
  for (std::uint64_t number = 0; number < 4; ++number) EXPECT_TRUE(cache.find_piece("a", number));
}

TEST(BlobCacheTest, AFasterReadersPieceIsTheOneThatStays) {
  BlobCache cache({0, 4 * kPiece});
  EXPECT_FALSE(cache.room_for("a", 0, kPiece));
  auto first = cache.room_for("a", 0, kPiece), second = cache.room_for("a", 0, kPiece);
  ASSERT_TRUE(first && second);
  std::memset(first->bytes(), 'a', kPiece);
  std::memset(second->bytes(), 'a', kPiece);
  EXPECT_EQ(cache.keep_piece("a", 0, std::move(first), kPiece).bytes, std::string(kPiece, 'a'));
  EXPECT_EQ(cache.keep_piece("a", 0, std::move(second), kPiece).bytes, std::string(kPiece, 'a'));
  EXPECT_EQ(cache.totals().piece_bytes, kPiece);
}

}  // namespace
}  // namespace meridian::store::objects
