#include "engines/dns/query_log/pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace meridian::engines::dns::query_log {
namespace {

class PipeTest : public testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(::pipe(ends), 0);
  }
  void TearDown() override {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  std::string read_some(std::size_t size) {
    std::string out(size, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ends[0], out.data(), size))));
    return out;
  }

  int ends[2] = {-1, -1};
};

TEST_F(PipeTest, AReaderThatStallsIsNotWaitedFor) {
  Pipe pipe(ends[1]);
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i) + "\n";
  auto taken = pipe.write(text, 0, {});
  ASSERT_TRUE(taken);
  EXPECT_GT(*taken, 0u);
  EXPECT_LT(*taken, text.size());
  EXPECT_FALSE(pipe.wait({}));
  std::string read;
  while (read.size() < text.size()) {
    read += read_some(10'000);
    taken = pipe.write(text, *taken, {});
    ASSERT_TRUE(taken);
  }
  EXPECT_EQ(read, text);
}

TEST_F(PipeTest, AReaderThatIsGoneIsAnError) {
  close(std::exchange(ends[0], -1));
  EXPECT_FALSE(Pipe(ends[1]).write("text", 0, {}));
}

}  // namespace
}  // namespace meridian::engines::dns::query_log
