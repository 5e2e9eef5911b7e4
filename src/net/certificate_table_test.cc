#include "net/certificate_table.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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

// Certificates of an authority of the test's own.
class Authority {
 public:
  CertificateAndKey issue(const std::string& name, bool rsa = false) {
    KeyAndRequest made;
    if (rsa) {
      OpensslHandle<EVP_PKEY> key(EVP_RSA_gen(2048));
      OpensslHandle<BIO> bio(BIO_new(BIO_s_mem()));
      PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      char* data = nullptr;
      const long size = BIO_get_mem_data(bio.get(), &data);
      made.key_pem.assign(data, static_cast<std::size_t>(size));
      made.request_pem = make_certificate_request(made.key_pem).value();
    } else {
      made = make_certificate_request().value();
    }
    CertificateTerms terms;
    terms.common_name = name;
    terms.names = {name};
    terms.for_server = true;
    terms.now = RealClock().now();
    terms.lifetime = 24h;
    return {sign_certificate_request(made.request_pem, root, terms).value() + root.certificate_pem,
            made.key_pem};
  }
  CertificateAndKey root = make_certificate_authority("Test Root", RealClock().now(), 48h).value();
};

CertificateTable::Certificate take(CertificatePool& pool, const CertificateAndKey& identity) {
  auto taken = pool.take(identity.certificate_pem, identity.key_pem);
  EXPECT_TRUE(taken) << taken.error().message;
  return taken.value_or(nullptr);
}

TEST(CertificateTable, ExactThenWildcardOfOneLabelThenDefault) {
  Authority authority;
  CertificatePool pool;
  const auto exact = take(pool, authority.issue("www.example.com"));
  const auto wild = take(pool, authority.issue("*.example.com"));
  const auto other = take(pool, authority.issue("localhost"));
  CertificateTable table;
  table.add("WWW.example.com", exact);
  table.add("*.Example.com", wild);
  table.add_default(other);
  EXPECT_EQ(table.find("www.example.COM").ecdsa, exact);
  EXPECT_EQ(table.find("www.example.com.").ecdsa, exact);
  EXPECT_EQ(table.find("api.example.com").ecdsa, wild);
  for (const char* name : {"example.com", "a.b.example.com", "", ".example.com", "*", "localhost"})
    EXPECT_EQ(table.find(name).ecdsa, other) << name;
  EXPECT_EQ(table.find("www.example.com").rsa, nullptr);
}

TEST(CertificateTable, WhoNamesNobodyMayHaveWhatStrangersHaveNot) {
  Authority authority;
  CertificatePool pool;
  const auto own = take(pool, authority.issue("localhost"));
  CertificateTable table;
  table.add("", own);
  EXPECT_EQ(table.find("").ecdsa, own);
  EXPECT_EQ(table.find("stranger.example").ecdsa, nullptr);
}

TEST(CertificateTable, OneOfEachKindOfKeyForAName) {
  Authority authority;
  CertificatePool pool;
  const auto ecdsa = take(pool, authority.issue("example.com"));
  const auto rsa = take(pool, authority.issue("example.com", true));
  const auto later = take(pool, authority.issue("example.com"));
  CertificateTable table;
  for (const auto& each : {ecdsa, rsa, later}) table.add("example.com", each);
  EXPECT_EQ(table.find("example.com").rsa, rsa);
  EXPECT_EQ(table.find("example.com").ecdsa, later);
}

TEST(CertificatePool, ParsesOnceAndSharesAuthorities) {
  Authority authority;
  CertificatePool pool;
  const auto identity = authority.issue("example.com");
  const auto one = take(pool, identity), again = take(pool, identity);
  EXPECT_EQ(one, again);
  const auto other = take(pool, authority.issue("example.org"));
  ASSERT_EQ(one->authorities.size(), 1U);
  EXPECT_EQ(one->authorities, other->authorities);
}

TEST(CertificatePool, RefusesWhatDoesNotFit) {
  Authority authority;
  CertificatePool pool;
  const auto one = authority.issue("example.com"), other = authority.issue("example.org");
  EXPECT_FALSE(pool.take(one.certificate_pem, other.key_pem));
  EXPECT_FALSE(pool.take("nonsense", one.key_pem));
  EXPECT_FALSE(pool.take(one.certificate_pem, "nonsense"));
}

// Answers every line with itself.
class Echo final : public TcpHandler {
 public:
  void on_data(TcpConnection& connection, Bytes data) override {
    connection.write(std::string(as_text(data)));
  }
  void on_closed(TcpConnection&, const Error*) override {}
};

// A blocking client that shows which certificate it got.
class Client {
 public:
  Client(std::uint16_t port, const char* name, const char* algorithms = nullptr,
         int version_max = TLS1_3_VERSION) {
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
    ssl_.reset(SSL_new(context_.get()));
    if (*name) SSL_set_tlsext_host_name(ssl_.get(), name);
    if (algorithms) SSL_set1_sigalgs_list(ssl_.get(), algorithms);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return;
    SSL_set_fd(ssl_.get(), socket_);
    if (SSL_connect(ssl_.get()) != 1) return;
    X509* shown = SSL_get0_peer_certificate(ssl_.get());
    certificate = sha256_of(*shown);
    chain_size = sk_X509_num(SSL_get_peer_cert_chain(ssl_.get()));
  }
  ~Client() { ::close(socket_); }

