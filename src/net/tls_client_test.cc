// Both ends on our loop: whom a client believes, whom a server lets in, and that bytes still flow as over
// TCP.
#include <gtest/gtest.h>

#include "net/certificate.h"
#include "net/loop.h"
#include "net/tls.h"

namespace meridian::net {
namespace {

using namespace std::chrono_literals;

const SystemTime kNow = RealClock().now();  // certificates are judged by the loop's clock

struct Identity : CertificateAndKey {
  std::string sha256() const { return read_certificate(certificate_pem)->sha256; }
};

Identity issue(const CertificateAndKey& authority, CertificateTerms terms) {
  const auto asked = *make_certificate_request();
  Identity issued;
  issued.certificate_pem = *sign_certificate_request(asked.request_pem, authority, terms);
  issued.key_pem = asked.key_pem;
  return issued;
}

class Side final : public TcpHandler {
 public:
  void on_data(TcpConnection& connection, Bytes data) override {
    received += as_text(data);
    if (const CertificateSummary* shown = connection.peer_certificate()) peer = *shown;
    if (when_data) when_data(connection);
  }
  void on_drained(TcpConnection&) override { ++drained; }
  void on_closed(TcpConnection& connection, const Error* why) override {
    closed = true;
    if (why != nullptr) failure = why->message;
    if (when_closed) when_closed(connection);
  }
  std::string received, failure;
  std::optional<CertificateSummary> peer;
  bool closed = false;
  int drained = 0;
  std::function<void(TcpConnection&)> when_data, when_closed;
};

class TlsPair : public testing::Test {
 protected:
  TlsPair() {
    server_options.certificate_pem = server_identity.certificate_pem + authority.certificate_pem;
    server_options.key_pem = server_identity.key_pem;
    server_options.client_ca_pem = authority.certificate_pem;
    client_options.ca_pem = authority.certificate_pem;
    client_options.server_name = "control.test";
  }

  static CertificateTerms terms(std::string name, bool for_server) {
    CertificateTerms made;
    made.common_name = std::move(name);
    made.for_server = for_server;
    made.for_client = !for_server;
    if (for_server) made.names = {"control.test", "127.0.0.1"};
    made.now = kNow;
    made.lifetime = 24h;
    return made;
  }

  void show(const Identity& identity) {
    client_options.certificate_pem = identity.certificate_pem;
    client_options.key_pem = identity.key_pem;
  }

  // Runs until the client is connected or has failed.
  void connect() {
    auto server_context = make_tls_server_context(server_options);
    ASSERT_TRUE(server_context) << server_context.error().message;
    auto client_context = make_tls_client_context(client_options);
    ASSERT_TRUE(client_context) << client_context.error().message;
    guard = loop->after(10s, [this] {
      ADD_FAILURE() << "timed out";
      loop->stop();
    });
    listener = *loop->listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}, {}, *server_context,
                                 [this](std::unique_ptr<TcpConnection> accepted) {
                                   server = std::move(accepted);
                                   server->start(at_server);
                                 });
    auto attempt = loop->connect_tcp(
        listener->local(),
        {.timeout = 5s, .tls = *client_context, .server_name = sni, .on_handshake = [this] { ++handshakes; }},
        [this](Result<std::unique_ptr<TcpConnection>> result) {
          if (result)
            client = std::move(*result);
          else
            refusal = result.error().message;
          loop->stop();
        });
    loop->run();
  }

  // Connects, says something, and runs until either side hears something or closes.
  void greet() {
    connect();
    if (!client) return;
    at_server.when_data = at_client.when_closed = [this](TcpConnection&) { loop->stop(); };
    client->start(at_client);
    client->write("hello");
    loop->run();
  }

  std::unique_ptr<Loop> loop = make_loop();
  CertificateAndKey authority = *make_certificate_authority("Test authority", kNow, 30 * 24h);
  CertificateAndKey stranger = *make_certificate_authority("Test authority", kNow, 30 * 24h);
  Identity server_identity = issue(authority, terms("control", true));
  TlsServerOptions server_options;
  TlsClientOptions client_options;
  std::unique_ptr<TcpListener> listener;
  Side at_server, at_client;
  std::unique_ptr<TcpConnection> server, client;
  std::string refusal, sni;
  int handshakes = 0;
  std::unique_ptr<Timer> guard;
};

