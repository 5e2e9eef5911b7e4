// Bodies in slices: what is asked for, what is read while it comes, and what goes when memory is short.
#include "engines/cdn/slices/sliced_body.h"

#include <gtest/gtest.h>

#include "net/virtual_loop.h"

namespace meridian::engines::cdn::slices {
namespace {

struct PlayedSource final : Source {
  void fetch(std::shared_ptr<Fill> fill) override { asked.push_back(std::move(fill)); }
  std::vector<std::shared_ptr<Fill>> asked;
};

std::string bytes_of(std::uint64_t from, std::uint64_t size) {
  std::string out(size, '\0');
  for (std::uint64_t i = 0; i < size; ++i) out[i] = static_cast<char>((from + i) * 7 + (from + i) / 251);
  return out;
}

class SlicedBodyTest : public testing::Test {
 protected:
  std::shared_ptr<Body> make(std::uint64_t length) { return SlicedBody::make(slices, place, length, source); }
  // Writes what the fill takes, up to `until`; says whether it got there.
  bool write(Fill& fill, std::uint64_t until) {
    while (fill.at() < until) {
      const Fill::Room room = fill.room(woken);
      if (room.turn != Fill::Room::Turn::Write) return false;
      const std::uint64_t size = std::min({room.bytes, until - fill.at(), std::uint64_t{100'000}});
      fill.write(bytes_of(fill.at(), size));
    }
    return true;
  }
  std::string read(BodyReader& reader) {
    std::string out;
    for (Piece piece = reader.take(1 << 20); !piece.empty(); piece = reader.take(1 << 20))
      out += piece.view();
    return out;
  }

  net::VirtualLoop loop;
  Metrics metrics;
  Slices slices{8 * kSliceBytes, metrics};
  std::shared_ptr<PlayedSource> source = std::make_shared<PlayedSource>();
  Place place;
  int wakes = 0;
  std::shared_ptr<Wake> woken = std::make_shared<Wake>(loop, [this] { ++wakes; });
};

TEST_F(SlicedBodyTest, WhatIsMissingIsAskedForOnceAndReadWhileItComes) {
  const auto body = make(3 * kSliceBytes);
  BodyReader one(body, kSliceBytes + 10, kToTheEnd), two(body, kSliceBytes + 20, kSliceBytes + 30);
  EXPECT_TRUE(one.take(100).empty());
  EXPECT_TRUE(two.take(100).empty());
  ASSERT_EQ(source->asked.size(), 1u);
  Fill& fill = *source->asked[0];
  EXPECT_EQ(fill.at(), kSliceBytes);
  EXPECT_EQ(fill.until(), 3 * kSliceBytes);
  two.wait(woken);
  EXPECT_TRUE(write(fill, kSliceBytes + 25));
  loop.advance(Duration(1));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(read(two), bytes_of(kSliceBytes + 20, 5));
  EXPECT_TRUE(write(fill, 3 * kSliceBytes));
  EXPECT_EQ(read(two), bytes_of(kSliceBytes + 25, 5));
  EXPECT_TRUE(two.at_end());
  EXPECT_EQ(read(one), bytes_of(kSliceBytes + 10, 2 * kSliceBytes - 10));
  EXPECT_EQ(fill.room(woken).turn, Fill::Room::Turn::Over);
  BodyReader again(body, kSliceBytes, 2 * kSliceBytes);
  EXPECT_EQ(read(again).size(), kSliceBytes);
  EXPECT_EQ(source->asked.size(), 1u);
}

TEST_F(SlicedBodyTest, WhoReadsFarAheadIsServedByItself) {
  const auto body = make(20 * kSliceBytes);
  BodyReader behind(body, 0, kToTheEnd), ahead(body, 15 * kSliceBytes, kToTheEnd);
  EXPECT_TRUE(behind.take(1).empty());
  EXPECT_TRUE(ahead.take(1).empty());
  ASSERT_EQ(source->asked.size(), 2u);
  EXPECT_EQ(source->asked[1]->at(), 15 * kSliceBytes);
  BodyReader between(body, 5 * kSliceBytes, kToTheEnd);
  EXPECT_TRUE(between.take(1).empty());
  ASSERT_EQ(source->asked.size(), 3u);
  EXPECT_EQ(source->asked[2]->until(), 15 * kSliceBytes) << "from there on somebody else asks";
}

TEST_F(SlicedBodyTest, AFillGoesNoFurtherAheadThanItsReaders) {
  const auto body = make(20 * kSliceBytes);
  auto reader = std::make_unique<BodyReader>(body, 0, kToTheEnd);
  EXPECT_TRUE(reader->take(1).empty());
  Fill& fill = *source->asked.at(0);
  EXPECT_FALSE(write(fill, 20 * kSliceBytes));
  EXPECT_EQ(fill.at(), (kSlicesAhead + 1) * kSliceBytes);
  EXPECT_TRUE(fill.is_wanted() == false);
  EXPECT_EQ(read(*reader).size(), (kSlicesAhead + 1) * kSliceBytes);
  loop.advance(Duration(1));
  EXPECT_GE(wakes, 1) << "the fill is told that it may go on";
  EXPECT_TRUE(fill.is_wanted());
  reader.reset();
  EXPECT_FALSE(fill.is_wanted());
}

TEST_F(SlicedBodyTest, TheOldestSliceMakesRoomUnlessSeveralHaveReadIt) {
  const auto body = make(12 * kSliceBytes);
  const auto fetch = [&](std::uint64_t index) {
    BodyReader reader(body, index * kSliceBytes, (index + 1) * kSliceBytes);
    const std::size_t before = source->asked.size();
    (void)reader.take(1);
    if (source->asked.size() == before) return false;
    EXPECT_TRUE(write(*source->asked.back(), (index + 1) * kSliceBytes));
    source->asked.back().reset();
    EXPECT_EQ(read(reader), bytes_of(index * kSliceBytes, kSliceBytes));
    return true;
  };
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(fetch(i));
  EXPECT_FALSE(fetch(0));
  EXPECT_TRUE(fetch(8));
  EXPECT_FALSE(fetch(0));
  EXPECT_TRUE(fetch(1)) << "it was the oldest";
}

TEST_F(SlicedBodyTest, ShortSlicesCostTheirBytes) {
  std::vector<std::shared_ptr<Body>> bodies;
  for (int i = 0; i < 16; ++i) {
    bodies.push_back(make(kSliceBytes / 2));
    BodyReader reader(bodies.back(), 0, kToTheEnd);
    (void)reader.take(1);
    EXPECT_TRUE(write(*source->asked.back(), kSliceBytes / 2));
  }
  for (const auto& body : bodies) {
    BodyReader reader(body, 0, kToTheEnd);
    EXPECT_EQ(read(reader).size(), kSliceBytes / 2);
  }
  EXPECT_EQ(source->asked.size(), 16u);
}

// Of two films memory has room for what comes next, but the small queue has not.
TEST_F(SlicedBodyTest, WhatAReaderIsAboutToReadIsNotTakenFromHim) {
  const auto popular = make(5 * kSliceBytes);
  BodyReader first(popular, 0, kToTheEnd), again(popular, 0, kToTheEnd);
  EXPECT_TRUE(first.take(1).empty());
  EXPECT_TRUE(write(*source->asked.back(), 5 * kSliceBytes));
  EXPECT_EQ(read(first).size(), 5 * kSliceBytes);
  EXPECT_EQ(read(again).size(), 5 * kSliceBytes);
  source->asked.clear();
  const auto film = make(3 * kSliceBytes), other = make(3 * kSliceBytes);
  BodyReader one(film, 0, kToTheEnd), two(other, 0, kToTheEnd);
  (void)one.take(1);
  (void)two.take(1);
  EXPECT_TRUE(write(*source->asked.at(0), 3 * kSliceBytes));
  EXPECT_TRUE(write(*source->asked.at(1), 3 * kSliceBytes));
  EXPECT_EQ(read(one), bytes_of(0, 3 * kSliceBytes));
  EXPECT_EQ(read(two), bytes_of(0, 3 * kSliceBytes));
  EXPECT_EQ(source->asked.size(), 2u) << "nothing was asked for twice";
}

TEST_F(SlicedBodyTest, WhatIsBeingSentStaysWhatItWasAndItsMemoryIsWaitedFor) {
  const auto body = make(20 * kSliceBytes);
  std::vector<Piece> sent;
  for (std::uint64_t i = 0; i < 8; ++i) {
    BodyReader reader(body, i * kSliceBytes, (i + 1) * kSliceBytes);
    (void)reader.take(1);
    EXPECT_TRUE(write(*source->asked.back(), (i + 1) * kSliceBytes));
    sent.push_back(reader.take(1 << 20));
  }
  BodyReader reader(body, 9 * kSliceBytes, 10 * kSliceBytes);
  (void)reader.take(1);
  Fill& fill = *source->asked.back();
  EXPECT_EQ(fill.room(woken).turn, Fill::Room::Turn::Wait);
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(sent[i].view() == bytes_of(i * kSliceBytes, kSliceBytes));
  sent.clear();
  loop.advance(Duration(1));
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(write(fill, 10 * kSliceBytes));
}

TEST_F(SlicedBodyTest, WhoWaitsIsToldWhenNothingComesAndWhenItIsAnotherObject) {
  const auto body = make(20 * kSliceBytes);
  BodyReader one(body, 0, kToTheEnd), other(body, 10 * kSliceBytes, kToTheEnd);
  one.wait(woken);
  other.wait(woken);
  ASSERT_EQ(source->asked.size(), 2u);
  source->asked[0]->fail();
  source->asked[0].reset();
  EXPECT_TRUE(one.cut());
  EXPECT_FALSE(other.cut());
  EXPECT_EQ(body->state(), Body::State::Growing);
  BodyReader later(body, 0, kToTheEnd);
  (void)later.take(1);
  EXPECT_EQ(source->asked.size(), 3u) << "another time it may come";
  source->asked[1]->changed();
  EXPECT_TRUE(other.cut());
  EXPECT_EQ(body->state(), Body::State::Cut);
}

}  // namespace
}  // namespace meridian::engines::cdn::slices
