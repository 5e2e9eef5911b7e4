// Origins that fail in every way, behind every remedy: what the viewer gets (CF:http-502-bad-gateway,
// CF:http-504-gateway-timeout, CF:HTTPStatusCodes, CF:high_availability_origin_failover).
#include <gtest/gtest.h>

#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;

// How an origin behaves at the next request.
enum class Fault {
  Refuse,
  Hang,
  Silent,
  SlowBody,
  CutBody,
  BadChunk,
  CloseAtOnce,
  CutHead,
  BadHead,
  TwoLengths,
  LongHead,
  NoHttp,
  Status500,
  Status404
};

// A head that came decides: a body that is slow, cut short or malformed is no failure that has a remedy.
bool head_came(Fault fault) {
  return fault == Fault::SlowBody || fault == Fault::CutBody || fault == Fault::BadChunk;
}

struct Expected {
  const char* name;
  Fault fault;
  // Statuses that viewers get: without remedy; with a second origin; with an expired copy; with error pages
  // for 404, 502 and 504 that are served as 200.
  int plain, group, stale, page;
};

const Expected kTable[] = {
    {"refused", Fault::Refuse, 502, 200, 200, 200},
    {"no connection", Fault::Hang, 504, 200, 200, 200},
    {"no answer", Fault::Silent, 504, 200, 200, 200},
    {"slow body", Fault::SlowBody, 200, 200, 200, 200},
    {"cut body", Fault::CutBody, 200, 200, 200, 200},
    {"bad chunk", Fault::BadChunk, 200, 200, 200, 200},
    {"closed at once", Fault::CloseAtOnce, 502, 200, 200, 200},
    {"cut head", Fault::CutHead, 502, 200, 200, 200},
    {"bad head", Fault::BadHead, 502, 200, 200, 200},
    {"two lengths", Fault::TwoLengths, 502, 200, 200, 200},
    {"long head", Fault::LongHead, 502, 200, 200, 200},
    {"no HTTP", Fault::NoHttp, 502, 200, 200, 200},
    {"500", Fault::Status500, 500, 200, 200, 500},
    {"404", Fault::Status404, 404, 404, 404, 200},
};