TEST_F(TlsPair, EachSideKnowsTheOthersCertificate) {
  server_options.clients = ClientCertificates::Required;
  const Identity edge = issue(authority, terms("edge-1", false));
  show(edge);
  connect();
  ASSERT_TRUE(client) << refusal;
  ASSERT_NE(client->peer_certificate(), nullptr);
  EXPECT_EQ(client->peer_certificate()->common_name, "control");
  EXPECT_EQ(client->peer_certificate()->sha256, server_identity.sha256());
  at_server.when_data = [](TcpConnection& connection) { connection.write("welcome"); };
  at_client.when_data = [this](TcpConnection&) { loop->stop(); };
  client->start(at_client);
  client->write("hello");
  loop->run();
  EXPECT_EQ(at_server.received, "hello");
  EXPECT_EQ(at_client.received, "welcome");
  EXPECT_EQ(server->server_name(), "control.test");
  ASSERT_TRUE(at_server.peer);
  EXPECT_EQ(at_server.peer->common_name, "edge-1");
  EXPECT_EQ(at_server.peer->sha256, edge.sha256());
  EXPECT_EQ(at_server.peer->expires, std::chrono::floor<std::chrono::seconds>(kNow) + 24h);
}

TEST_F(TlsPair, WhatAClientWritesBeforeItClosesArrives) {
  connect();
  ASSERT_TRUE(client) << refusal;
  at_server.when_closed = [this](TcpConnection&) { loop->stop(); };
  client->start(at_client);
  client->write("last words");
  client->close_after_flush();
  client.reset();
  loop->run();
  EXPECT_EQ(at_server.received, "last words");
  EXPECT_EQ(at_server.failure, "");
}

TEST_F(TlsPair, AServerThatSpeaksFirstIsHeard) {
  connect();
  ASSERT_TRUE(client) << refusal;
  at_client.when_data = [this](TcpConnection&) { loop->stop(); };
  server->write("banner");
  client->start(at_client);
  loop->run();
  EXPECT_EQ(at_client.received, "banner");
}

TEST_F(TlsPair, AServerOfAnotherAuthorityIsRefused) {
  client_options.ca_pem = stranger.certificate_pem;
  connect();
  EXPECT_FALSE(client);
  EXPECT_NE(refusal.find("certificate verify failed"), std::string::npos) << refusal;
}

TEST_F(TlsPair, AServerUnderAnotherNameIsRefused) {
  client_options.server_name = "other.test";
  connect();
  EXPECT_NE(refusal.find("hostname mismatch"), std::string::npos) << refusal;
  client_options.server_name = "127.0.0.2";
  connect();
  EXPECT_NE(refusal.find("IP address mismatch"), std::string::npos) << refusal;
  client_options.server_name = "127.0.0.1";
  connect();
  EXPECT_TRUE(client);
}

TEST_F(TlsPair, AnExpiredServerIsRefused) {
  CertificateTerms old = terms("control", true);
  old.now = kNow - 48h;
  const CertificateAndKey old_authority = *make_certificate_authority("Old", kNow - 48h, 30 * 24h);
  const Identity expired = issue(old_authority, old);
  server_options.certificate_pem = expired.certificate_pem;
  server_options.key_pem = expired.key_pem;
  client_options.ca_pem = old_authority.certificate_pem;
  connect();
  EXPECT_NE(refusal.find("certificate has expired"), std::string::npos) << refusal;
}

TEST_F(TlsPair, AClientsCertificateDoesNotMakeAServer) {
  const Identity edge = issue(authority, terms("edge-1", false));
  server_options.certificate_pem = edge.certificate_pem;
  server_options.key_pem = edge.key_pem;
  client_options.server_name.clear();
  connect();
  EXPECT_NE(refusal.find("certificate purpose"), std::string::npos) << refusal;
}

TEST_F(TlsPair, APinnedServerOrAuthorityIsEnough) {
  client_options.ca_pem.clear();
  client_options.pinned_sha256 = server_identity.sha256();
  connect();
  EXPECT_TRUE(client) << refusal;
  client.reset();
  client_options.pinned_sha256 = read_certificate(authority.certificate_pem)->sha256;
  connect();
  EXPECT_TRUE(client) << refusal;
  client.reset();
  client_options.pinned_sha256 = read_certificate(stranger.certificate_pem)->sha256;
  connect();
  EXPECT_FALSE(client);
  EXPECT_NE(refusal.find("not trusted"), std::string::npos) << refusal;
}

TEST_F(TlsPair, SendingThePinnedAuthorityAlongDoesNotVouchForAStranger) {
  const Identity impostor = issue(stranger, terms("control", true));
  server_options.certificate_pem = impostor.certificate_pem + authority.certificate_pem;
  server_options.key_pem = impostor.key_pem;
  client_options.ca_pem.clear();
  client_options.pinned_sha256 = read_certificate(authority.certificate_pem)->sha256;
  connect();
  EXPECT_FALSE(client);
  EXPECT_NE(refusal.find("certificate verify failed"), std::string::npos) << refusal;
}

