// Replies whose heads were prepared once an object, beside those that are written field by field: the first
// hit of an object is of the second kind, those that follow are of the first wherever they can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/http2/prepared_fields.h"
#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using snapshots::cdn::CorsRule;
using snapshots::cdn::ResponseHeadersPolicy;
using testing::HasSubstr;
using testing::Not;

struct Asked {
  std::string fields = "", method = "GET", target = "/a";
};

class PreparedReplies : public testing::Test {
 protected:
  void play(std::string reply) {
    origin.reset();
    origin = std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kFirst,
                                            [=](auto& visit, auto&) { visit.say(reply); });
    cdn.publish();
  }
  // What nobody can foretell is taken out.
  static std::string told(const PlayedViewer& viewer) {
    std::string text = viewer.heard;
    const std::string id = viewer.field("X-Amz-Cf-Id");
    EXPECT_EQ(id.size(), 56u) << text;
    if (const std::size_t at = text.find(id); at != std::string::npos) text.replace(at, id.size(), "ID");
    return text;
  }
  // Heads that were made since the last time.
  std::uint64_t made() {
    const std::uint64_t now = http2::PreparedFields().number();
    return now - std::exchange(last_number, now) - 1;
  }
  // Three hits in the same second, of which all say the same; of how many heads that took.
  std::uint64_t compare(const Asked& asked, bool fetch = true) {
    if (fetch) cdn.get(asked.target, "", 1s);
    cdn.network.advance(7s);
    made();
    std::vector<PlayedViewer*> viewers;
    for (int i = 0; i < 3; ++i) viewers.push_back(&cdn.ask(asked.target, asked.fields, 0, asked.method));
    cdn.network.advance(1s);
    const std::string first = told(*viewers[0]);
    EXPECT_THAT(first, HasSubstr("\r\n\r\n"));
    for (PlayedViewer* const each : viewers) {
      EXPECT_EQ(told(*each), first);
      EXPECT_EQ(each->closed, viewers[0]->closed);
    }
    EXPECT_NE(viewers[1]->field("X-Amz-Cf-Id"), viewers[2]->field("X-Amz-Cf-Id"));
    return made();
  }
  ResponseHeadersPolicy& policy() {
    auto made = std::make_shared<ResponseHeadersPolicy>();
    ResponseHeadersPolicy& its = *made;
    cdn.behavior().response_headers = std::move(made);
    return its;
  }

  VirtualCdn cdn;
  std::unique_ptr<PlayedOrigin> origin;
  std::uint64_t last_number = 0;
};

const std::string kOk =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nETag: \"e\"\r\nCache-Control: "
    "max-age=600\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nVary: Accept\r\nServer: s\r\nX-Odd: "
    "a\tb\r\n"
    "X-Two: 1\r\nX-Two: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nhello";

TEST_F(PreparedReplies, SayTheSameWhateverTheRequest) {
  play(kOk);
  EXPECT_EQ(compare({}), 1u);
  const Asked others[] = {
      {.fields = "Connection: close\r\n"},
      {.fields = "Accept-Encoding: gzip, br\r\nAccept: */*\r\nCookie: a=b\r\n"},
      {.fields = "If-None-Match: \"e\"\r\n"},
      {.fields = "If-None-Match: \"other\"\r\n"},
      {.fields = "If-Match: \"other\"\r\n"},
      {.fields = "Range: bytes=1-2\r\n"},
      {.fields = "Range: bytes=7-\r\n"},
      {.fields = "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"},
      {.fields = "Origin: https://example.com\r\n"},
      {.method = "HEAD"},
  };
  for (const Asked& asked : others) EXPECT_EQ(compare(asked), 0u) << asked.method << ' ' << asked.fields;
}

