#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/certificate.h"
#include "net/loop.h"
#include "net/openssl_handles.h"
#include "net/tls.h"

namespace meridian::net {
namespace {

using namespace std::chrono_literals;

CertificateAndKey test_certificate() {
  const std::string names[] = {"localhost", "api.test", "127.0.0.1"};
  return *make_self_signed_certificate(names, RealClock().now());
}

TlsServerOptions http_server(const CertificateAndKey& identity) {
  TlsServerOptions options;
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  options.protocols = {"http/1.1"};
  return options;
}

// Answers the first data with its server name and what it got, then closes.
class Greeter final : public TcpHandler {
 public:
  void on_data(TcpConnection& connection, Bytes data) override {
    facts = connection.tls_facts();
    received += as_text(data);
    if (!answer_at_end && received.back() == '\n') answer(connection);
  }
  void on_closed(TcpConnection& connection, const Error* why) override {
    failure = why != nullptr ? why->message : "ended";
    if (answer_at_end && why == nullptr) answer(connection);
  }
  bool answer_at_end = false;
  std::string received, failure;
  TlsFacts facts;

 private:
  void answer(TcpConnection& connection) {
    connection.write(std::string(connection.server_name()) + " heard " + std::to_string(received.size()) +
                     "\n");
    connection.close_after_flush();
  }
};

// A blocking OpenSSL client; runs on a thread of its own.
struct TlsClient {
  std::string alpn = std::string("\x08http/1.1");
  int max_version = TLS1_3_VERSION;
  std::string send = "hello\n";

  bool end_before_reading = false;

  bool shaken = false, session_kept = false;
  std::string version, protocol, reply;

  void run(std::uint16_t port, std::string_view ca_pem) {
    OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    OpensslHandle<BIO> bio(BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())));
    OpensslHandle<X509> ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    OpensslHandle<SSL> ssl(SSL_new(context.get()));
    SSL_set_tlsext_host_name(ssl.get(), "api.test");
    SSL_set1_host(ssl.get(), "api.test");
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      SSL_set_fd(ssl.get(), socket);
      shaken = SSL_connect(ssl.get()) == 1;
      if (shaken) talk(ssl.get());
    }
    ::close(socket);
  }

  void talk(SSL* ssl) {
    version = SSL_get_version(ssl);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &size);
    protocol.assign(reinterpret_cast<const char*>(chosen), size);
    for (std::size_t done = 0; done < send.size();) {
      const int wrote = SSL_write(ssl, send.data() + done, static_cast<int>(send.size() - done));
      if (wrote <= 0) return;
      done += static_cast<std::size_t>(wrote);
    }
    if (end_before_reading) SSL_shutdown(ssl);
    char buffer[4096];
    for (int read; (read = SSL_read(ssl, buffer, sizeof buffer)) > 0;) reply.append(buffer, read);
    session_kept = SSL_SESSION_is_resumable(SSL_get0_session(ssl)) == 1;
  }
};

class Tls : public testing::Test {
 protected:
  void exchange(TlsClient& client) {
    auto loop = make_loop();
    auto context = make_tls_server_context(http_server(identity));
    ASSERT_TRUE(context) << context.error().message;
    std::unique_ptr<TcpConnection> connection;
    auto listener = *loop->listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}, {}, *context,
                                      [&](std::unique_ptr<TcpConnection> accepted) {
                                        connection = std::move(accepted);
                                        connection->start(greeter);
                                      });
    const std::uint16_t port = listener->local().port;
    std::thread thread([&] {
      client.run(port, identity.certificate_pem);
      loop->stop();
    });
    loop->run();
    thread.join();
  }

  CertificateAndKey identity = test_certificate();
  Greeter greeter;
};

TEST_F(Tls, SpeaksTls13WithAVerifiableCertificateAndAlpn) {
  TlsClient client;
  exchange(client);
  EXPECT_TRUE(client.shaken);
  EXPECT_EQ(client.version, "TLSv1.3");
  EXPECT_EQ(client.protocol, "http/1.1");
  EXPECT_EQ(greeter.facts.version, "TLSv1.3");
  EXPECT_EQ(greeter.facts.cipher.substr(0, 4), "TLS_");
  EXPECT_FALSE(greeter.facts.resumed);
  EXPECT_EQ(client.reply, "api.test heard 6\n");
  EXPECT_TRUE(client.session_kept) << "a ticket for the next handshake";
}

TEST_F(Tls, SpeaksTls12AndNothingOlder) {
  TlsClient client;
  client.max_version = TLS1_2_VERSION;
  exchange(client);
  EXPECT_EQ(client.version, "TLSv1.2");
  EXPECT_EQ(greeter.facts.version, "TLSv1.2");
  EXPECT_EQ(greeter.facts.cipher.substr(0, 6), "ECDHE-");
  EXPECT_EQ(client.reply, "api.test heard 6\n");
  TlsClient old;
  old.max_version = TLS1_1_VERSION;
  exchange(old);
  EXPECT_FALSE(old.shaken);
}

TEST_F(Tls, ManyRecordsInOneReadableMomentAreAllDelivered) {
  TlsClient client;
  client.send.assign(3'000'000, 'x');
  client.send += '\n';
  exchange(client);
  EXPECT_EQ(client.reply, "api.test heard 3000001\n");
}

TEST_F(Tls, AClientThatEndedItsSideStillGetsItsReply) {
  TlsClient client;
  client.end_before_reading = greeter.answer_at_end = true;
  exchange(client);
  EXPECT_EQ(greeter.failure, "ended");
  EXPECT_EQ(client.reply, "api.test heard 6\n");
}

TEST_F(Tls, RefusesAClientThatOffersOnlyOtherProtocols) {
  TlsClient client;
  client.alpn = std::string("\x02h2");
  exchange(client);
  EXPECT_FALSE(client.shaken);
  EXPECT_NE(greeter.failure.find("TLS: "), std::string::npos) << greeter.failure;
}

TEST(TlsContext, RefusesKeysThatDoNotFitAndBytesThatAreNoCertificate) {
  const CertificateAndKey one = test_certificate(), other = test_certificate();
  EXPECT_FALSE(make_tls_server_context(http_server({one.certificate_pem, other.key_pem})));
  EXPECT_FALSE(make_tls_server_context(http_server({"nonsense", one.key_pem})));
  EXPECT_TRUE(make_tls_server_context(http_server(one)));
}

}  // namespace
}  // namespace meridian::net