TEST_F(TlsPair, APinKeepsTheOtherChecks) {
  client_options.ca_pem.clear();
  client_options.pinned_sha256 = read_certificate(authority.certificate_pem)->sha256;
  client_options.server_name = "other.test";
  connect();
  EXPECT_NE(refusal.find("hostname mismatch"), std::string::npos) << refusal;
}

TEST_F(TlsPair, WithoutACertificateARequiringServerLetsNobodyIn) {
  server_options.clients = ClientCertificates::Required;
  greet();
  EXPECT_EQ(at_server.received, "");
  EXPECT_NE((at_server.failure + at_client.failure).find("certificate"), std::string::npos)
      << at_server.failure << " / " << at_client.failure;
}

TEST_F(TlsPair, AnOptionalCertificateMayBeMissingButNotWrong) {
  server_options.clients = ClientCertificates::Optional;
  greet();
  EXPECT_EQ(at_server.received, "hello");
  EXPECT_FALSE(at_server.peer);

  at_server = at_client = {};
  show(issue(stranger, terms("edge-1", false)));
  greet();
  EXPECT_EQ(at_server.received, "");
  EXPECT_TRUE(at_server.closed || at_client.closed);
}

TEST_F(TlsPair, ExpiredClientsAndServersPosingAsClientsAreRefused) {
  server_options.clients = ClientCertificates::Required;
  const CertificateAndKey old_authority = *make_certificate_authority("Old", kNow - 48h, 30 * 24h);
  server_options.client_ca_pem = old_authority.certificate_pem;
  CertificateTerms old = terms("edge-1", false);
  old.now = kNow - 48h;
  show(issue(old_authority, old));
  greet();
  EXPECT_EQ(at_server.received, "");
  old.lifetime = 96h;
  show(issue(old_authority, old));
  greet();
  EXPECT_EQ(at_server.received, "hello");

  at_server = at_client = {};
  show(issue(old_authority, terms("edge-1", true)));
  greet();
  EXPECT_EQ(at_server.received, "");
}

