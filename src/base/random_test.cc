#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/ids.h"
#include "base/random_buffer.h"

namespace meridian {
namespace {

// Counts: every byte that it gives is another one.
class Counting final : public Random {
 public:
  std::uint64_t next() override { return ++numbers; }
  void fill(MutableBytes out) override {
    ++fills;
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(numbers++ * 7);
  }
  std::uint64_t numbers = 0;
  int fills = 0;
};

TEST(RandomBuffer, GivesEachByteOfItsSourceOnce) {
  Counting source, twin;
  RandomBuffer buffer(source);
  std::vector<std::uint8_t> direct(5000), buffered;
  twin.fill(direct);
  for (std::size_t size = 1; buffered.size() + size <= direct.size(); size = size * 3 % 101 + 1) {
    std::vector<std::uint8_t> part(size);
    buffer.fill(part);
    buffered.insert(buffered.end(), part.begin(), part.end());
  }
  direct.resize(buffered.size());
  EXPECT_GT(buffered.size(), 4000U);
  EXPECT_EQ(buffered, direct);
  EXPECT_LE(source.fills, 5);
}

TEST(RandomBuffer, MakesIdsThatDiffer) {
  SystemRandom system;
  RandomBuffer buffer(system);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_uuid(buffer);
    ASSERT_EQ(id.size(), 36U);
    for (const std::size_t at : {8, 13, 18, 23}) EXPECT_EQ(id[at], '-') << id;
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace meridian
