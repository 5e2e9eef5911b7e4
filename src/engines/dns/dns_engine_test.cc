// The engine on real loopback sockets: what a client sees over UDP and TCP.
#include "engines/dns/dns_engine.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "formats/dns/message.h"
#include "formats/dns/rdata.h"
#include "net/pin_worker.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;
using meridian::dns::Name;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::RecordSet;
using snapshots::dns::ZoneChange;

std::string wire(const std::string& text) {
  return std::string(Name::parse(text)->wire());
}

RecordSet set_of(const std::string& owner, Type type, const std::vector<std::string>& values) {
  RecordSet set{wire(owner), type, "", 60, {}, ""};
  for (const auto& value : values) set.rdata.push_back(meridian::dns::parse_rdata(type, value).value());
  return set;
}

std::string query_for(const std::string& name, Type type, std::uint16_t id = 7) {
  std::uint8_t bytes[512];
  meridian::dns::MessageWriter writer(bytes, sizeof bytes);
  meridian::dns::Header header;
  header.id = id;
  writer.set_header(header);
  writer.add_question(wire(name), type, meridian::dns::Class::IN);
  return std::string(reinterpret_cast<char*>(bytes), writer.finish());
}

class Socket {
 public:
  Socket(int kind, const net::Address& to, const char* from = nullptr) : fd_(socket(AF_INET, kind, 0)) {
    timeval limit{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from) {
      inet_pton(AF_INET, from, &address.sin_addr);
      EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Socket() { close(fd_); }
  void send(const std::string& bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
  }
  void end_sending() { EXPECT_EQ(shutdown(fd_, SHUT_WR), 0); }
  std::string receive() {
    char bytes[65536];
    ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(0, size))};
  }
  std::string receive_exactly(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      char bytes[65536];
      ssize_t got = recv(fd_, bytes, std::min(sizeof bytes, size - out.size()), 0);
      if (got <= 0) break;
      out.append(bytes, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int fd_;
};

std::string framed(const std::string& message) {
  std::string out;
  append_u16(out, static_cast<std::uint16_t>(message.size()));
  return out + message;
}

class DnsEngineTest : public testing::Test {
 protected:
  void start(unsigned workers, TcpLimits tcp = {}, RateLimitOptions limits = {}) {
    DnsEngineOptions options;
    options.addresses = {net::Address::parse("127.0.0.1:0").value()};
    options.workers = workers;
    options.tcp = tcp;
    options.limits = std::move(limits);
    engine = std::make_unique<DnsEngine>(std::move(options), DnsSnapshot::empty(random), clock, random,
                                         metrics, net::make_loop);
    auto started = engine->start();
    ASSERT_TRUE(started) << started.error().message;
    publish(
        {0,
         1,
         {{ZoneChange::Kind::Replace,
           "Z1",
           wire("one.test."),
           {set_of("one.test.", Type::SOA, {"ns.one.test. host.one.test. 1 2 3 4 5"}),
            set_of("one.test.", Type::NS, {"ns.one.test."}), set_of("www.one.test.", Type::A, {"192.0.2.1"})},
           {}}}});
  }
  void publish(const Delta& delta) {
    engine->publish(apply(engine->latest(), delta).value());
    while (engine->served_revision() < delta.to) std::this_thread::yield();
  }
  Delta address(std::uint64_t from, const std::string& value) {
    return {
        from,
        from + 1,
        {{ZoneChange::Kind::Edit, "Z1", wire("one.test."), {set_of("www.one.test.", Type::A, {value})}, {}}}};
  }
  const net::Address& at() { return engine->addresses().front(); }
  static std::string first_address(const std::string& reply) {
    auto message = meridian::dns::parse_message(as_bytes(reply));
    if (!message || message->answers.empty()) return "none";
    return meridian::dns::print_rdata(Type::A, message->answers[0].rdata).value();
  }

  RealClock clock;
  SeededRandom random{3};
  Metrics metrics;
  std::unique_ptr<DnsEngine> engine;
};

TEST_F(DnsEngineTest, AnswersOverUdpAndTcpOnOnePort) {
  start(2);
  Socket udp(SOCK_DGRAM, at());
  udp.send(query_for("www.one.test.", Type::A));
  EXPECT_EQ(first_address(udp.receive()), "192.0.2.1");

  Socket tcp(SOCK_STREAM, at());
  tcp.send(framed(query_for("www.one.test.", Type::A)));
  std::string reply = tcp.receive();
  ASSERT_GT(reply.size(), 2u);
  EXPECT_EQ(first_address(reply.substr(2)), "192.0.2.1");
}

TEST_F(DnsEngineTest, WhatIsAcknowledgedIsWhatEveryWorkerAnswers) {
  start(3);
  for (std::uint64_t revision = 1; revision < 200; ++revision) {
    std::string value = "10.0.0." + std::to_string(revision);
    publish(address(revision, value));
    for (int i = 0; i < 4; ++i) {  // each new port may land on another worker
      Socket udp(SOCK_DGRAM, at());
      udp.send(query_for("www.one.test.", Type::A));
      ASSERT_EQ(first_address(udp.receive()), value);
    }
  }
}

TEST_F(DnsEngineTest, TcpAnswersPipelinedAndSplitQueriesInOrder) {
  start(1);
  std::string all;
  for (std::uint16_t id = 0; id < 300; ++id) all += framed(query_for("www.one.test.", Type::A, id));
  Socket tcp(SOCK_STREAM, at());
  for (std::size_t start = 0; start < all.size(); start += 1000) tcp.send(all.substr(start, 1000));
  for (std::uint16_t id = 0; id < 300; ++id) {
    std::string size = tcp.receive_exactly(2);
    ASSERT_EQ(size.size(), 2u);
    std::string message = tcp.receive_exactly(ByteReader(size).u16());
    ASSERT_EQ(ByteReader(message).u16(), id);
  }
}

TEST_F(DnsEngineTest, ManyQueriesOfOneConnectionAreAnsweredInTurnsAndAll) {
  start(1, {.queries_a_turn_max = 3});
  std::string all;
  for (std::uint16_t id = 0; id < 100; ++id) all += framed(query_for("www.one.test.", Type::A, id));
  Socket tcp(SOCK_STREAM, at());
  tcp.send(all);
  tcp.end_sending();
  for (std::uint16_t id = 0; id < 100; ++id) {
    const std::string size = tcp.receive_exactly(2);
    ASSERT_EQ(size.size(), 2u) << id;
    ASSERT_EQ(ByteReader(tcp.receive_exactly(ByteReader(size).u16())).u16(), id);
  }
  EXPECT_EQ(tcp.receive(), "");
}

TEST_F(DnsEngineTest, TcpSendsAllRepliesToAClientThatHasEndedItsSide) {
  start(1);
  std::vector<std::string> values(200, '"' + std::string(200, 'x') + '"');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].insert(1, std::to_string(i));
  publish({1,
           2,
           {{ZoneChange::Kind::Edit,
             "Z1",
             wire("one.test."),
             {set_of("big.one.test.", Type::TXT, values)},
             {}}}});
  constexpr int kQueries = 100;
  Socket tcp(SOCK_STREAM, at());
  for (int i = 0; i < kQueries; ++i) tcp.send(framed(query_for("big.one.test.", Type::TXT)));
  tcp.end_sending();
  std::size_t replies = 0;
  for (std::string size; (size = tcp.receive_exactly(2)).size() == 2; ++replies)
    ASSERT_GT(tcp.receive_exactly(ByteReader(size).u16()).size(), 200u * 200);
  EXPECT_EQ(replies, kQueries);
}

TEST_F(DnsEngineTest, TcpClosesIdleConnectionsThoughBytesTrickleIn) {
  start(1, {.idle_time_max = std::chrono::milliseconds(200)});
  Socket slow(SOCK_STREAM, at());
  slow.send(framed(query_for("www.one.test.", Type::A)).substr(0, 10));
  EXPECT_EQ(slow.receive(), "") << "half a message is no sign of life";
  EXPECT_NE(
      metrics.prometheus_text().find("meridian_dns_tcp_closed_total{reason=\"idle\",transport=\"tcp\"} 1\n"),
      std::string::npos);
}

TEST_F(DnsEngineTest, WhenTcpIsFullTheNewcomerTakesThePlaceOfOneThatNeverAskedElseOfTheIdlest) {
  start(1, {.connections_max = 2});
  const std::string query = framed(query_for("www.one.test.", Type::A));
  const auto works = [&](Socket& socket) {
    socket.send(query);
    const std::string size = socket.receive_exactly(2);
    return size.size() == 2 && first_address(socket.receive_exactly(ByteReader(size).u16())) == "192.0.2.1";
  };
  Socket first(SOCK_STREAM, at());
  EXPECT_TRUE(works(first));
  Socket silent(SOCK_STREAM, at());
  Socket third(SOCK_STREAM, at());
  EXPECT_EQ(silent.receive(), "") << "though the first was idle for longer";
  EXPECT_TRUE(works(third));
  Socket fourth(SOCK_STREAM, at());
  EXPECT_EQ(first.receive(), "");
  EXPECT_TRUE(works(fourth));
  EXPECT_NE(metrics.prometheus_text().find(
                "meridian_dns_tcp_closed_total{reason=\"evicted\",transport=\"tcp\"} 2\n"),
            std::string::npos);
}

TEST_F(DnsEngineTest, WhenTcpIsFullTheNetworkWithMostConnectionsGivesWay) {
  start(1, {.connections_max = 3});
  Socket alone(SOCK_STREAM, at(), "127.0.8.1");
  Socket flood(SOCK_STREAM, at(), "127.0.7.1");
  Socket flooding(SOCK_STREAM, at(), "127.0.7.2");
  Socket newcomer(SOCK_STREAM, at(), "127.0.9.1");
  EXPECT_EQ(flood.receive(), "") << "though the one alone in its network came before it";
  alone.send(framed(query_for("www.one.test.", Type::A)));
  EXPECT_GT(alone.receive().size(), 2u);
}

TEST_F(DnsEngineTest, TcpConnectionsOfOnePrefixAreBoundedWithoutHarmToOthers) {
  start(1, {.connections_max = 10, .connections_per_prefix_max = 1});
  Socket first(SOCK_STREAM, at(), "127.0.7.1");
  first.send(framed(query_for("www.one.test.", Type::A)));
  EXPECT_GT(first.receive().size(), 2u);
  Socket second(SOCK_STREAM, at(), "127.0.7.2");
  EXPECT_EQ(second.receive(), "");
  Socket other(SOCK_STREAM, at(), "127.0.8.1");
  other.send(framed(query_for("www.one.test.", Type::A)));
  EXPECT_GT(other.receive().size(), 2u);
  first.send(framed(query_for("www.one.test.", Type::A)));
  EXPECT_GT(first.receive().size(), 2u);
}

TEST_F(DnsEngineTest, ATcpMessageLongerThanAnyQueryEndsTheConnectionAtOnce) {
  start(1);
  Socket socket(SOCK_STREAM, at());
  socket.send("\xff\xff");
  EXPECT_EQ(socket.receive(), "");
}

TEST_F(DnsEngineTest, CountsWhatItAnswered) {
  start(1);
  Socket udp(SOCK_DGRAM, at());
  udp.send(query_for("www.one.test.", Type::A));
  udp.receive();
  udp.send(query_for("nothing.one.test.", Type::A));
  udp.receive();
  std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("meridian_dns_queries_total{rcode=\"NOERROR\",transport=\"udp\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("meridian_dns_queries_total{rcode=\"NXDOMAIN\",transport=\"udp\"} 1\n"),
            std::string::npos);
}

TEST_F(DnsEngineTest, PoliciesChooseByWhatWasPublishedOfClientsLast) {
  start(2);
  RecordSet europe = set_of("geo.one.test.", Type::A, {"192.0.2.1"}), rest = europe;
  europe.set_identifier = "a";
  europe.policy = snapshots::dns::Geolocation{"EU", "", ""};
  rest.set_identifier = "b";
  rest.policy = snapshots::dns::Geolocation{"", "*", ""};
  rest.rdata = {std::string("\xc0\0\2\2", 4)};
  publish({1, 2, {{ZoneChange::Kind::Edit, "Z1", wire("one.test."), {europe, rest}, {}}}});
  Socket socket(SOCK_DGRAM, at());
  const auto ask = [&socket] {
    socket.send(query_for("geo.one.test.", Type::A));
    return first_address(socket.receive());
  };
  EXPECT_EQ(ask(), "192.0.2.2");
  snapshots::location::Place place;
  place.continent = snapshots::location::Code::of("EU");
  engine->publish_locations(std::make_unique<const snapshots::location::Locations>(
      snapshots::location::Locations::Sources{.networks = {{*net::Cidr::parse("127.0.0.0/8"), place}}}));
  EXPECT_EQ(ask(), "192.0.2.1");
  EXPECT_NE(metrics.prometheus_text().find("meridian_dns_policy_answers_total{policy=\"geolocation\"} 2"),
            std::string::npos);
  EXPECT_NE(metrics.prometheus_text().find("meridian_dns_policy_failed_open_total 0"), std::string::npos);
}

TEST_F(DnsEngineTest, WhatALimitHoldsBackIsCountedByReasonAndAction) {
  start(1, {}, {.responses_per_second = 1, .slip = 2});
  Socket udp(SOCK_DGRAM, at());
  for (int i = 0; i < 3; ++i) udp.send(query_for("www.one.test.", Type::A));
  EXPECT_EQ(first_address(udp.receive()), "192.0.2.1");
  const std::string truncated = udp.receive();
  EXPECT_TRUE(meridian::dns::parse_message(as_bytes(truncated))->header.tc);
  const std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("meridian_dns_limited_total{action=\"drop\",reason=\"response\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("meridian_dns_limited_total{action=\"slip\",reason=\"response\"} 1\n"),
            std::string::npos);
}

TEST_F(DnsEngineTest, CountsWhatEachZoneAnswered) {
  start(2);
  EXPECT_TRUE(engine->zone_queries().empty());
  Socket udp(SOCK_DGRAM, at());
  for (const char* name : {"www.one.test.", "none.one.test.", "www.nowhere.test."}) {
    udp.send(query_for(name, Type::A));
    (void)udp.receive();
  }
  const auto counted = engine->zone_queries();
  ASSERT_EQ(counted.size(), 1u) << "what is refused is no zone's";
  EXPECT_EQ(counted.begin()->second, 2u);
}

TEST_F(DnsEngineTest, EveryWorkerSaysWhoAsksMost) {
  start(3);
  EXPECT_EQ(engine->busiest().queries_per_second, 0) << "the first ten seconds are not over";
}

// The CPUs of the thread called `name`.
int cpus_of(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string called;
    std::getline(std::ifstream(task.path() / "comm"), called);
    cpu_set_t set;
    CPU_ZERO(&set);
    if (called == name && sched_getaffinity(std::stoi(task.path().filename()), sizeof set, &set) == 0)
      return CPU_COUNT(&set);
  }
  return 0;
}