TEST_F(PreparedReplies, SayTheSameWhateverTheOriginSaid) {
  const std::string replies[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAge: 100\r\nX-Cache: theirs\r\nX-Amz-Cf-Id: theirs\r\n\r\nab",
      "HTTP/1.1 204 No Content\r\nCache-Control: max-age=600\r\n\r\n",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nwho",
      "HTTP/1.1 301 Moved Permanently\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 301 Moved Permanently\r\nLocation: /b\r\nContent-Length: 4\r\n\r\nover",
  };
  int number = 0;
  for (const std::string& reply : replies) {
    play(reply);
    compare({.target = "/" + std::to_string(++number)});
  }
  play("HTTP/1.1 503 No\r\nContent-Length: 3\r\nCache-Control: max-age=60\r\n\r\nno!");
  EXPECT_EQ(compare({.target = "/failed"}), 1u);
}

TEST_F(PreparedReplies, SayTheSameWhateverThePolicy) {
  play(kOk);
  const auto with = [&](auto&& change, const Asked& asked = {}) {
    change(policy());
    cdn.publish();
    return compare(asked, false);
  };
  compare({});
  EXPECT_EQ(with([](auto& its) {
              its.added = {{"X-Added", "1", false}, {"ETag", "\"policy\"", false}, {"Server", "ours", true}};
              its.removed = {"x-two"};
            }),
            1u);
  const auto cors = [](auto& its) {
    its.cors = CorsRule{};
    its.cors->allow_origins = {"https://*.example.com"};
    its.cors->allow_methods = {"GET"};
    its.added = {{"X-Added", "2", true}};
  };
  EXPECT_EQ(with(cors), 1u);
  EXPECT_EQ(with(cors, {.fields = "Origin: https://a.example.com\r\n"}), 0u) << "that depends on who asks";
  EXPECT_EQ(with([](auto& its) { its.server_timing_percent = 0; }), 0u);
  EXPECT_EQ(with([](auto& its) {
              its.added = {{"Age", "1", true}, {"X-Cache", "mine", true}};
            }),
            0u)
      << "its place is not the last";
  EXPECT_EQ(with([](auto& its) { its.removed = {"server", "via"}; }), 1u);
  cdn.behavior().response_headers = nullptr;
  cdn.publish();
  EXPECT_EQ(compare({}, false), 0u) << "it is there from before";
}

TEST_F(PreparedReplies, OfManyPoliciesOnlySomeHeadsAreKept) {
  play(kOk);
  compare({});
  std::uint64_t all = 0;
  for (int i = 0; i < 8; ++i) {
    policy().added = {{"X-Added", std::to_string(i), true}};
    cdn.publish();
    const auto& viewer = cdn.get("/a");
    EXPECT_EQ(viewer.field("X-Added"), std::to_string(i));
    EXPECT_EQ(viewer.field("X-Cache"), "Hit from cloudfront");
    all += compare({}, false);
  }
  EXPECT_LE(all, 4u);
}

TEST_F(PreparedReplies, AgesAndExpire) {
  play(kOk);
  compare({});
  const std::string before = cdn.get("/a").field("Age");
  cdn.network.advance(100s);
  EXPECT_EQ(std::stoi(cdn.get("/a").field("Age")), std::stoi(before) + 101);
  cdn.network.advance(600s);
  EXPECT_THAT(cdn.get("/a").field("X-Cache"), Not(HasSubstr("Hit from cloudfront ")))
      << "it was asked for again";
  EXPECT_EQ(origin->requests.size(), 2u);
}

TEST_F(PreparedReplies, PipelinedRequestsHaveTheirRepliesInOrder) {
  play(kOk);
  compare({});
  auto& viewer = cdn.viewer();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /a HTTP/1.1\r\nHost: d1.cloudfront.net\r\n\r\n";
  viewer.send(requests + "HEAD /a HTTP/1.1\r\nHost: d1.cloudfront.net\r\nConnection: close\r\n\r\n");
  cdn.network.advance(1s);
  std::size_t bodies = 0;
  for (std::size_t at = 0; (at = viewer.heard.find("\r\n\r\nhello", at)) != std::string::npos; ++at) ++bodies;
  EXPECT_EQ(bodies, 20u);
  EXPECT_TRUE(viewer.heard.ends_with("\r\n\r\n")) << viewer.heard.substr(viewer.heard.size() - 20);
  EXPECT_TRUE(viewer.closed);
}

}  // namespace
}  // namespace meridian::sim
