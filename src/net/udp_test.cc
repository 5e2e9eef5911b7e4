#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "net/loop.h"

namespace meridian::net {
namespace {

// A client's socket with a receive time-out, so that a lost reply fails the test instead of hanging it.
class UdpClient {
 public:
  explicit UdpClient(int family) : socket_(::socket(family, SOCK_DGRAM, 0)) {
    const timeval limit{2, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~UdpClient() { ::close(socket_); }

  void connect(const char* ip, std::uint16_t port) {
    if (std::string_view(ip).find(':') == std::string_view::npos) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      inet_pton(AF_INET, ip, &to.sin_addr);
      ASSERT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      inet_pton(AF_INET6, ip, &to.sin6_addr);
      ASSERT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    }
  }
  void send(std::string_view text) { ::send(socket_, text.data(), text.size(), 0); }
  std::string receive() {
    char buffer[8192];
    const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
    return size < 0 ? "(nothing)" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

// Replies "<local ip> <query>", is silent to "quiet", and stops the loop after a number of datagrams.
class Echo final : public DatagramServer {
 public:
  Echo(Loop& loop, std::size_t stop_after) : loop_(loop), left_(stop_after) {}
  void serve(std::span<Exchange> batch) override {
    largest_batch = std::max(largest_batch, batch.size());
    for (Exchange& exchange : batch) {
      const std::string_view query = as_text(exchange.query);
      if (query != "quiet") {
        const std::string reply = exchange.local->ip.to_string() + " " + std::string(query);
        std::copy(reply.begin(), reply.end(), exchange.reply.begin());
        exchange.reply_size = reply.size();
      }
      if (--left_ == 0) loop_.stop();
    }
  }
  std::size_t largest_batch = 0;

 private:
  Loop& loop_;
  std::size_t left_;
};

Address loopback(std::uint16_t port = 0) {
  return {IpAddress::v4({127, 0, 0, 1}), port};
}

TEST(Udp, AnswersABatchInOneCall) {
  auto loop = make_loop();
  Echo echo(*loop, 100);
  auto socket = loop->serve_udp(loopback(), {}, echo);
  ASSERT_TRUE(socket) << socket.error().message;
  UdpClient client(AF_INET);
  client.connect("127.0.0.1", (*socket)->local().port);
  for (int i = 0; i < 100; ++i) client.send(std::to_string(i));
  loop->run();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.receive(), "127.0.0.1 " + std::to_string(i));
  EXPECT_EQ(echo.largest_batch, DatagramServer::kBatchMax);
}

TEST(Udp, SilenceAndOversizedQueriesDoNotShiftOtherReplies) {
  auto loop = make_loop();
  Echo echo(*loop, 3);
  auto socket = loop->serve_udp(loopback(), {}, echo);
  ASSERT_TRUE(socket);
  UdpClient first(AF_INET), second(AF_INET);
  first.connect("127.0.0.1", (*socket)->local().port);
  second.connect("127.0.0.1", (*socket)->local().port);
  first.send(std::string(DatagramServer::kDatagramBytesMax + 1, 'x'));
  first.send("quiet");
  second.send("b");
  first.send("a");
  loop->run();
  EXPECT_EQ(first.receive(), "127.0.0.1 a");
  EXPECT_EQ(second.receive(), "127.0.0.1 b");
  EXPECT_EQ((*socket)->losses().oversized, 1u);
}

TEST(Udp, CountsWhatArrivedWhileItsBufferWasFull) {
  auto loop = make_loop();
  Echo echo(*loop, 1);
  ListenOptions small;
  small.receive_buffer_bytes = 4096;
  auto socket = loop->serve_udp(loopback(), small, echo);
  ASSERT_TRUE(socket);
  UdpClient client(AF_INET);
  client.connect("127.0.0.1", (*socket)->local().port);
  EXPECT_EQ((*socket)->receive_buffer_bytes(), 4096);
  EXPECT_EQ((*socket)->losses().overflowed, 0u);
  for (int i = 0; i < 100; ++i) client.send(std::string(1000, 'x'));
  EXPECT_GT((*socket)->losses().overflowed, 50u);
}

TEST(Udp, OnEveryAddressRepliesLeaveFromTheOneThatWasAsked) {
  auto loop = make_loop();
  Echo echo(*loop, 2);
  auto socket = loop->serve_udp({IpAddress(), 0}, {}, echo);
  ASSERT_TRUE(socket);
  UdpClient first(AF_INET), second(AF_INET);
  // A connected socket drops what comes from any other address.
  first.connect("127.0.0.1", (*socket)->local().port);
  second.connect("127.0.0.77", (*socket)->local().port);
  first.send("x");
  second.send("y");
  loop->run();
  EXPECT_EQ(first.receive(), "127.0.0.1 x");
  EXPECT_EQ(second.receive(), "127.0.0.77 y");
}

// What goes out in one call (UDP_SEGMENT) must arrive as what was asked for, from where it was asked.
TEST(Udp, RepliesOfManySizesToFewPeersArriveOneByOne) {
  for (const IpAddress& listen : {IpAddress(), IpAddress::v4({127, 0, 0, 1})}) {
    auto loop = make_loop();
    Echo echo(*loop, 64);
    auto socket = loop->serve_udp({listen, 0}, {}, echo);
    ASSERT_TRUE(socket);
    UdpClient first(AF_INET), second(AF_INET);
    first.connect("127.0.0.1", (*socket)->local().port);
    second.connect(listen == IpAddress() ? "127.0.0.77" : "127.0.0.1", (*socket)->local().port);
    std::multiset<std::string> asked_first, asked_second;
    for (int i = 0; i < 32; ++i) {
      const std::string text(static_cast<std::size_t>(1 + i * i % 5 * 300), static_cast<char>('A' + i));
      first.send(text);
      second.send(text + "!");
      asked_first.insert("127.0.0.1 " + text);
      asked_second.insert((listen == IpAddress() ? "127.0.0.77 " : "127.0.0.1 ") + text + "!");
    }
    loop->run();
    std::multiset<std::string> got_first, got_second;
    for (int i = 0; i < 32; ++i) {
      got_first.insert(first.receive());
      got_second.insert(second.receive());
    }
    EXPECT_EQ(got_first, asked_first);
    EXPECT_EQ(got_second, asked_second);
    EXPECT_EQ((*socket)->losses().unsent, 0u);
  }
}

TEST(Udp, ServesIpv6OnEveryAddressAndLeavesIpv4Alone) {
  auto loop = make_loop();
  Echo echo(*loop, 1);
  auto socket = loop->serve_udp({IpAddress::v6({}), 0}, {}, echo);
  if (!socket) GTEST_SKIP() << "no IPv6 here: " << socket.error().message;
  const std::uint16_t port = (*socket)->local().port;
  Echo other(*loop, 1);
  EXPECT_TRUE(loop->serve_udp({IpAddress(), port}, {}, other)) << "V6ONLY leaves the IPv4 port free";
  UdpClient client(AF_INET6);
  client.connect("::1", port);
  client.send("six");
  loop->run();
  EXPECT_EQ(client.receive(), "::1 six");
}

TEST(Udp, ReusePortSharesAnAddressAndPlainSocketsDoNot) {
  auto loop = make_loop();
  Echo echo(*loop, 1);
  ListenOptions shared;
  shared.reuse_port = true;
  auto first = loop->serve_udp(loopback(), shared, echo);
  ASSERT_TRUE(first);
  EXPECT_TRUE(loop->serve_udp((*first)->local(), shared, echo));
  EXPECT_FALSE(loop->serve_udp((*first)->local(), {}, echo));
}

// Destroys its own socket while serving.
class SelfDestroying final : public DatagramServer {
 public:
  explicit SelfDestroying(Loop& loop) : loop_(loop) {}
  void serve(std::span<Exchange>) override {
    socket.reset();
    loop_.stop();
  }
  std::unique_ptr<UdpSocket> socket;

 private:
  Loop& loop_;
};

TEST(Udp, ASocketMayBeDestroyedWhileItServes) {
  auto loop = make_loop();
  SelfDestroying server(*loop);
  server.socket = *loop->serve_udp(loopback(), {}, server);
  UdpClient client(AF_INET);
  client.connect("127.0.0.1", server.socket->local().port);
  client.send("x");
  loop->run();
  EXPECT_EQ(server.socket, nullptr);
}

}  // namespace
}  // namespace meridian::net
