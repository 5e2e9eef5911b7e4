// Feeds every seed of a fuzz target to it, as an ordinary test: what once crashed stays mended without a fuzzer.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

TEST(Seeds, PassTheTarget) {
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::size_t seeds = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MERIDIAN_SEEDS)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
    ++seeds;
  }
  EXPECT_GT(seeds, 0u);
}

}  // namespace
