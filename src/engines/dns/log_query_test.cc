// What the query log is handed by the one function through which every query goes.
#include "engines/dns/log_query.h"

#include <gtest/gtest.h>

#include "engines/dns/test_server.h"
#include "engines/dns/worker.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::DnsSnapshot;

class LogQueryTest : public testing::Test {
 protected:
  LogQueryTest() {
    zones.add_zone("one.test.", "www 60 A 192.0.2.1", "Z0ONE");
    published = std::make_unique<Published<DnsSnapshot>>(std::move(zones.snapshot));
    worker = std::make_unique<Worker>(*published, locations, identity, clock, 1);
    worker->query_log = &recorder;
  }
  std::string serve(const std::string& query, Transport transport = Transport::Udp) {
    std::string reply(65535, '\0');
    const Pinned pinned(*worker);
    reply.resize(serve_query(*worker, pinned, worker->counters.udp, transport, zones.client, clock.now(),
                             as_bytes(query), {reinterpret_cast<std::uint8_t*>(reply.data()), reply.size()}));
    return reply;
  }
  query_log::Record logged() {
    recorder.ring().refresh();
    const Bytes bytes = recorder.ring().front();
    EXPECT_NE(bytes.data(), nullptr);
    const auto entry = query_log::Recorder::read(bytes);
    recorder.ring().pop();
    return entry.record;
  }

  TestServer zones;
  ServerIdentity identity;
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  std::unique_ptr<Published<DnsSnapshot>> published;
  Published<snapshots::location::Locations> locations{
      std::make_unique<const snapshots::location::Locations>()};
  query_log::Recorder recorder{std::array{query_log::Selection{.replies = true}}, query_log::Ring::kBytesMin,
                               1};
  std::unique_ptr<Worker> worker;
};

TEST_F(LogQueryTest, TheAnswerWithItsZone) {
  const std::string query = make_query({.name = "www.one.test."});
  const std::string reply = serve(query);
  const auto record = logged();
  EXPECT_EQ(record.zone_id, "Z0ONE");
  EXPECT_EQ(record.time, clock.now());
  EXPECT_EQ(record.client, zones.client);
  EXPECT_EQ(record.rcode, 0);
  EXPECT_EQ(as_text(record.query), query);
  EXPECT_EQ(as_text(record.reply), reply);
  EXPECT_EQ(record.reply_size, reply.size());
}

TEST_F(LogQueryTest, EveryTransport) {
  const std::string query = make_query({.name = "www.one.test."});
  for (const auto& [transport, protocol] : {std::pair{Transport::Udp, query_log::Protocol::Udp},
                                            {Transport::Tcp, query_log::Protocol::Tcp},
                                            {Transport::Tls, query_log::Protocol::Tls}}) {
    serve(query, transport);
    EXPECT_EQ(logged().protocol, protocol);
  }
}

TEST_F(LogQueryTest, WhatNoZoneOfOursAnsweredAndWhatGotNoReply) {
  serve(make_query({.name = "elsewhere."}));
  const auto refused = logged();
  EXPECT_EQ(refused.zone_id, "");
  EXPECT_EQ(refused.rcode, 5);
  EXPECT_EQ(serve("junk"), "");
  const auto dropped = logged();
  EXPECT_EQ(dropped.reply_size, 0u);
  EXPECT_EQ(as_text(dropped.query), "junk");
}

}  // namespace
}  // namespace meridian::engines::dns