  std::string echo(const std::string& line) {
    if (SSL_write(ssl_.get(), line.data(), static_cast<int>(line.size())) <= 0) return "";
    char buffer[100];
    const int size = SSL_read(ssl_.get(), buffer, sizeof buffer);
    return std::string(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  }

  std::string certificate;  // "": the handshake failed
  int chain_size = 0;

 private:
  OpensslHandle<SSL_CTX> context_{SSL_CTX_new(TLS_client_method())};
  OpensslHandle<SSL> ssl_;
  const int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

class ServedByName : public testing::Test {
 protected:
  ServedByName() {
    TlsServerOptions options;
    options.certificates = published_;
    listener_ = *loop_->listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}, {}, *make_tls_server_context(options),
                                   [this](std::unique_ptr<TcpConnection> accepted) {
                                     connections_.push_back(std::move(accepted));
                                     connections_.back()->start(echo_);
                                   });
    port_ = listener_->local().port;
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~ServedByName() override {
    loop_->stop();
    thread_.join();
  }
  void publish(std::initializer_list<std::pair<const char*, CertificateTable::Certificate>> names) {
    auto table = std::make_unique<CertificateTable>();
    for (const auto& [name, certificate] : names)
      *name ? table->add(name, certificate) : table->add_default(certificate);
    published_->publish(std::move(table));
  }
  static std::string print(const CertificateTable::Certificate& certificate) {
    return sha256_of(*certificate->certificate);
  }

  Authority authority_;
  CertificatePool pool_;
  Echo echo_;
  std::shared_ptr<PublishedCertificates> published_ =
      std::make_shared<PublishedCertificates>(std::make_unique<CertificateTable>());
  std::unique_ptr<Loop> loop_ = make_loop();
  std::unique_ptr<TcpListener> listener_;
  std::vector<std::unique_ptr<TcpConnection>> connections_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(ServedByName, EachNameGetsItsOwnWithItsChain) {
  const auto one = take(pool_, authority_.issue("one.test")),
             wild = take(pool_, authority_.issue("*.two.test"));
  const auto other = take(pool_, authority_.issue("localhost"));
  publish({{"one.test", one}, {"*.two.test", wild}, {"", other}});
  Client named(port_, "one.test");
  EXPECT_EQ(named.certificate, print(one));
  EXPECT_EQ(named.chain_size, 2);
  EXPECT_EQ(Client(port_, "www.two.test").certificate, print(wild));
  EXPECT_EQ(Client(port_, "three.test").certificate, print(other));
  EXPECT_EQ(Client(port_, "").certificate, print(other));
}

TEST_F(ServedByName, AClientGetsTheKindOfKeyThatItCanVerify) {
  const auto rsa = take(pool_, authority_.issue("one.test", true));
  const auto ecdsa = take(pool_, authority_.issue("one.test")),
             other = take(pool_, authority_.issue("localhost"));
  publish({{"one.test", rsa}, {"", other}});
  EXPECT_EQ(Client(port_, "one.test").certificate, print(rsa)) << "not the default's ECDSA";
  EXPECT_EQ(Client(port_, "one.test", "ecdsa_secp256r1_sha256").certificate, "");
  publish({{"one.test", rsa}, {"one.test", ecdsa}, {"", other}});
  EXPECT_EQ(Client(port_, "one.test", "rsa_pss_rsae_sha256").certificate, print(rsa));
  EXPECT_EQ(Client(port_, "one.test", "ecdsa_secp256r1_sha256").certificate, print(ecdsa));
}

TEST_F(ServedByName, ANameMayWantTls13) {
  const auto strict = take(pool_, authority_.issue("strict.test")),
             other = take(pool_, authority_.issue("one.test"));
  auto table = std::make_unique<CertificateTable>();
  table->add("strict.test", strict, true);
  table->add("one.test", other);
  published_->publish(std::move(table));
  EXPECT_EQ(Client(port_, "strict.test").certificate, print(strict));
  EXPECT_EQ(Client(port_, "strict.test", nullptr, TLS1_2_VERSION).certificate, "");
  EXPECT_EQ(Client(port_, "one.test", nullptr, TLS1_2_VERSION).certificate, print(other));
}

TEST_F(ServedByName, ANewTableCountsFromTheNextHandshakeAndConnectionsGoOn) {
  const auto before = take(pool_, authority_.issue("one.test")),
             after = take(pool_, authority_.issue("one.test"));
  publish({{"one.test", before}});
  Client old(port_, "one.test");
  EXPECT_EQ(old.echo("a"), "a");
  publish({{"one.test", after}});
  EXPECT_EQ(Client(port_, "one.test").certificate, print(after));
  EXPECT_EQ(old.certificate, print(before));
  EXPECT_EQ(old.echo("b"), "b");
  publish({});
  EXPECT_EQ(Client(port_, "one.test").certificate, "") << "with nothing to show there is no handshake";
  EXPECT_EQ(old.echo("c"), "c");
}

TEST(TlsContext, HasOneCertificateOrPublishedOnes) {
  TlsServerOptions options;
  options.certificates = std::make_shared<PublishedCertificates>(std::make_unique<CertificateTable>());
  EXPECT_TRUE(make_tls_server_context(options));
  options.certificate_pem = Authority().root.certificate_pem;
  EXPECT_FALSE(make_tls_server_context(options));
}

}  // namespace
}  // namespace meridian::net
