#include "sim/virtual_network.h"

#include <gtest/gtest.h>

namespace meridian::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Address kServer = net::Address::parse("192.0.2.1:80").value();
const net::IpAddress kClient = net::IpAddress::parse("192.0.2.9").value();

// One side of a connection, which remembers what it was told.
struct Side final : net::TcpHandler {
  void on_data(net::TcpConnection&, Bytes data) override {
    heard.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  void on_closed(net::TcpConnection&, const Error* why) override {
    closed = why == nullptr;
    connection.reset();
  }
  void take(std::unique_ptr<net::TcpConnection> its) {
    connection = std::move(its);
    connection->start(*this);
  }
  std::string heard;
  bool closed = false;
  std::unique_ptr<net::TcpConnection> connection;
};

class VirtualNetworkTest : public testing::Test {
 protected:
  void listen() {
    listener =
        network.listen_tcp(kServer, {}, nullptr, [this](auto made) { server.take(std::move(made)); }).value();
  }
  void connect(net::ConnectOptions options = {.timeout = seconds(4), .from = kClient}) {
    attempt = network.connect_tcp(kServer, options, [this](auto made) {
      if (made)
        client.take(*std::move(made));
      else
        why = made.error().message;
    });
  }

  VirtualNetwork network;
  Side server, client;
  std::unique_ptr<net::TcpListener> listener;
  std::unique_ptr<net::TcpConnect> attempt;
  std::string why;
};

TEST_F(VirtualNetworkTest, BothSidesHearWhatTheOtherSaysInOrder) {
  listen();
  connect();
  network.advance(seconds(1));
  ASSERT_TRUE(client.connection && server.connection);
  EXPECT_EQ(server.connection->peer().ip, kClient);
  EXPECT_EQ(client.connection->peer(), kServer);
  client.connection->write("a question");
  client.connection->write(", and more");
  EXPECT_EQ(server.heard, "");  // not inside the call
  network.advance(seconds(1));
  EXPECT_EQ(server.heard, "a question, and more");
  server.connection->write("an answer");
  server.connection->close_after_flush();
  server.connection.reset();
  network.advance(seconds(1));
  EXPECT_EQ(client.heard, "an answer");
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(network.timers(), 0u);
}

TEST_F(VirtualNetworkTest, WhereNobodyListensAConnectionIsRefused) {
  connect();
  network.advance(milliseconds(100));
  EXPECT_EQ(why, "Connection refused");
}

TEST_F(VirtualNetworkTest, WhatIsLostTimesOut) {
  listen();
  network.lose(kServer.ip);
  connect();
  network.advance(milliseconds(3999));
  EXPECT_EQ(why, "");
  network.advance(milliseconds(1));
  EXPECT_EQ(why, "Connection timed out");
  network.heal(kServer.ip);
  connect();
  network.advance(seconds(1));
  EXPECT_TRUE(client.connection);
}

TEST_F(VirtualNetworkTest, APartitionIsBetweenTwo) {
  listen();
  network.lose(kServer.ip, kClient);
  connect();
  network.advance(seconds(5));
  EXPECT_EQ(why, "Connection timed out");
  connect({.timeout = seconds(4), .from = net::IpAddress::parse("192.0.2.10").value()});
  network.advance(seconds(1));
  ASSERT_TRUE(client.connection);
  // What is under way when the way breaks is lost too.
  client.connection->write("lost");
  network.lose(kServer.ip);
  network.advance(seconds(1));
  EXPECT_EQ(server.heard, "");
}

TEST_F(VirtualNetworkTest, WhoGivesUpHearsNothing) {
  listen();
  connect();
  attempt.reset();
  network.advance(seconds(5));
  EXPECT_FALSE(client.connection);
  EXPECT_EQ(why, "");
}

TEST_F(VirtualNetworkTest, AnAddressHasOneListener) {
  listen();
  EXPECT_FALSE(network.listen_tcp(kServer, {}, nullptr, [](auto) {}));
  listener.reset();
  listen();
}

TEST_F(VirtualNetworkTest, APausedSideHearsLater) {
  listen();
  connect();
  network.advance(seconds(1));
  server.connection->pause_reading();
  client.connection->write("patience");
  network.advance(seconds(1));
  EXPECT_EQ(server.heard, "");
  server.connection->resume_reading();
  network.advance(seconds(1));
  EXPECT_EQ(server.heard, "patience");
}

}  // namespace
}  // namespace meridian::sim
