// DNS over TLS on real loopback sockets, asked by our own TLS client; other clients are in tests/clients.
#include <gtest/gtest.h>

#include "engines/dns/dns_engine.h"
#include "engines/dns/test_server.h"
#include "net/certificate.h"
#include "net/tls.h"

namespace meridian::engines::dns {
namespace {

using namespace std::chrono_literals;

std::string framed(const std::string& message) {
  std::string out;
  append_u16(out, static_cast<std::uint16_t>(message.size()));
  return out + message;
}

net::CertificateAndKey fresh_certificate() {
  const std::string names[] = {"127.0.0.1"};
  return *net::make_self_signed_certificate(names, RealClock().now());
}

std::shared_ptr<net::TlsServerContext> dot_context(const net::CertificateAndKey& identity) {
  return *net::make_tls_server_context(
      {.certificate_pem = identity.certificate_pem, .key_pem = identity.key_pem, .protocols = {"dot"}});
}

class DnsOverTls : public testing::Test, public net::TcpHandler {
 protected:
  DnsOverTls() { served.add_zone("one.test.", "www 60 A 192.0.2.1"); }

  void start(TcpLimits limits = {}) {
    DnsEngineOptions options;
    options.addresses = {*net::Address::parse("127.0.0.1:0")};
    options.tls_addresses = {*net::Address::parse("127.0.0.1:0")};
    options.tls = dot_context(identity);
    options.tls_limits = limits;
    options.workers = 2;
    engine = std::make_unique<DnsEngine>(std::move(options), std::move(served.snapshot), clock, random,
                                         metrics, net::make_loop);
    const auto started = engine->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  // Connects, trusting `trusted` alone.
  bool connect(const net::CertificateAndKey& trusted, std::string protocol = "dot") {
    connection.reset();
    failure.clear();
    net::TlsClientOptions client;
    client.ca_pem = trusted.certificate_pem;
    client.server_name = "127.0.0.1";
    client.protocols = {std::move(protocol)};
    auto attempt = loop->connect_tcp(engine->tls_addresses().front(), 5s, *make_tls_client_context(client),
                                     [&](Result<std::unique_ptr<net::TcpConnection>> result) {
                                       if (result)
                                         connection = std::move(*result);
                                       else
                                         failure = result.error().message;
                                       loop->stop();
                                     });
    loop->run();
    if (connection) connection->start(*this);
    return connection != nullptr;
  }

  // Sends queries and waits for that many replies, or for the end.
  void ask(const std::string& bytes, std::size_t replies) {
    received.clear();
    wanted = replies;
    connection->write(bytes);
    guard = loop->after(5s, [this] { loop->stop(); });
    loop->run();
  }

  void on_data(net::TcpConnection&, Bytes data) override {
    received += as_text(data);
    if (messages().size() >= wanted) loop->stop();
  }
  void on_closed(net::TcpConnection&, const Error* why) override {
    failure = why ? why->message : "ended";
    loop->stop();
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> out;
    for (ByteReader reader(received); reader.remaining() >= 2;) {
      const std::size_t size = reader.u16();
      if (reader.remaining() < size) break;
      out.emplace_back(as_text(reader.take(size)));
    }
    return out;
  }
  bool metric_is(const std::string& line) {
    return metrics.prometheus_text().find(line + "\n") != std::string::npos;
  }

  RealClock clock;
  SeededRandom random{3};
  Metrics metrics;
  TestServer served;
  net::CertificateAndKey identity = fresh_certificate();
  std::unique_ptr<DnsEngine> engine;
  std::unique_ptr<net::Loop> loop = net::make_loop();
  std::unique_ptr<net::TcpConnection> connection;
  std::unique_ptr<net::Timer> guard;
  std::string received, failure;
  std::size_t wanted = 0;
};

TEST_F(DnsOverTls, AnswersPipelinedQueriesAndCountsThem) {
  start();
  ASSERT_TRUE(connect(identity)) << failure;
  std::string queries;
  for (int i = 0; i < 50; ++i) queries += framed(make_query({.name = "www.one.test."}));
  ask(queries, 50);
  ASSERT_EQ(messages().size(), 50u) << failure;
  const auto message = meridian::dns::parse_message(as_bytes(messages().back()));
  ASSERT_TRUE(message);
  EXPECT_EQ(lines_of(message->answers), std::vector<std::string>{"www.one.test. 60 A 192.0.2.1"});
  EXPECT_TRUE(metric_is("meridian_dns_queries_total{rcode=\"NOERROR\",transport=\"tls\"} 50"))
      << metrics.prometheus_text();
  EXPECT_TRUE(metric_is("meridian_dns_tcp_connections{transport=\"tls\"} 1"));
  EXPECT_TRUE(metric_is("meridian_dns_tcp_connections{transport=\"tcp\"} 0"));
}

TEST_F(DnsOverTls, SpeaksNoOtherProtocol) {
  start();
  EXPECT_FALSE(connect(identity, "h2"));
}

TEST_F(DnsOverTls, ANewCertificateIsShownToNewConnectionsWhileOldOnesGoOn) {
  start();
  ASSERT_TRUE(connect(identity)) << failure;
  const auto old_connection = std::move(connection);
  const auto renewed = fresh_certificate();
  engine->replace_tls(dot_context(renewed));
  // What each worker runs after it took the new one.
  std::atomic<unsigned> took{0};
  for (unsigned worker = 0; worker < engine->workers(); ++worker) engine->loop(worker).post([&] { ++took; });
  while (took < engine->workers()) std::this_thread::yield();
  EXPECT_FALSE(connect(identity)) << "the old certificate";
  EXPECT_TRUE(connect(renewed)) << failure;
  connection.reset();
  received.clear();
  wanted = 1;
  old_connection->write(framed(make_query({.name = "www.one.test."})));
  guard = loop->after(5s, [this] { loop->stop(); });
  loop->run();
  EXPECT_EQ(messages().size(), 1u) << failure;
}

TEST_F(DnsOverTls, SilentAndHalfShakenConnectionsEnd) {
  start({.idle_time_max = 100ms});
  ASSERT_TRUE(connect(identity)) << failure;
  ask("", 1);
  EXPECT_NE(failure, "");
  auto mute = loop->connect_tcp(engine->tls_addresses().front(), 5s,
                                [&](Result<std::unique_ptr<net::TcpConnection>> result) {
                                  connection = std::move(*result);
                                  loop->stop();
                                });
  loop->run();
  connection->start(*this);
  failure.clear();
  ask("", 1);
  EXPECT_NE(failure, "");
  EXPECT_TRUE(metric_is("meridian_dns_tcp_closed_total{reason=\"idle\",transport=\"tls\"} 2"))
      << metrics.prometheus_text();
}

TEST_F(DnsOverTls, PadsToBlocksWhenTheQueryIsPadded) {
  start();
  ASSERT_TRUE(connect(identity)) << failure;
  const Ask padded{
      .name = "www.one.test.", .edns_size = 1232, .options = std::string("\0\x0c\0\4\0\0\0\0", 8)};
  ask(framed(make_query(padded)) + framed(make_query({.name = "www.one.test.", .edns_size = 1232})), 2);
  ASSERT_EQ(messages().size(), 2u) << failure;
  EXPECT_EQ(messages()[0].size(), 468u);
  EXPECT_LT(messages()[1].size(), 468u) << "padding nobody asked for";
}

TEST_F(DnsOverTls, OneAddressCannotServeTwoEngines) {
  start();
  DnsEngineOptions options;
  options.tls_addresses = engine->tls_addresses();
  options.tls = dot_context(identity);
  Metrics others;
  DnsEngine second(std::move(options), snapshots::dns::DnsSnapshot::empty(random), clock, random, others,
                   net::make_loop);
  EXPECT_FALSE(second.start());
}

}  // namespace
}  // namespace meridian::engines::dns
