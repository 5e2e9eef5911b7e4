#include "store/objects/seal.h"

#include <gtest/gtest.h>

namespace meridian::store::objects {
namespace {

class Seal : public testing::Test {
 protected:
  SeededRandom random{1};
  const std::string key = new_key(random);
  BlockCipher cipher{key};
};

TEST_F(Seal, WhatIsOpenedIsWhatWasSealed) {
  for (std::size_t size : {0u, 1u, 1000u, 65'536u}) {
    const std::string plain(size, 'p');
    std::string sealed, opened;
    cipher.seal(7, true, as_bytes(plain), sealed);
    EXPECT_EQ(sealed.size(), size + kTagBytes);
    if (size > 16) {
      EXPECT_EQ(sealed.find("pppppppp"), std::string::npos) << "nothing is readable";
    }
    ASSERT_TRUE(cipher.open(7, true, as_bytes(sealed), opened));
    EXPECT_EQ(opened, plain);
  }
}

TEST_F(Seal, EveryFlippedBitIsFound) {
  std::string sealed, opened;
  cipher.seal(0, false, as_bytes("a short block"), sealed);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto result = cipher.open(0, false, as_bytes(flipped), opened);
    ASSERT_FALSE(result) << bit;
    EXPECT_EQ(result.error().code, ErrorCode::Corrupt);
    EXPECT_EQ(opened, "") << "not a byte of it comes out";
  }
}

TEST_F(Seal, ABlockStandsOnlyInItsPlace) {
  std::string sealed, opened;
  cipher.seal(3, false, as_bytes("block"), sealed);
  EXPECT_FALSE(cipher.open(4, false, as_bytes(sealed), opened)) << "moved";
  EXPECT_FALSE(cipher.open(3, true, as_bytes(sealed), opened)) << "what followed is cut off";
  EXPECT_FALSE(BlockCipher(new_key(random)).open(3, false, as_bytes(sealed), opened)) << "of another blob";
  EXPECT_FALSE(cipher.open(3, false, as_bytes(sealed).first(10), opened));
  EXPECT_TRUE(cipher.open(3, false, as_bytes(sealed), opened));
}

TEST_F(Seal, KeysAreWrappedForOneBlob) {
  const std::string master = new_key(random);
  const std::string wrapped = wrap_key(master, key, "blob-1", random);
  EXPECT_EQ(wrapped.find(key), std::string::npos);
  EXPECT_EQ(unwrap_key(master, wrapped, "blob-1").value(), key);
  EXPECT_FALSE(unwrap_key(master, wrapped, "blob-2"));
  EXPECT_FALSE(unwrap_key(new_key(random), wrapped, "blob-1"));
  EXPECT_FALSE(unwrap_key(master, wrapped.substr(1), "blob-1"));
  EXPECT_NE(wrap_key(master, key, "blob-1", random), wrapped) << "a nonce serves once";
}

TEST(SealedSize, CountsATagForEachBlock) {
  EXPECT_EQ(sealed_size(0), 0u);
  EXPECT_EQ(sealed_size(1), 17u);
  EXPECT_EQ(sealed_size(kBlockBytes), kSealedBlockBytes);
  EXPECT_EQ(sealed_size(kBlockBytes + 1), kSealedBlockBytes + 17);
}

}  // namespace
}  // namespace meridian::store::objects