TEST_F(DnsEngineTest, APinnedWorkerHasOneCpu) {
  const int all = static_cast<int>(net::allowed_cpus().size());
  start(2);
  EXPECT_EQ(cpus_of("dns-1"), all);
  engine.reset();
  DnsEngineOptions options;
  options.addresses = {net::Address::parse("127.0.0.1:0").value()};
  options.workers = 3;  // more than this machine may have
  options.pin_workers = true;
  engine = std::make_unique<DnsEngine>(std::move(options), DnsSnapshot::empty(random), clock, random, metrics,
                                       net::make_loop);
  auto started = engine->start();
  ASSERT_TRUE(started) << started.error().message;
  for (const char* name : {"dns-0", "dns-1", "dns-2"}) EXPECT_EQ(cpus_of(name), 1);
}

TEST_F(DnsEngineTest, SaysWhatReceiveBufferTheKernelGranted) {
  start(2);
  EXPECT_LE(engine->receive_buffer_bytes(), kReceiveBufferBytes);
  EXPECT_GT(engine->receive_buffer_bytes(), 0);
}

TEST_F(DnsEngineTest, ExplainsWithTheAnswersOwnCode) {
  start(1);
  engine->with_current([&](const AskedOf& now) {
    const auto explained =
        explain({.name = Name::parse("www.one.test.").value(), .client = at()}, now, random);
    ASSERT_TRUE(explained);
    EXPECT_NE(explained->trace.to_text().find("one.test."), std::string::npos);
    EXPECT_FALSE(explained->trace.steps().empty());
  });
}

TEST_F(DnsEngineTest, AnAddressThatIsTakenOrNotOursIsAClearError) {
  start(1);
  for (const net::Address& taken : {at(), net::Address::parse("192.0.2.1:53").value()}) {
    DnsEngineOptions options;
    options.addresses = {taken};
    DnsEngine other(std::move(options), DnsSnapshot::empty(random), clock, random, metrics, net::make_loop);
    auto started = other.start();
    ASSERT_FALSE(started) << "two servers would share the queries of " << taken.to_string();
    EXPECT_NE(started.error().message.find(taken.to_string()), std::string::npos) << started.error().message;
  }
}

}  // namespace
}  // namespace meridian::engines::dns
