// Counts what reaches a socket: over AF_UNIX and SOCK_SEQPACKET each sending is a message of its own.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <thread>

#include "net/openssl_handles.h"
#include "net/tls.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

class TlsSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string names[] = {"localhost"};
    const auto made = *make_self_signed_certificate(names, RealClock().now());
    TlsServerOptions options;
    options.certificate_pem = made.certificate_pem;
    options.key_pem = made.key_pem;
    context = *make_tls_server_context(options);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    ours = FileDescriptor(ends[0]);
    theirs = FileDescriptor(ends[1]);
    session = *accept_tls(context, ours.get(), RealClock().now());
    SSL_set_fd(client.get(), theirs.get());
    SSL_set_read_ahead(client.get(), 1);  // a message is taken whole
    SSL_set_connect_state(client.get());
  }
  // In turns, each as far as it comes.
  void shake_hands() {
    for (int i = 0; i < 4 && !session->established(); ++i) {
      SSL_do_handshake(client.get());
      EXPECT_NE(session->handshake().status, IoStatus::Failed) << session->failure();
    }
    ASSERT_TRUE(session->established());
  }
  // The size of the next message to the client; -1: there is none.
  ssize_t next_message() {
    std::string message(1024 * 1024, '\0');
    const ssize_t size = ::recv(theirs.get(), message.data(), message.size(), 0);
    EXPECT_TRUE(size > 0 || errno == EAGAIN) << errno;
    return size;
  }

  std::shared_ptr<TlsServerContext> context;
  FileDescriptor ours, theirs;
  std::unique_ptr<TlsSession> session;
  OpensslHandle<SSL_CTX> client_context{SSL_CTX_new(TLS_client_method())};
  OpensslHandle<SSL> client{SSL_new(client_context.get())};
};

TEST_F(TlsSocketTest, ATicketAndSeveralRecordsAreOneMessage) {
  shake_hands();
  EXPECT_EQ(session->unsent(), 0u) << "nobody waits for a ticket";
  EXPECT_EQ(next_message(), -1);
  const std::string text(2000, 'x');
  const Bytes pieces[] = {as_bytes(text), as_bytes(text), as_bytes(text)};
  const IoResult written = session->write(pieces);
  EXPECT_EQ(written.status, IoStatus::Done);
  EXPECT_EQ(written.size, 6000u);
  const ssize_t size = next_message();
  EXPECT_GT(size, 6000 + 150) << "with the ticket";
  EXPECT_LT(size, 6000 + 600);
  EXPECT_EQ(next_message(), -1);
}

TEST_F(TlsSocketTest, MuchLeavesInPartsAndWhatASocketDoesNotTakeIsKept) {
  shake_hands();
  const std::string text(1024 * 1024, 'x');
  std::size_t done = 0, taken = 0, received = 0, largest = 0;
  while (done < text.size() || session->unsent() > 0) {
    const Bytes rest[] = {as_bytes(std::string_view(text).substr(done))};
    const IoResult result = done < text.size() ? session->write(rest) : session->flush();
    ASSERT_NE(result.status, IoStatus::Failed) << session->failure();
    done += result.size;
    taken += result.status == IoStatus::Blocked ? 1 : 0;
    EXPECT_EQ(session->wants_write(), result.status == IoStatus::Blocked);
    for (ssize_t size; (size = next_message()) > 0;) {
      received += static_cast<std::size_t>(size);
      largest = std::max(largest, static_cast<std::size_t>(size));
    }
  }
  EXPECT_GT(taken, 0u) << "the socket was full at times";
  EXPECT_GT(received, text.size());
  EXPECT_LT(received, text.size() + text.size() / 100);
  EXPECT_GE(largest, 64u * 1024);
  EXPECT_LE(largest, (64u + 17) * 1024);
}

TEST_F(TlsSocketTest, ReadingLeavesWhatIsKeptToWhoeverWaitsForIt) {
  shake_hands();
  const std::string text(2 * 1024 * 1024, 'x');
  const Bytes much[] = {as_bytes(text)};
  ASSERT_EQ(session->write(much).status, IoStatus::Blocked);
  const std::size_t kept = session->unsent();
  ASSERT_GT(kept, 0u);
  while (next_message() > 0) continue;  // now there is room
  std::uint8_t room[64];
  EXPECT_EQ(session->read(room).status, IoStatus::Blocked);
  EXPECT_EQ(session->unsent(), kept);
  EXPECT_TRUE(session->wants_write());
  EXPECT_EQ(session->flush().status, IoStatus::Done);
}

TEST_F(TlsSocketTest, SessionsOfOneThreadDoNotMixWhatTheySay) {
  shake_hands();
  const auto stranger = *accept_tls(context, ours.get(), RealClock().now());
  const std::string text(2 * 1024 * 1024, 'x');
  const Bytes much[] = {as_bytes(text)};
  std::size_t done = session->write(much).size;
  ASSERT_LT(done, text.size()) << "blocked with something kept";
  const std::size_t kept = session->unsent();
  EXPECT_GT(kept, 0u);
  EXPECT_EQ(stranger->unsent(), 0u);
  EXPECT_EQ(stranger->flush().status, IoStatus::Done) << "it has nothing to say";
  EXPECT_EQ(session->unsent(), kept);
}

TEST_F(TlsSocketTest, ARefusedHandshakeIsToldWhy) {
  ASSERT_EQ(::send(theirs.get(), "\x16\x03\x01\x00\x04wrong", 9, 0), 9);  // no ClientHello
  EXPECT_EQ(session->handshake().status, IoStatus::Failed);
  EXPECT_NE(session->failure(), "");
  EXPECT_EQ(next_message(), 7) << "an alert is a record of two bytes";
}

}  // namespace
}  // namespace meridian::net
