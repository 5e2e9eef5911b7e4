#include "engines/cdn/body.h"

#include <gtest/gtest.h>

#include "net/virtual_loop.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

std::string taken(BodyReader& reader, std::size_t most) {
  std::string out;
  for (Piece piece; out.size() < most && !(piece = reader.take(most - out.size())).empty();)
    out += piece.view();
  return out;
}

class BodyTest : public testing::Test {
 protected:
  std::shared_ptr<Wake> wake() {
    return std::make_shared<Wake>(loop, [this] { ++woken; });
  }
  net::VirtualLoop loop;
  int woken = 0;
};

TEST_F(BodyTest, ReadersGetWhatComesEachAtHisOwnPace) {
  auto body = std::make_shared<Body>(Body::Kind::Kept);
  BodyReader slow(body, 0, kAll), fast(body, 0, kAll);
  body->append("abc");
  EXPECT_EQ(taken(fast, 100), "abc");
  EXPECT_EQ(taken(fast, 100), "");
  EXPECT_FALSE(fast.at_end());
  fast.wait(wake());
  loop.run_posted();
  EXPECT_EQ(woken, 0) << "nothing came yet";
  body->append("def");
  loop.run_posted();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(taken(fast, 2), "de");
  EXPECT_EQ(taken(slow, 4), "abcd");
  body->finish(Body::State::Whole);
  EXPECT_EQ(taken(fast, 9), "f");
  EXPECT_TRUE(fast.at_end());
  EXPECT_EQ(taken(slow, 9), "ef");
  EXPECT_EQ(body->length(), 6u);
  BodyReader late(body, 2, 4);
  EXPECT_EQ(taken(late, 100), "cd");
  EXPECT_TRUE(late.at_end());
}

TEST_F(BodyTest, LongBodiesComeOutAsTheyWentIn) {
  for (const auto length : {std::optional<std::uint64_t>(3'000'000), std::optional<std::uint64_t>()}) {
    auto body = std::make_shared<Body>(Body::Kind::Kept, length);
    std::string sent, got;
    BodyReader reader(body, 0, kAll);
    for (int i = 0; sent.size() < 3'000'000; ++i) {
      const std::string piece(std::min<std::size_t>(3'000'000 - sent.size(), 1 + (i * 7919) % 100'000),
                              static_cast<char>('a' + i % 26));
      sent += piece;
      body->append(piece);
      got += taken(reader, 50'000);
    }
    body->finish(Body::State::Whole);
    for (std::string piece; !(piece = taken(reader, 70'000)).empty();) got += piece;
    EXPECT_TRUE(got == sent);
    BodyReader middle(body, 1'500'000, 1'500'010);
    EXPECT_EQ(taken(middle, 100), sent.substr(1'500'000, 10));
  }
}

TEST_F(BodyTest, ACutBodyIsNoWholeOne) {
  auto body = std::make_shared<Body>(Body::Kind::Kept, 10);
  BodyReader reader(body, 0, 10);
  body->append("abc");
  taken(reader, 3);
  reader.wait(wake());
  body->finish(Body::State::Cut);
  loop.run_posted();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(reader.cut());
  EXPECT_FALSE(reader.at_end());
  body->finish(Body::State::Whole);
  EXPECT_TRUE(reader.cut()) << "an end is an end";
}

TEST_F(BodyTest, TheProducerOfAPassingBodyWaitsForItsSlowestReader) {
  auto body = std::make_shared<Body>(Body::Kind::Passing);
  body->set_producer(wake());
  auto slow = std::make_unique<BodyReader>(body, 0, kAll);
  BodyReader fast(body, 0, kAll);
  const std::string piece(100'000, 'x');
  while (!body->congested()) {
    body->append(piece);
    taken(fast, 200'000);
  }
  loop.run_posted();
  EXPECT_EQ(woken, 0);
  EXPECT_GT(body->size(), kPassingBytesMax);
  slow->take(50'000);
  loop.run_posted();
  EXPECT_EQ(woken, 0) << "there is still too much";
  slow.reset();
  loop.run_posted();
  EXPECT_EQ(woken, 1) << "the other one is not slow";
  EXPECT_FALSE(body->abandoned());
}

TEST_F(BodyTest, WhatNobodyReadsAnyMoreIsAbandoned) {
  auto body = std::make_shared<Body>(Body::Kind::Passing);
  body->set_producer(wake());
  { BodyReader reader(body, 0, kAll); }
  loop.run_posted();
  EXPECT_TRUE(body->abandoned());
  EXPECT_EQ(woken, 1);
  auto kept = std::make_shared<Body>(Body::Kind::Kept);
  { BodyReader reader(kept, 0, kAll); }
  EXPECT_FALSE(kept->abandoned());
}

TEST_F(BodyTest, ABodyThatIsTooLongToKeepForgetsWhatWasRead) {
  auto body = std::make_shared<Body>(Body::Kind::Kept);
  BodyReader reader(body, 0, kAll);
  body->append(std::string(200'000, 'x'));
  taken(reader, 200'000);
  body->stop_keeping();
  BodyReader late(body, 0, kAll);
  EXPECT_TRUE(late.cut());
  body->append("y");
  EXPECT_EQ(taken(reader, 10), "y");
  EXPECT_FALSE(reader.cut());
}

TEST_F(BodyTest, AWakeThatIsCancelledDoesNothing) {
  auto body = std::make_shared<Body>(Body::Kind::Kept);
  BodyReader reader(body, 0, kAll);
  const auto waiting = wake();
  reader.wait(waiting);
  body->append("x");
  waiting->cancel();
  loop.run_posted();
  EXPECT_EQ(woken, 0);
}

TEST(Bodies, OfBytesThatOthersHold) {
  bool held = true;
  std::string bytes = "shared";
  {
    const auto body =
        Body::of(std::shared_ptr<char[]>(bytes.data(), [&](char*) { held = false; }), bytes.size());
    EXPECT_EQ(body->state(), Body::State::Whole);
    EXPECT_EQ(body->length(), 6u);
    ASSERT_TRUE(body->in_one_piece());
    EXPECT_EQ(body->in_one_piece()->bytes.data(), bytes.data()) << "nothing was copied";
    std::string text;
    append_body(body, text);
    EXPECT_EQ(text, "shared");
    EXPECT_TRUE(held);
  }
  EXPECT_FALSE(held);
  EXPECT_FALSE(Body::of("")->in_one_piece());
  EXPECT_EQ(Body::of("")->state(), Body::State::Whole);
  Body growing(Body::Kind::Kept, 10);
  growing.append("12345");
  EXPECT_FALSE(growing.in_one_piece());
  growing.append("67890");
  EXPECT_FALSE(growing.in_one_piece());
  growing.finish(Body::State::Whole);
  EXPECT_EQ(growing.in_one_piece()->bytes, "1234567890");
}

}  // namespace
}  // namespace meridian::engines::cdn