class OriginFaults : public testing::TestWithParam<Expected> {
 protected:
  void start() {
    second = std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kSecond,
                                            [](auto& visit, auto&) { visit.ok("from the second"); });
    cdn.behavior().ttl = {0s, 10s, 600s};
    cdn.publish();
  }
  void heal() {
    origin = std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kFirst,
                                            [](auto& visit, auto&) { visit.ok("copy"); });
  }
  void break_it() {
    origin.reset();
    const Fault fault = GetParam().fault;
    if (fault == Fault::Refuse) return;
    if (fault == Fault::Hang) return cdn.network.lose(VirtualCdn::kFirst.ip);
    origin = std::make_unique<PlayedOrigin>(
        cdn.network, VirtualCdn::kFirst, [fault](PlayedOrigin::Visit& visit, const std::string& request) {
          if (request.starts_with("GET /error")) return visit.ok("the page");
          switch (fault) {
            case Fault::SlowBody:
              return visit.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
            case Fault::CutBody:
              visit.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
              return visit.close();
            case Fault::BadChunk:
              return visit.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nno size\r\n");
            case Fault::CloseAtOnce:
              return visit.close();
            case Fault::CutHead:
              visit.say("HTTP/1.1 200 OK\r\nContent-Le");
              return visit.close();
            case Fault::TwoLengths:
              return visit.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
            case Fault::LongHead:
              return visit.say("HTTP/1.1 200 OK\r\nX-Long: " + std::string(200'000, 'x') + "\r\n\r\n");
            case Fault::NoHttp:
              return visit.say("SSH-2.0-OpenSSH_9.2\r\n");
            case Fault::BadHead:
              return visit.say("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
            case Fault::Status500:
              return visit.say("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops");
            case Fault::Status404:
              return visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
            default:
              return;
          }
        });
  }
  const PlayedViewer& ask() { return cdn.get("/", "", 200s); }

  VirtualCdn cdn;
  std::unique_ptr<PlayedOrigin> origin, second;
};

TEST_P(OriginFaults, WithoutRemedy) {
  start();
  break_it();
  const PlayedViewer& viewer = ask();
  EXPECT_EQ(viewer.status(), GetParam().plain);
  if (GetParam().plain >= 400) {
    EXPECT_EQ(viewer.field("X-Cache"), "Error from cloudfront");
  } else {
    EXPECT_TRUE(viewer.body().contains("ab")) << viewer.heard;  // in a chunk when no length is known
    EXPECT_TRUE(viewer.closed) << "what is cut must not look whole";
  }
}

TEST_P(OriginFaults, WithASecondOrigin) {
  cdn.make_group({500, 502, 503, 504});
  start();
  break_it();
  const PlayedViewer& viewer = ask();
  EXPECT_EQ(viewer.status(), GetParam().group);
  const bool answered = head_came(GetParam().fault) || GetParam().fault == Fault::Status404;
  EXPECT_EQ(viewer.body() == "from the second", !answered) << viewer.heard;
}

TEST_P(OriginFaults, WithAnExpiredCopy) {
  start();
  heal();
  ASSERT_EQ(cdn.get("/").body(), "copy");
  cdn.network.advance(20s);
  break_it();
  const PlayedViewer& viewer = ask();
  EXPECT_EQ(viewer.status(), GetParam().stale);
  const bool answered = head_came(GetParam().fault) || GetParam().fault == Fault::Status404;
  EXPECT_EQ(viewer.body() == "copy", !answered) << viewer.heard;
}

TEST_P(OriginFaults, WithErrorPages) {
  for (const std::uint16_t code : {404, 502, 504})
    cdn.distribution.error_pages.push_back({code, "/error.html", 200, 10s});
  snapshots::cdn::Behavior pages = cdn.behavior();
  pages.is_default = false;
  pages.path_pattern = "/error.html";
  pages.origin = 1;
  cdn.distribution.behaviors.insert(cdn.distribution.behaviors.begin(), pages);
  start();
  break_it();
  const PlayedViewer& viewer = ask();
  EXPECT_EQ(viewer.status(), GetParam().page);
  if (GetParam().plain >= 400 && GetParam().page == 200) {
    EXPECT_EQ(viewer.body(), "from the second") << "the page goes through its own behavior";
    EXPECT_EQ(viewer.field("X-Cache"), "Error from cloudfront");
  }
}

INSTANTIATE_TEST_SUITE_P(All, OriginFaults, testing::ValuesIn(kTable), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name)
    if (c == ' ') c = '_';
  return name;
});

TEST(OriginFaultsAlone, TheSecondOriginsFailureIsTheAnswer) {
  VirtualCdn cdn;
  cdn.make_group({502});
  cdn.publish();
  EXPECT_EQ(cdn.get("/", "", 200s).status(), 502);
}

TEST(OriginFaultsAlone, A4xxThatIsChosenLeadsToTheSecondOrigin) {
  VirtualCdn cdn;
  PlayedOrigin first(cdn.network, VirtualCdn::kFirst, [](auto& visit, auto&) {
    visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  });
  PlayedOrigin second(cdn.network, VirtualCdn::kSecond,
                      [](auto& visit, auto&) { visit.ok("from the second"); });
  cdn.make_group({404});
  cdn.publish();
  EXPECT_EQ(cdn.get("/").body(), "from the second");
}

TEST(OriginFaultsAlone, AnErrorPageThatFailsShowsItsOwnFailure) {
  VirtualCdn cdn;
  cdn.distribution.error_pages.push_back({502, "/error.html", 200, 10s});
  PlayedOrigin second(cdn.network, VirtualCdn::kSecond, [](auto& visit, auto&) {
    visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  });
  snapshots::cdn::Behavior pages = cdn.behavior();
  pages.path_pattern = "/error.html";
  pages.origin = 1;
  cdn.distribution.behaviors.insert(cdn.distribution.behaviors.begin(), pages);
  cdn.publish();
  EXPECT_EQ(cdn.get("/", "", 200s).status(), 404);
}

}  // namespace
}  // namespace meridian::sim
