#include "store/objects/master_key.h"

#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "store/memory/memory_store.h"

namespace meridian::store::objects {
namespace {

class MasterKeyTest : public testing::Test {
 protected:
  Result<std::string> open() { return open_master_key(disk_, store_, random_, "objects"); }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'800'000'000))};
  SeededRandom random_{1};
  FakeDisk disk_;
  MemoryStore store_{clock_, Delivery::Pumped};
};

TEST_F(MasterKeyTest, IsMadeOnceAndReadAgain) {
  const auto first = open();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 32U);
  EXPECT_EQ(open().value(), *first);
}

TEST_F(MasterKeyTest, IsNotMadeAnewWhereSecretsAre) {
  const Secrets secrets(open().value(), random_);
  ASSERT_TRUE(store_.commit({{}, {{"sealed/acm/1", secrets.seal("1", "key")}}, {}}));
  ASSERT_TRUE(disk_.remove("objects/master-key"));
  const auto without = open();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::Corrupt);
  EXPECT_FALSE(disk_.has("objects/master-key"));
}

TEST_F(MasterKeyTest, AFlippedBitOfTheKeyIsFoundBeforeAnythingIsSealedUnderIt) {
  const std::string key = open().value();
  for (std::size_t at = 0; at < key.size(); ++at) {
    disk_.file("objects/master-key")[at] = static_cast<char>(key[at] ^ 0x04);
    EXPECT_EQ(open().error().code, ErrorCode::Corrupt) << "byte " << at;
    disk_.file("objects/master-key")[at] = key[at];
  }
  EXPECT_EQ(open().value(), key);
}

TEST_F(MasterKeyTest, SecretsOpenForTheirIdOnly) {
  const Secrets secrets(open().value(), random_);
  const std::string sealed = secrets.seal("a", "a private key");
  EXPECT_EQ(sealed.find("private"), sealed.npos);
  EXPECT_EQ(secrets.open("a", sealed).value(), "a private key");
  EXPECT_FALSE(secrets.open("b", sealed));
  EXPECT_NE(secrets.seal("a", "a private key"), sealed) << "each under a key of its own";
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(secrets.open("a", flipped)) << "byte " << i;
    EXPECT_FALSE(secrets.open("a", sealed.substr(0, i)));
  }
}

}  // namespace
}  // namespace meridian::store::objects
