#include "engines/cdn/request_space.h"

#include <gtest/gtest.h>

namespace meridian::engines::cdn {
namespace {

TEST(RequestSpaces, ServeAgainWithoutWhatTheyHeld) {
  RequestSpaces spaces;
  auto space = spaces.take();
  const RequestSpace* const first = space.get();
  space->path = std::string(100, 'p');
  space->host = std::string(8000, 'u');
  space->reply.add_copy("X-Cache", "Hit from cloudfront");
  const std::size_t room = space->path.capacity();
  spaces.give_back(std::move(space));
  space = spaces.take();
  EXPECT_EQ(space.get(), first);
  EXPECT_TRUE(space->path.empty() && space->host.empty() && space->reply.fields().empty());
  EXPECT_EQ(space->path.capacity(), room) << "the next request writes where this one did";
  EXPECT_LT(space->host.capacity(), 100u) << "but one long request does not cost memory for good";
}

TEST(RequestSpaces, NoMoreAreKeptThanTheLimitSays) {
  RequestSpaces spaces;
  std::vector<std::unique_ptr<RequestSpace>> taken;
  for (std::size_t i = 0; i < RequestSpaces::kSpareMax + 10; ++i) taken.push_back(spaces.take());
  for (auto& each : taken) spaces.give_back(std::move(each));
  EXPECT_EQ(spaces.spare(), RequestSpaces::kSpareMax);
}

}  // namespace
}  // namespace meridian::engines::cdn
