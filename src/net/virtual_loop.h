// A net::Loop without sockets, whose time moves only when told: for tests and simulations. What they need
// beyond that (a client's side of a connection, datagrams) they add by extending it; sim/ has a whole
// network.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "net/loop.h"

namespace meridian::net {

class VirtualLoop : public Loop {
 public:
  const Clock& clock() const final { return clock_; }
  void run() final {}
  void stop() final {}
  void post(std::function<void()> task) final {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  // A turn is all that happens at one moment.
  void at_turn_end(std::function<void()> task) final { turn_ends_.push_back(std::move(task)); }
  std::unique_ptr<Timer> after(Duration delay, std::function<void()> task) final {
    const Key key{clock_.monotonic() + delay, ++timers_made_};
    timers_.emplace(key, std::move(task));
    return std::make_unique<VirtualTimer>(*this, key);
  }
  // Happens whatever becomes of who asked for it.
  void surely_after(Duration delay, std::function<void()> task) {
    timers_.emplace(Key{clock_.monotonic() + delay, ++timers_made_}, std::move(task));
  }
  Result<std::unique_ptr<TcpListener>> listen_tcp(
      const Address& address, const ListenOptions&, std::shared_ptr<TlsServerContext>,
      std::function<void(std::unique_ptr<TcpConnection>)> on_accept) override {
    on_accept_ = std::move(on_accept);
    return std::make_unique<VirtualListener>(*this, address);
  }
  using Loop::connect_tcp;
  std::unique_ptr<TcpConnect> connect_tcp(const Address&, const ConnectOptions&, OnConnected) override {
    return nullptr;
  }
  Result<std::unique_ptr<UdpSocket>> serve_udp(const Address&, const ListenOptions&,
                                               DatagramServer&) override {
    return invalid("no UDP here");
  }

  void run_posted() {
    do run_tasks();
    while (end_turn());
  }
  void advance(Duration by) {
    run_posted();
    const MonotonicTime until = clock_.monotonic() + by;
    while (!timers_.empty() && timers_.begin()->first.first <= until) {
      const MonotonicTime due = timers_.begin()->first.first;
      clock_.advance(due - clock_.monotonic());
      auto task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
      run_tasks();
      if (timers_.empty() || timers_.begin()->first.first > due) run_posted();
    }
    clock_.advance(until - clock_.monotonic());
  }
  void pass(Duration by) { clock_.advance(by); }  // something takes its time, and nothing else runs

  std::size_t timers() const { return timers_.size(); }
  bool listening() const { return on_accept_ != nullptr; }

 protected:
  void accept(std::unique_ptr<TcpConnection> connection) { on_accept_(std::move(connection)); }

 private:
  using Key = std::pair<MonotonicTime, std::uint64_t>;
  void run_tasks() {
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
  // False: there was nothing to do.
  bool end_turn() {
    std::vector<std::function<void()>> tasks;
    tasks.swap(turn_ends_);
    for (auto& task : tasks) task();
    return !tasks.empty();
  }
  struct VirtualTimer final : Timer {
    VirtualTimer(VirtualLoop& owner, Key at) : loop(owner), key(at) {}
    ~VirtualTimer() override { loop.timers_.erase(key); }
    VirtualLoop& loop;
    Key key;
  };
  struct VirtualListener final : TcpListener {
    VirtualListener(VirtualLoop& owner, const Address& at) : loop(owner), address(at) {}
    ~VirtualListener() override { loop.on_accept_ = nullptr; }
    const Address& local() const override { return address; }
    std::uint64_t refused() const override { return 0; }
    void replace_tls(std::shared_ptr<TlsServerContext>) override {}
    VirtualLoop& loop;
    Address address;
  };

  // 1994-11-06T08:49:37Z, the example of RFC 9110.
  ManualClock clock_{SystemTime(std::chrono::seconds(784111777))};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_, turn_ends_;
  std::map<Key, std::function<void()>> timers_;
  std::uint64_t timers_made_ = 0;
  std::function<void(std::unique_ptr<TcpConnection>)> on_accept_;
};

}  // namespace meridian::net
