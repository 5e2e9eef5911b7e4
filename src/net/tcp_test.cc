#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <thread>

#include "net/epoll_loop.h"

namespace meridian::net {
namespace {

using namespace std::chrono_literals;

Address loopback(std::uint16_t port = 0) {
  return {IpAddress::v4({127, 0, 0, 1}), port};
}

// Collects what a connection says, and does what the test asks at each step.
class Recorder final : public TcpHandler {
 public:
  void on_data(TcpConnection& connection, Bytes data) override {
    received += as_text(data);
    if (when_data) when_data(connection);
  }
  void on_drained(TcpConnection&) override { ++drained; }
  void on_closed(TcpConnection& connection, const Error* why) override {
    closed = true;
    if (why != nullptr) failure = why->message;
    if (when_closed) when_closed(connection);
  }
  std::string received, failure;
  bool closed = false;
  int drained = 0;
  std::function<void(TcpConnection&)> when_data, when_closed;
};

// A listener and a client connected to it on one loop.
class Tcp : public testing::Test {
 protected:
  void connect() {
    auto opened = loop->listen_tcp(loopback(), {}, nullptr, [this](std::unique_ptr<TcpConnection> accepted) {
      server = std::move(accepted);
      if (client) loop->stop();
    });
    ASSERT_TRUE(opened) << opened.error().message;
    listener = std::move(*opened);
    auto attempt =
        loop->connect_tcp(listener->local(), 2s, [this](Result<std::unique_ptr<TcpConnection>> result) {
          ASSERT_TRUE(result) << result.error().message;
          client = std::move(*result);
          if (server) loop->stop();
        });
    loop->run();
    guard = loop->after(5s, [this] {
      ADD_FAILURE() << "timed out";
      loop->stop();
    });
  }

