#include "snapshots/dns/trie.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/random.h"

namespace meridian::snapshots::dns {
namespace {

int leaves_alive = 0;

struct TestLeaf {
  std::uint32_t refs = 1;
  std::uint64_t hashed;
  int key, value;
  TestLeaf(std::uint64_t hash, int its_key, int its_value) : hashed(hash), key(its_key), value(its_value) {
    ++leaves_alive;
  }
  std::uint64_t hash() const { return hashed; }
  TestLeaf* clone(Arena&) const { return new TestLeaf(hashed, key, value); }
  static void destroy(TestLeaf* leaf, Arena&) {
    --leaves_alive;
    delete leaf;
  }
};

using TestTrie = Trie<TestLeaf>;
using Hash = std::uint64_t (*)(int);

// Spread, all in one list, and equal in all but the last bits: every shape of branch.
std::uint64_t spread(int key) {
  return static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15;
}
std::uint64_t same(int) {
  return 42;
}
std::uint64_t deep(int key) {
  return static_cast<std::uint64_t>(key) << 60 | 7;
}

class TrieOf : public ::testing::TestWithParam<Hash> {
 protected:
  auto is(int key) {
    return [key](const TestLeaf& leaf) { return leaf.key == key; };
  }
  void put(TestTrie& trie, int key, int value) { trie.put(new TestLeaf(hash(key), key, value), is(key)); }
  std::map<int, int> contents(const TestTrie& trie) {
    std::map<int, int> all;
    trie.for_each([&](const TestLeaf& leaf) { EXPECT_TRUE(all.emplace(leaf.key, leaf.value).second); });
    EXPECT_EQ(all.size(), trie.size());
    std::map<int, int> walked;
    for (TestTrie::Cursor cursor(trie); const TestLeaf* leaf = cursor.next();)
      EXPECT_TRUE(walked.emplace(leaf->key, leaf->value).second);
    EXPECT_EQ(walked, all);
    for (const auto& [key, value] : all) {
      const TestLeaf* found = trie.find(hash(key), is(key));
      EXPECT_TRUE(found && found->value == value);
    }
    return all;
  }
  Arena arena;
  Hash hash = GetParam();
};

TEST_P(TrieOf, EveryVersionKeepsItsContentsWhileOthersChange) {
  struct Version {
    TestTrie trie;
    std::map<int, int> model;
  };
  {
    SeededRandom random(7);
    std::vector<Version> versions(1, Version{TestTrie(arena), {}});
    for (int step = 0; step < 300; ++step) {
      Version next = versions[random.below(versions.size())];
      for (std::uint64_t changes = 1 + random.below(20); changes > 0; --changes) {
        const int key = static_cast<int>(random.below(40));
        switch (random.below(3)) {
          case 0:
            put(next.trie, key, step);
            next.model[key] = step;
            break;
          case 1:
            EXPECT_EQ(next.trie.erase(hash(key), is(key)), next.model.erase(key) == 1);
            break;
          default:
            TestLeaf* leaf = next.trie.own(hash(key), is(key));
            ASSERT_EQ(leaf != nullptr, next.model.contains(key));
            if (leaf) leaf->value = next.model[key] = -step;
        }
      }
      if (versions.size() == 20) versions.erase(versions.begin() + static_cast<long>(random.below(20)));
      versions.push_back(std::move(next));
    }
    for (const Version& version : versions) EXPECT_EQ(contents(version.trie), version.model);
  }
  EXPECT_EQ(leaves_alive, 0);
  EXPECT_EQ(arena.bytes_in_use(), 0u);
}

TEST_P(TrieOf, FindsNothingThatWasNotPut) {
  TestTrie trie(arena);
  EXPECT_EQ(trie.find(hash(1), is(1)), nullptr);
  put(trie, 1, 1);
  EXPECT_EQ(trie.find(hash(2), is(2)), nullptr);
  EXPECT_TRUE(trie.erase(hash(1), is(1)));
  EXPECT_EQ(trie.find(hash(1), is(1)), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Hashes, TrieOf, ::testing::Values(spread, same, deep));

}  // namespace
}  // namespace meridian::snapshots::dns
