#include "engines/health/reply_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

using testing::HasSubstr;

// The verdict over a reply that arrives in pieces of that size, and then ends.
Verdict judge(std::string_view reply, std::string search = "", std::size_t piece = 1 << 20) {
  ReplyJudge judge(std::move(search));
  for (std::size_t at = 0; at < reply.size(); at += piece)
    if (auto verdict = judge.add(as_bytes(reply.substr(at, piece)))) return *verdict;
  return judge.ended();
}
std::string reply(int status, const std::string& fields = "Content-Length: 0\r\n",
                  const std::string& body = "") {
  return "HTTP/1.1 " + std::to_string(status) + " \r\n" + fields + "\r\n" + body;
}

TEST(ReplyJudge, StatusesFrom200To399AreHealthy) {
  for (const int status : {200, 204, 301, 399}) EXPECT_TRUE(judge(reply(status)).healthy) << status;
  for (const int status : {400, 404, 500, 503}) EXPECT_FALSE(judge(reply(status)).healthy) << status;
  EXPECT_EQ(judge(reply(200)).reason, "HTTP Status Code 200, OK");
  EXPECT_THAT(judge(reply(503)).reason, HasSubstr("HTTP Status Code 503, "));
  EXPECT_FALSE(judge(reply(503, "Content-Length: 2\r\n", "up"), "up").healthy);
}

TEST(ReplyJudge, ThePhraseIsTheEndpointsOwn) {
  EXPECT_EQ(judge("HTTP/1.1 503 Service Temporarily Unavailable\r\n\r\n").reason,
            "HTTP Status Code 503, Service Temporarily Unavailable");
  EXPECT_EQ(judge("HTTP/1.1 404 \r\n\r\n").reason, "HTTP Status Code 404, Not Found");
  EXPECT_EQ(judge("HTTP/1.1 299 \r\n\r\n").reason, "HTTP Status Code 299");
  EXPECT_EQ(judge("HTTP/1.1 404 \xe4\r\n\r\n").reason, "HTTP Status Code 404, Not Found");
  EXPECT_LT(judge("HTTP/1.1 404 " + std::string(1000, 'x') + "\r\n\r\n").reason.size(), 150u);
}

TEST(ReplyJudge, TheStatusCountsBeforeTheBodyComes) {
  ReplyJudge judge("");
  EXPECT_FALSE(judge.add(as_bytes(std::string_view("HTTP/1.1 200 OK\r\nContent-Le"))));
  EXPECT_TRUE(judge.add(as_bytes(std::string_view("ngth: 1000000\r\n\r\n"))));
}

TEST(ReplyJudge, FindsTheStringHoweverTheBodyIsFramedAndArrives) {
  const std::string body = "all is up and well";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const std::size_t piece : {1, 3, 1 << 20}) {
    EXPECT_TRUE(judge(reply(200, length, body), "is up", piece).healthy) << piece;
    EXPECT_TRUE(
        judge(reply(200, "Transfer-Encoding: chunked\r\n", "8\r\nall is u\r\na\r\np and well\r\n0\r\n\r\n"),
              "is up", piece)
            .healthy)
        << piece;
    EXPECT_TRUE(judge(reply(200, "Connection: close\r\n", body), "is up", piece).healthy) << piece;
    EXPECT_FALSE(judge(reply(200, length, body), "Is up", piece).healthy) << "case counts";
    EXPECT_FALSE(judge(reply(204, "", body), "is up", piece).healthy) << "204 has no body";
  }
  EXPECT_FALSE(judge(reply(200, "Content-Length: 5\r\n", body), "is up").healthy) << "behind the body's end";
}

TEST(ReplyJudge, TheStringMustBeWholeInTheFirst5120Bytes) {
  const auto with_string_at = [](std::size_t at) {
    std::string body(at, '.');
    body += "up" + std::string(10'000, '.');
    return judge(reply(200, "Connection: close\r\n", body), "up", 777);
  };
  EXPECT_TRUE(with_string_at(kSearchedBytesMax - 2).healthy);
  EXPECT_FALSE(with_string_at(kSearchedBytesMax - 1).healthy);
  EXPECT_THAT(with_string_at(kSearchedBytesMax).reason, HasSubstr("5,120"));
}

// "all is up and well" by `gzip -9n`.
constexpr std::string_view kGzip{
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcc\xc9\x51\xc8\x2c\x56\x28\x2d\x50\x48\xcc"
    "\x4b\x51\x28\x4f\xcd\xc9\x01\x00\xc0\xc1\x44\xf9\x12\x00\x00\x00",
    38};

TEST(ReplyJudge, ACompressedBodyIsDecodedBeforeItIsSearched) {
  const std::string body(kGzip), length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const std::size_t piece : {1, 7, 1 << 20}) {
    EXPECT_TRUE(judge(reply(200, length + "Content-Encoding: GZip\r\n", body), "is up", piece).healthy)
        << piece;
    EXPECT_FALSE(judge(reply(200, length + "Content-Encoding: gzip\r\n", body), "is down", piece).healthy);
    EXPECT_FALSE(judge(reply(200, length, body), "is up", piece).healthy);
  }
  EXPECT_THAT(judge(reply(200, "Content-Encoding: gzip\r\n", "all is up"), "is up").reason,
              HasSubstr("cannot be decoded"));
  EXPECT_FALSE(judge(reply(200, "Content-Encoding: gzip\r\n", body.substr(0, 12)), "is up").healthy);
}

TEST(ReplyJudge, WhatIsNotHttpIsAFailure) {
  EXPECT_THAT(judge("SSH-2.0-OpenSSH\r\n\r\n").reason, HasSubstr("not valid HTTP"));
  EXPECT_THAT(judge(reply(200, "Bad Field: x\r\n")).reason, HasSubstr("not valid HTTP"));
  EXPECT_THAT(judge(reply(200, "Transfer-Encoding: chunked\r\n", "zz\r\n"), "x").reason,
              HasSubstr("not valid HTTP"));
  EXPECT_EQ(judge("").reason, "The connection was closed by the endpoint.");
  EXPECT_FALSE(judge("HTTP/1.1 200 OK\r\n").healthy);
}

TEST(ReplyJudge, AHeadBeyond16384BytesIsAFailure) {
  const auto with_head_of = [](std::size_t size) {
    std::string head = reply(200, "");
    head.insert(head.size() - 2, "A: \r\n");
    head.insert(head.size() - 4, std::string(size - head.size(), 'x'));
    EXPECT_EQ(head.size(), size);
    return judge(head, "", 1000).healthy;
  };
  EXPECT_TRUE(with_head_of(kReplyHeadBytesMax));
  EXPECT_FALSE(with_head_of(kReplyHeadBytesMax + 1));
}

TEST(ReplyJudge, InterimRepliesAreSkippedButNotForEver) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_TRUE(judge(interim + interim + reply(200)).healthy);
  std::string many;
  for (std::size_t i = 0; i <= kInterimRepliesMax; ++i) many += interim;
  EXPECT_FALSE(judge(many + reply(200)).healthy);
}

}  // namespace
}  // namespace meridian::engines::health
