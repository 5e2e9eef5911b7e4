// A net::Loop for tests: no sockets, time moves only when told, the test plays the client.
#pragma once

#include <map>
#include <set>

#include "net/loop.h"

namespace meridian::http {

class FakeLoop final : public net::Loop {
 public:
  class Tcp;

  const Clock& clock() const override { return clock_; }
  void run() override {}
  void stop() override {}
  void post(std::function<void()> task) override {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  std::unique_ptr<net::Timer> after(Duration delay, std::function<void()> task) override {
    const std::pair key{clock_.monotonic() + delay, ++timers_made_};
    timers_.emplace(key, std::move(task));
    return std::make_unique<FakeTimer>(*this, key);
  }
  Result<std::unique_ptr<net::TcpListener>> listen_tcp(
      const net::Address& address, const net::ListenOptions&, std::shared_ptr<net::TlsServerContext>,
      std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept) override {
    on_accept_ = std::move(on_accept);
    return std::make_unique<FakeListener>(*this, address);
  }
  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address&, Duration,
                                               std::shared_ptr<net::TlsClientContext>, OnConnected) override {
    return nullptr;
  }
  Result<std::unique_ptr<net::UdpSocket>> serve_udp(const net::Address&, const net::ListenOptions&,
                                                    net::DatagramServer&) override {
    return invalid("no UDP here");
  }

  // What a client of one connection sees; outlives the server's side.
  struct Client {
    std::string sent;      // by the server
    bool closed = false;   // in order, by the server
    bool dropped = false;  // the server's side is gone
    bool paused = false;
    bool stuck = false;  // takes nothing any more
    std::size_t pending = 0;
    Tcp* tcp = nullptr;
    net::TcpHandler* handler = nullptr;
    std::string take() { return std::exchange(sent, {}); }
  };

  class Tcp final : public net::TcpConnection {
   public:
    explicit Tcp(Client& client) : client_(client) { client.tcp = this; }
    ~Tcp() override {
      client_.dropped = true;
      client_.tcp = nullptr;
      client_.handler = nullptr;
    }
    void start(net::TcpHandler& handler) override { client_.handler = &handler; }
    void write(std::string bytes) override {
      if (client_.stuck) client_.pending += bytes.size();
      client_.sent += bytes;
    }
    std::size_t pending() const override { return client_.pending; }
    void pause_reading() override { client_.paused = true; }
    void resume_reading() override { client_.paused = false; }
    void close_after_flush() override { client_.closed = true; }
    const net::Address& peer() const override { return peer_; }
    const net::Address& local() const override { return peer_; }
    std::string_view server_name() const override { return ""; }

   private:
    Client& client_;
    net::Address peer_{net::IpAddress::v4({192, 0, 2, 9}), 1234};
  };

  bool listening() const { return on_accept_ != nullptr; }
  Client& connect() {
    clients_.push_back(std::make_unique<Client>());
    on_accept_(std::make_unique<Tcp>(*clients_.back()));
    return *clients_.back();
  }
  void send(Client& client, std::string_view bytes) {
    if (client.handler != nullptr) client.handler->on_data(*client.tcp, as_bytes(bytes));
    run_posted();
  }
  void end(Client& client) {
    if (client.handler != nullptr) client.handler->on_closed(*client.tcp, nullptr);
    run_posted();
  }
  void run_posted() {
    for (;;) {
      std::vector<std::function<void()>> tasks;
      {
        std::lock_guard lock(mutex_);
        tasks.swap(posted_);
      }
      if (tasks.empty()) return;
      for (auto& task : tasks) task();
    }
  }
  void advance(Duration by) {
    const MonotonicTime until = clock_.monotonic() + by;
    while (!timers_.empty() && timers_.begin()->first.first <= until) {
      clock_.advance(timers_.begin()->first.first - clock_.monotonic());
      auto task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
      run_posted();
    }
    clock_.advance(until - clock_.monotonic());
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  using TimerKey = std::pair<MonotonicTime, std::uint64_t>;
  struct FakeTimer final : net::Timer {
    FakeTimer(FakeLoop& owner, TimerKey at) : loop(owner), key(at) {}
    ~FakeTimer() override { loop.timers_.erase(key); }
    FakeLoop& loop;
    TimerKey key;
  };
  struct FakeListener final : net::TcpListener {
    FakeListener(FakeLoop& owner, const net::Address& at) : loop(owner), address(at) {}
    ~FakeListener() override { loop.on_accept_ = nullptr; }
    const net::Address& local() const override { return address; }
    std::uint64_t refused() const override { return 0; }
    void replace_tls(std::shared_ptr<net::TlsServerContext>) override {}
    FakeLoop& loop;
    net::Address address;
  };

  // 1994-11-06T08:49:37Z, the example of RFC 9110.
  ManualClock clock_{SystemTime(std::chrono::seconds(784111777))};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::map<TimerKey, std::function<void()>> timers_;
  std::uint64_t timers_made_ = 0;
  std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace meridian::http