  std::unique_ptr<Loop> loop = make_loop();
  std::unique_ptr<TcpListener> listener;
  Recorder at_server, at_client;
  std::unique_ptr<TcpConnection> server, client;
  std::unique_ptr<Timer> guard;
};

// So that its port is free at once.
TEST_F(Tcp, SendsWhatLiesInAFileInItsPlace) {
  connect();
  const int file = memfd_create("test", MFD_CLOEXEC);
  std::string text(3 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 / 7);
  ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  void* const mapped = mmap(nullptr, text.size(), PROT_READ, MAP_SHARED, file, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const auto owner = std::make_shared<std::string_view>(static_cast<char*>(mapped), text.size());
  server->start(at_server);
  client->start(at_client);
  server->write("head");
  server->write_piece(Piece(SharedBytes{owner, owner->substr(100), file, 100}));
  server->write("between");
  server->write_piece(Piece(SharedBytes{owner, owner->substr(0, 50'000), -1, 0}));
  server->write_piece(Piece(SharedBytes{owner, owner->substr(7, 9), file, 7}));
  const std::string all = "head" + text.substr(100) + "between" + text.substr(0, 50'000) + text.substr(7, 9);
  at_client.when_data = [&](TcpConnection&) {
    if (at_client.received.size() >= all.size()) loop->stop();
  };
  loop->run();
  EXPECT_TRUE(at_client.received == all);
  EXPECT_EQ(server->pending(), 0u);
  EXPECT_EQ(owner.use_count(), 1) << "nothing is held that has been sent";
  munmap(mapped, text.size());
  ::close(file);
}

TEST_F(Tcp, AConnectionOnWhichNothingWasSaidIsReset) {
  connect();
  at_server.when_closed = [this](TcpConnection&) { loop->stop(); };
  server->start(at_server);
  client.reset();
  loop->run();
  EXPECT_NE(at_server.failure, "");
}

TEST_F(Tcp, OneThatWasUsedEndsInOrder) {
  connect();
  at_server.when_closed = [this](TcpConnection&) { loop->stop(); };
  server->start(at_server);
  client->start(at_client);
  client.reset();
  loop->run();
  EXPECT_TRUE(at_server.closed);
  EXPECT_EQ(at_server.failure, "");
}

TEST_F(Tcp, CarriesBytesBothWaysAndKnowsItsAddresses) {
  connect();
  EXPECT_EQ(server->local(), listener->local());
  EXPECT_EQ(server->peer(), client->local());
  at_server.when_data = [&](TcpConnection& connection) { connection.write("pong"); };
  at_client.when_data = [&](TcpConnection&) { loop->stop(); };
  server->start(at_server);
  client->start(at_client);
  client->write("ping");
  loop->run();
  EXPECT_EQ(at_server.received, "ping");
  EXPECT_EQ(at_client.received, "pong");
}

TEST_F(Tcp, LargeWritesArriveWholeAndReportDraining) {
  connect();
  const std::size_t size = 8 * 1024 * 1024;
  at_client.when_data = [&](TcpConnection&) {
    if (at_client.received.size() >= size && at_server.drained > 0) loop->stop();
  };
  server->start(at_server);
  client->start(at_client);
  std::string sent;
  for (std::size_t i = 0; sent.size() < size; ++i) {
    std::string piece(1 + i * 37 % 60'000, static_cast<char>('a' + i % 26));
    sent += piece;
    server->write(std::move(piece));
  }
  EXPECT_EQ(server->pending(), sent.size());
  loop->run();
  while (at_client.received.size() < sent.size()) loop->run();
  EXPECT_TRUE(at_client.received == sent);
  EXPECT_EQ(server->pending(), 0u);
  EXPECT_EQ(at_server.drained, 1);
}

TEST_F(Tcp, DrainingIsReportedAlsoWhenTheKernelTakesAllAtOnce) {
  connect();
  at_client.when_data = [&](TcpConnection&) { loop->stop(); };
  server->start(at_server);
  client->start(at_client);
  server->write("few");
  EXPECT_EQ(server->pending(), 3u);
  loop->run();
  EXPECT_EQ(at_client.received, "few");
  EXPECT_EQ(at_server.drained, 1);
}

TEST_F(Tcp, APausedReaderHoldsTheSenderBack) {
  connect();
  server->start(at_server);
  client->start(at_client);
  client->pause_reading();
  server->write(std::string(16 * 1024 * 1024, 'x'));
  auto look = loop->after(50ms, [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(at_client.received.size(), 0u);
  EXPECT_GT(server->pending(), 0u);
  at_client.when_data = [&](TcpConnection&) {
    if (at_client.received.size() == 16 * 1024 * 1024) loop->stop();
  };
  client->resume_reading();
  loop->run();
  EXPECT_EQ(at_client.received.size(), 16u * 1024 * 1024);
}

TEST_F(Tcp, CloseAfterFlushSendsEverythingThoughTheObjectIsGone) {
  connect();
  server->start(at_server);
  client->start(at_client);
  client->write("unread input must not cause a reset");
  server->write(std::string(4 * 1024 * 1024, 'z'));
  server->close_after_flush();
  server.reset();
  at_client.when_closed = [&](TcpConnection&) { loop->stop(); };
  loop->run();
  EXPECT_EQ(at_client.received.size(), 4u * 1024 * 1024);
  EXPECT_EQ(at_client.failure, "");
}

// A client of the kernel's alone, for what a connection of ours would not do.
int connect_plainly(const TcpListener& listener) {
  const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener.local().port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return peer;
}

Duration thread_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

TEST_F(Tcp, AClosingConnectionWhosePeerEndedAndDoesNotReadCostsNothing) {
  connect();
  server.reset();
  const int peer = connect_plainly(*listener);
  loop->run();  // until it is accepted
  server->start(at_server);
  server->write(std::string(32 * 1024 * 1024, 'z'));
  server->close_after_flush();
  ASSERT_EQ(::shutdown(peer, SHUT_WR), 0);
  auto settled = loop->after(50ms, [&] { loop->stop(); });
  loop->run();
  const Duration before = thread_time();
  auto look = loop->after(300ms, [&] { loop->stop(); });
  loop->run();
  EXPECT_LT(thread_time() - before, 10ms) << "the loop spins";
  ::close(peer);
}

TEST_F(Tcp, WhatAPeerSaidBeforeItStoppedListeningIsHeard) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&here), size), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&here), &size), 0);
  std::thread peer([&] {
    const int accepted = ::accept(listening, nullptr, nullptr);
    char some[1000];
    EXPECT_GT(::recv(accepted, some, sizeof some, 0), 0);
    EXPECT_EQ(::send(accepted, "too much", 8, MSG_NOSIGNAL), 8);
    ::close(accepted);  // with input unread: a reset
  });
  auto attempt = loop->connect_tcp(loopback(ntohs(here.sin_port)), 2s,
                                   [this](Result<std::unique_ptr<TcpConnection>> result) {
                                     ASSERT_TRUE(result) << result.error().message;
                                     client = std::move(*result);
                                     client->start(at_client);
                                     client->write(std::string(64'000'000, 'x'));
                                   });
  at_client.when_closed = [this](TcpConnection&) {
    if (!at_client.failure.empty()) loop->stop();
  };
  guard = loop->after(5s, [this] { loop->stop(); });
  loop->run();
  peer.join();
  ::close(listening);
  EXPECT_EQ(at_client.received, "too much");
  EXPECT_NE(at_client.failure, "");
}

TEST_F(Tcp, ThePeersOrderlyEndLeavesTheOtherDirectionOpen) {
  connect();
  at_server.when_closed = [&](TcpConnection& connection) {
    connection.write("last words");
    connection.close_after_flush();
  };
  at_client.when_closed = [&](TcpConnection&) { loop->stop(); };
  server->start(at_server);
  client->start(at_client);
  // Lingering keeps the client's socket open for reading until the server ends too.
  client->write("bye");
  client->close_after_flush();
  auto look = loop->after(100ms, [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(at_server.received, "bye");
  EXPECT_TRUE(at_server.closed);
  EXPECT_EQ(at_server.failure, "");
}

TEST_F(Tcp, AHandlerMayDestroyItsConnection) {
  connect();
  at_server.when_data = [&](TcpConnection&) { server.reset(); };
  at_client.when_closed = [&](TcpConnection&) {
    client.reset();
    loop->stop();
  };
  server->start(at_server);
  client->start(at_client);
  client->write("x");
  loop->run();
  EXPECT_EQ(server, nullptr);
  EXPECT_TRUE(at_client.closed);
}

TEST_F(Tcp, ClientsCannotTakeTheLastDescriptors) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 80;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  connect();
  std::vector<int> taken;
  while (taken.empty() || taken.back() < 60) taken.push_back(::dup(STDERR_FILENO));
  server.reset();
  const int peer = connect_plainly(*listener);
  auto look = loop->after(50ms, [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(server, nullptr);
  char byte;
  EXPECT_EQ(::recv(peer, &byte, 1, MSG_DONTWAIT), 0) << "not closed";
  EXPECT_EQ(listener->refused(), 1u);
  ::close(peer);
  for (int descriptor : taken) ::close(descriptor);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(Tcp, RefusedConnectionsSaySo) {
  connect();
  const Address free_port = listener->local();
  listener.reset();
  std::string message;
  auto attempt = loop->connect_tcp(free_port, 2s, [&](Result<std::unique_ptr<TcpConnection>> result) {
    message = result ? "connected" : result.error().message;
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(message, "connect " + free_port.to_string() + ": Connection refused");
}

TEST_F(Tcp, ConnectsFromTheAddressThatWasAskedFor) {
  connect();
  std::string from;
  const auto connected = [&](Result<std::unique_ptr<TcpConnection>> result) {
    from = result ? (*result)->local().ip.to_string() : result.error().message;
    loop->stop();
  };
  const ConnectOptions here{.timeout = 2s, .from = IpAddress::v4({127, 0, 53, 7})};
  auto attempt = loop->connect_tcp(listener->local(), here, connected);
  loop->run();
  EXPECT_EQ(from, "127.0.53.7");
  const ConnectOptions elsewhere{.timeout = 2s, .from = IpAddress::v4({192, 0, 2, 1})};
  attempt = loop->connect_tcp(listener->local(), elsewhere, connected);
  loop->run();
  EXPECT_TRUE(from.starts_with("bind 192.0.2.1: ")) << from;
}

TEST_F(Tcp, TwoPlainListenersCannotShareAPort) {
  connect();
  auto second = loop->listen_tcp(listener->local(), {}, nullptr, [](std::unique_ptr<TcpConnection>) {});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().message.starts_with("bind " + listener->local().to_string() +
                                                 ": Address already in use"))
      << second.error().message;
}

TEST(EpollLoop, WhatTheKernelWillNotWatchIsNoKeyAndHarmsNobody) {
  class Never final : public Ready {
    void on_ready(std::uint32_t) override { FAIL(); }
  } never;
  EpollLoop loop;
  const FileDescriptor file(::open("/dev/null", O_RDONLY));  // EPERM, where load would bring ENOSPC
  const EpollLoop::Key key = loop.watch(file.get(), 1, never);
  EXPECT_EQ(key, EpollLoop::kNoKey);
  EXPECT_FALSE(loop.watches(key));
  loop.unwatch(key, file.get());
  const FileDescriptor event(::eventfd(0, 0));
  const EpollLoop::Key good = loop.watch(event.get(), 1, never);
  EXPECT_TRUE(loop.watches(good));
  loop.unwatch(good, event.get());
}

TEST(EpollLoop, LooksAtWhatIsUrgentBetweenTheEventsOfALongTurn) {
  EpollLoop loop;
  class Eager final : public Ready {
   public:
    explicit Eager(int& turns) : turns_(turns) {}
    void on_ready(std::uint32_t) override { ++turns_; }

   private:
    int& turns_;
  };
  class Slow final : public Ready {
   public:
    explicit Slow(EpollLoop& loop) : loop_(loop) {}
    void on_ready(std::uint32_t) override {
      for (const MonotonicTime start = loop_.clock().monotonic();
           loop_.clock().monotonic() - start < 2 * EpollLoop::kUrgentGap;) {
      }
      loop_.stop();
    }

   private:
    EpollLoop& loop_;
  } slow(loop);
  int looks = 0;
  Eager eager(looks);
  const FileDescriptor silent(::eventfd(0, 0));
  const EpollLoop::Key urgent = loop.watch(silent.get(), 1, eager);
  loop.make_urgent(urgent);
  std::vector<FileDescriptor> ready;
  std::vector<EpollLoop::Key> keys;
  for (int i = 0; i < 3; ++i) {
    ready.emplace_back(::eventfd(1, 0));
    keys.push_back(loop.watch(ready.back().get(), 1, slow));
  }
  loop.run();
  EXPECT_EQ(looks, 3) << "once behind each";
  loop.unwatch(urgent, silent.get());
  for (std::size_t i = 0; i < keys.size(); ++i) loop.unwatch(keys[i], ready[i].get());
}

TEST(EpollLoop, ATurnEndsWhenAllThatItBroughtWasHeard) {
  const auto loop = make_loop();
  std::string said;
  loop->at_turn_end([&] {
    said += "end ";
    loop->at_turn_end([&] { said += "next end "; });
    loop->post([&] { said += "posted in the end "; });
  });
  for (int i = 0; i < 2; ++i) loop->post([&] { said += "posted "; });
  const auto timer = loop->after(std::chrono::milliseconds(1), [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(said, "posted posted end next end posted in the end ");
}

TEST(LoopTimers, FireInOrderAndNotAfterTheirDestruction) {
  auto loop = make_loop();
  std::string order;
  auto late = loop->after(20ms, [&] { loop->stop(); });
  auto second = loop->after(5ms, [&] { order += "b"; });
  auto first = loop->after(1ms, [&] { order += "a"; });
  auto cancelled = loop->after(1ms, [&] { order += "x"; });
  cancelled.reset();
  loop->run();
  EXPECT_EQ(order, "ab");
}

TEST(LoopTimers, MayReplaceThemselvesWhileTheyRun) {
  auto loop = make_loop();
  int runs = 0;
  std::unique_ptr<Timer> timer;
  std::function<void()> again = [&] {
    if (++runs == 3) return loop->stop();
    timer = loop->after(0ms, again);
  };
  timer = loop->after(0ms, again);
  loop->run();
  EXPECT_EQ(runs, 3);
}

TEST(LoopPost, RunsTasksOfOtherThreadsOnTheLoopsThread) {
  auto loop = make_loop();
  std::thread::id ran_on;
  std::thread other([&] {
    loop->post([&] { ran_on = std::this_thread::get_id(); });
    loop->post([&] { loop->stop(); });
  });
  loop->run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

}  // namespace
}  // namespace meridian::net