TEST_F(TlsPair, MegabytesPassBothWaysWhilePausedReadersHoldThemBack) {
  connect();
  ASSERT_TRUE(client) << refusal;
  const std::size_t size = 16 * 1024 * 1024;
  std::string sent;
  for (std::size_t i = 0; sent.size() < size; ++i) {
    std::string piece(1 + i * 37 % 60'000, static_cast<char>('a' + i % 26));
    sent += piece;
    client->write(piece);
    server->write(std::move(piece));
  }
  client->start(at_client);
  client->pause_reading();
  auto look = loop->after(100ms, [this] { loop->stop(); });
  loop->run();
  EXPECT_EQ(at_client.received.size(), 0u);
  EXPECT_GT(server->pending(), 0u) << "nothing holds the sender back";
  client->resume_reading();
  at_client.when_data = at_server.when_data = [&](TcpConnection&) {
    if (at_client.received.size() == sent.size() && at_server.received.size() == sent.size()) loop->stop();
  };
  loop->run();
  EXPECT_TRUE(at_client.received == sent);
  EXPECT_TRUE(at_server.received == sent);
  EXPECT_EQ(at_server.drained, 1);
}

TEST_F(TlsPair, ClosingAfterTheLastWordsIsNoFailureForThePeer) {
  connect();
  ASSERT_TRUE(client) << refusal;
  at_client.when_data = [](TcpConnection& connection) {
    connection.write("and goodbye");
    connection.close_after_flush();
  };
  at_server.when_closed = [this](TcpConnection&) { loop->stop(); };
  server->write("bye");
  client->start(at_client);
  loop->run();
  EXPECT_EQ(at_server.received, "and goodbye");
  EXPECT_EQ(at_server.failure, "");
  EXPECT_TRUE(at_server.closed);
}

TEST_F(TlsPair, AReplacedCertificateIsShownToTheNextClient) {
  connect();
  EXPECT_EQ(client->peer_certificate()->sha256, server_identity.sha256());
  const Identity renewed = issue(authority, terms("renewed", true));
  server_options.certificate_pem = renewed.certificate_pem;
  server_options.key_pem = renewed.key_pem;
  listener->replace_tls(*make_tls_server_context(server_options));
  std::unique_ptr<TcpConnection> next;
  auto attempt = loop->connect_tcp(listener->local(), 5s, *make_tls_client_context(client_options),
                                   [&](Result<std::unique_ptr<TcpConnection>> result) {
                                     ASSERT_TRUE(result) << result.error().message;
                                     next = std::move(*result);
                                     loop->stop();
                                   });
  loop->run();
  EXPECT_EQ(next->peer_certificate()->common_name, "renewed");
}

TEST_F(TlsPair, AClientThatVerifiesNothingBelievesAnyoneAndNamesTheServer) {
  CertificateTerms old = terms("old", true);
  old.now = kNow - 72h;
  const Identity expired = issue(stranger, old);
  server_options.certificate_pem = expired.certificate_pem;
  server_options.key_pem = expired.key_pem;
  connect();
  EXPECT_FALSE(client);
  client_options = {.verify = false, .oldest = TlsVersion::Tls12};
  connect();
  ASSERT_TRUE(client) << refusal;
  EXPECT_EQ(server->server_name(), "");
  const ConnectOptions named{
      .timeout = 5s, .tls = *make_tls_client_context(client_options), .server_name = "www.example.com"};
  auto attempt = loop->connect_tcp(listener->local(), named, [&](auto result) {
    EXPECT_TRUE(result);
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(server->server_name(), "www.example.com");
  client_options.ca_pem = authority.certificate_pem;
  EXPECT_FALSE(make_tls_client_context(client_options));
}

TEST_F(TlsPair, AContextThatVerifiesWantsACertificateForTheNameOfTheConnection) {
  client_options.server_name.clear();
  sni = "control.test";
  connect();
  ASSERT_TRUE(client) << refusal;
  EXPECT_EQ(server->server_name(), "control.test");
  sni = "other.test";
  connect();
  EXPECT_NE(refusal.find("hostname mismatch"), std::string::npos) << refusal;
  sni = "127.0.0.2";
  connect();
  EXPECT_NE(refusal.find("IP address mismatch"), std::string::npos) << refusal;
}

TEST_F(TlsPair, AServerThatNeverShakesHandsTimesOut) {
  auto mute =
      *loop->listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}, {}, nullptr,
                        [this](std::unique_ptr<TcpConnection> accepted) { server = std::move(accepted); });
  auto attempt = loop->connect_tcp(mute->local(), 50ms, *make_tls_client_context(client_options),
                                   [this](Result<std::unique_ptr<TcpConnection>> result) {
                                     refusal = result ? "connected" : result.error().message;
                                     loop->stop();
                                   });
  loop->run();
  EXPECT_NE(refusal.find("timed out"), std::string::npos) << refusal;
}

TEST_F(TlsPair, AClientThatVerifiesNothingStillHearsWhetherTheCertificateIsForTheNameItSent) {
  client_options.ca_pem.clear();
  client_options.server_name.clear();
  client_options.verify = false;
  client_options.oldest = TlsVersion::Tls10;
  sni = "control.test";
  connect();
  ASSERT_TRUE(client) << refusal;
  EXPECT_TRUE(client->peer_certificate()->for_sni);
  EXPECT_EQ(handshakes, 1);
  sni = "other.test";
  connect();
  EXPECT_FALSE(client->peer_certificate()->for_sni);
  sni.clear();
  connect();
  EXPECT_FALSE(client->peer_certificate()->for_sni);
  client_options.ca_pem = authority.certificate_pem;
  client_options.verify = true;
  EXPECT_FALSE(make_tls_client_context(client_options)) << "TLS 1.0 and trust do not go together";
}

TEST_F(TlsPair, ProtocolsThatDoNotMeetAreRefused) {
  server_options.protocols = {"dot"};
  client_options.protocols = {"h2"};
  connect();
  EXPECT_FALSE(client);
  client_options.protocols = {"h2", "dot"};
  connect();
  EXPECT_TRUE(client) << refusal;
}

TEST(TlsClientContext, NeedsExactlyOneReasonToTrust) {
  const std::string names[] = {"a.test"};
  const auto identity = *make_self_signed_certificate(names, kNow);
  TlsClientOptions options;
  EXPECT_FALSE(make_tls_client_context(options));
  options.ca_pem = identity.certificate_pem;
  EXPECT_TRUE(make_tls_client_context(options));
  options.pinned_sha256 = std::string(64, 'a');
  EXPECT_FALSE(make_tls_client_context(options));
  options.ca_pem.clear();
  EXPECT_TRUE(make_tls_client_context(options));
  options.pinned_sha256[0] = 'g';
  EXPECT_FALSE(make_tls_client_context(options));
}

TEST(TlsServerContext, NeedsAnAuthorityToJudgeClients) {
  const std::string names[] = {"a.test"};
  const auto identity = *make_self_signed_certificate(names, kNow);
  TlsServerOptions options;
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  options.clients = ClientCertificates::Optional;
  EXPECT_FALSE(make_tls_server_context(options));
  options.client_ca_pem = identity.certificate_pem;
  EXPECT_TRUE(make_tls_server_context(options));
}

}  // namespace
}  // namespace meridian::net
