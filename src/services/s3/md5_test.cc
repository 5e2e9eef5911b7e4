#include "services/s3/md5.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "base/bytes.h"
#include "services/s3/digests.h"
#include "services/s3/md5_queue.h"

namespace meridian::services::s3 {
namespace {

std::string hex(std::string_view digest) {
  return to_hex(as_bytes(digest));
}

std::string text_of(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
  return text;
}

SharedBytes shared(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view bytes = *owner;
  return {std::move(owner), bytes};
}

// RFC 1321, appendix A.5.
TEST(Md5, OfTheRfcsTexts) {
  EXPECT_EQ(hex(md5_of("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex(md5_of("a")), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(hex(md5_of("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(md5_of("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex(md5_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890")),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, OfPiecesIsThatOfTheWhole) {
  const std::string text = text_of(400, 1);
  for (std::size_t size : {55u, 56u, 63u, 64u, 65u, 119u, 120u, 128u, 400u})
    for (std::size_t cut : {1u, 30u, 64u, 70u}) {
      Md5 pieces;
      std::string_view rest = std::string_view(text).substr(0, size);
      for (; !rest.empty(); rest.remove_prefix(std::min(cut, rest.size()))) pieces.add(rest.substr(0, cut));
      EXPECT_EQ(hex(pieces.finish()), hex(md5_of(std::string_view(text).substr(0, size))))
          << size << " " << cut;
    }
}

TEST(Md5, OfSeveralSideBySideIsThatOfEach) {
  for (std::size_t count = 1; count <= Md5Lane::kCountMax; ++count) {
    std::vector<std::string> texts;
    std::vector<Md5> sums(count);
    std::vector<Md5Lane> lanes;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(text_of(64 * 5 + 64 * i, static_cast<unsigned>(count * 10 + i)));
      lanes.push_back({&sums[i].words(), sums[i].enter(texts[i])});
    }
    hash_side_by_side(lanes, 5);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(lanes[i].blocks.size(), 64 * i);
      if (i > 0) hash_side_by_side({&lanes[i], 1}, i);
      EXPECT_EQ(hex(sums[i].finish()), hex(md5_of(texts[i]))) << i << " of " << count;
    }
  }
}

TEST(Md5Queue, StreamsThatComeTogetherHaveTheirOwnDigests) {
  Md5Queue queue;
  std::vector<std::string> texts(12);
  std::vector<std::unique_ptr<Md5Queue::Stream>> streams;
  for (std::size_t i = 0; i < texts.size(); ++i) streams.push_back(std::make_unique<Md5Queue::Stream>(queue));
  for (unsigned piece = 0; piece < 60; ++piece)
    for (unsigned i = 0; i < texts.size(); ++i) {
      const std::string bytes = text_of(1 + (piece * 7919 + i * 104729) % 90'000, piece * 31 + i);
      texts[i] += bytes;
      // Now and then some that nobody keeps.
      if ((piece + i) % 17 == 0)
        streams[i]->add(std::string_view(bytes));
      else
        streams[i]->add(shared(bytes));
    }
  streams[3].reset();  // never finished
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (streams[i]) {
      EXPECT_EQ(hex(streams[i]->finish()), hex(md5_of(texts[i]))) << i;
    }
}

TEST(Md5Queue, HoldsNoMoreThanItsLimitOfAStream) {
  Md5Queue queue;
  Md5Queue::Stream stream(queue);
  std::weak_ptr<const void> first;
  const std::string text = text_of(64 * 1024, 5);
  for (std::size_t held = 0; held < Md5Queue::kStreamBytesMax; held += text.size()) {
    SharedBytes bytes = shared(text);
    if (held == 0) first = bytes.owner;
    EXPECT_FALSE(first.expired()) << "hashed while there is still room";
    stream.add(std::move(bytes));
  }
  EXPECT_TRUE(first.expired());
}

TEST(Md5Queue, ThreadsShareIt) {
  Md5Queue queue;
  std::vector<std::thread> threads;
  std::array<std::string, 6> found, expected;
  for (unsigned i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      Md5Queue::Stream stream(queue);
      std::string all;
      for (unsigned piece = 0; piece < 40; ++piece) {
        const std::string bytes = text_of(200'000 + i * 1000 + piece, i * 100 + piece);
        all += bytes;
        stream.add(shared(bytes));
      }
      found[i] = stream.finish();
      expected[i] = md5_of(all);
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(hex(found[i]), hex(expected[i])) << i;
}

}  // namespace
}  // namespace meridian::services::s3
