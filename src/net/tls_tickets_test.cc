// Sessions taken up again, between an OpenSSL client and our server context, over a pair of sockets.
#include "net/tls_tickets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/openssl_handles.h"
#include "net/tls.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

using namespace std::chrono_literals;

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, SessionFree>;

class TlsTickets : public testing::Test {
 protected:
  TlsTickets() {
    const std::string names[] = {"api.test"};
    const auto made = *make_self_signed_certificate(names, RealClock().now());
    TlsServerOptions options;
    options.certificate_pem = made.certificate_pem;
    options.key_pem = made.key_pem;
    server = *make_tls_server_context(options);
    SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  }

  // A connection at `now` that shows what `kept` holds, and leaves in it what the server gives for the next.
  bool resumes(SystemTime now, Session& kept) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    bool resumed = false;
    std::thread serving([&] {
      const auto session = *accept_tls(server, ends[0], now);
      IoStatus status = IoStatus::Blocked;
      while (status == IoStatus::Blocked) status = session->handshake().status;  // each call reads once
      if (status == IoStatus::Done) {
        resumed = session->facts().resumed;
        const Bytes word[] = {as_bytes("x")};
        (void)session->write(word);
      }
    });
    OpensslHandle<SSL> ssl(SSL_new(client.get()));
    SSL_set_fd(ssl.get(), ends[1]);
    if (kept) SSL_set_session(ssl.get(), kept.get());
    EXPECT_EQ(SSL_connect(ssl.get()), 1);
    char byte = 0;
    EXPECT_EQ(SSL_read(ssl.get(), &byte, 1), 1);  // tickets come before it
    serving.join();
    EXPECT_EQ(SSL_session_reused(ssl.get()) == 1, resumed);
    kept.reset(SSL_get1_session(ssl.get()));
    SSL_shutdown(ssl.get());
    ::close(ends[0]);
    ::close(ends[1]);
    return resumed;
  }

  const SystemTime start{std::chrono::seconds(784111777)};
  OpensslHandle<SSL_CTX> client{SSL_CTX_new(TLS_client_method())};
  std::shared_ptr<TlsServerContext> server;
};

TEST_F(TlsTickets, ASessionIsTakenUpAgainWithBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client.get(), version);
    Session kept;
    EXPECT_FALSE(resumes(start, kept));
    EXPECT_TRUE(resumes(start + 1h, kept));
  }
}

TEST_F(TlsTickets, OverlappingKeysCarryASessionOn) {
  Session kept;
  EXPECT_FALSE(resumes(start, kept));
  EXPECT_TRUE(resumes(start + 13h, kept)) << "the older key opens";
  EXPECT_TRUE(resumes(start + 26h, kept)) << "what it opened was sealed anew";
}

TEST_F(TlsTickets, KeysThatAreGoneOpenNothing) {
  Session kept, second;
  EXPECT_FALSE(resumes(start, kept));
  EXPECT_FALSE(resumes(start + 12h, second)) << "a client without a ticket";
  EXPECT_FALSE(resumes(start + 25h, kept)) << "replaced twice";
  EXPECT_FALSE(resumes(start + 100h, second)) << "nobody came for long enough";
  EXPECT_TRUE(resumes(start + 100h, second)) << "it has a new one";
}

TEST(TicketKeys, AreNamedAndReplacedByTheClockAlone) {
  const SystemTime start{std::chrono::seconds(784111777)};
  TicketKeys keys;
  EXPECT_FALSE(keys.newest());
  EXPECT_TRUE(keys.advance(start));
  const TicketKey first = *keys.newest();
  EXPECT_TRUE(keys.advance(start + kTicketKeyTime - 1ns));
  EXPECT_EQ(keys.newest()->name, first.name);
  EXPECT_TRUE(keys.advance(start + kTicketKeyTime));
  EXPECT_NE(keys.newest()->name, first.name);
  std::uint8_t name[16];
  std::ranges::copy(first.name, name);
  ASSERT_TRUE(keys.find(name));
  EXPECT_FALSE(keys.find(name)->newest);
  EXPECT_EQ(keys.find(name)->key.cipher, first.cipher);
  EXPECT_TRUE(keys.advance(start + 2 * kTicketKeyTime));
  EXPECT_FALSE(keys.find(name));
}

}  // namespace
}  // namespace meridian::net
