// The Linux event loop over epoll, as the sockets of net/ see it. Internal to net/.
// Rule: an event is delivered by key, never by pointer, so that a callback may destroy any other object.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "net/loop.h"
#include "net/socket.h"

namespace meridian::net {

class Wire;
class Lingering;

// Something the loop wakes up.
class Ready {
 public:
  virtual ~Ready() = default;
  virtual void on_ready(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, …; 0 when asked for by soon()
};

class EpollLoop final : public Loop {
 public:
  static constexpr std::size_t kScratchBytes = 64 * 1024;
  static constexpr std::size_t kLingeringMax = 1024;
  static constexpr int kTurnEndRounds = 4;  // what is asked for then happens in the same turn
  static constexpr Duration kUrgentGap = std::chrono::microseconds(200);

  using Key = std::uint64_t;  // a slot and its generation
  static constexpr Key kNoKey = ~Key{0};

  EpollLoop();
  ~EpollLoop() override;

  const Clock& clock() const override { return clock_; }
  void run() override;
  void stop() override;
  void post(std::function<void()> task) override;
  void at_turn_end(std::function<void()> task) override { turn_ends_.push_back(std::move(task)); }
  std::unique_ptr<Timer> after(Duration delay, std::function<void()> task) override;
  Result<std::unique_ptr<TcpListener>> listen_tcp(
      const Address& address, const ListenOptions& options, std::shared_ptr<TlsServerContext> tls,
      std::function<void(std::unique_ptr<TcpConnection>)> on_accept) override;
  using Loop::connect_tcp;
  std::unique_ptr<TcpConnect> connect_tcp(const Address& address, const ConnectOptions& options,
                                          OnConnected on_connected) override;
  Result<std::unique_ptr<UdpSocket>> serve_udp(const Address& address, const ListenOptions& options,
                                               DatagramServer& server) override;

  // Level-triggered. `ready` must call unwatch before it goes. kNoKey: the kernel has no memory, or this user
  // no watches, left (epoll_ctl(2), ENOMEM and ENOSPC), which load alone can bring about.
  Key watch(int descriptor, std::uint32_t events, Ready& ready);
  // From now on `key` is looked at every kUrgentGap even while other events keep the loop busy: what waits
  // there is lost when a small buffer is full, where the bytes of a stream wait at their sender.
  void make_urgent(Key key);
  void change(Key key, int descriptor, std::uint32_t events);
  void unwatch(Key key, int descriptor);
  // The same for a descriptor that is closed next, which leaves the epoll set by that.
  void forget(Key key);
  bool watches(Key key) const {
    if (key == kNoKey) return false;
    const Slot& slot = slots_[static_cast<std::uint32_t>(key)];
    return slot.ready != nullptr && slot.generation == static_cast<std::uint32_t>(key >> 32);
  }
  // on_ready(0) at the end of this turn: how writes of one turn become one system call.
  void soon(Key key) { soon_.push_back(key); }

  // Room for one read, shared by all sockets: valid until the callback that got it returns.
  MutableBytes scratch() { return scratch_; }

  // Flushes and closes a connection whose owner is gone.
  void linger(Wire wire);
  void end_linger(const Lingering& done);

  using TimerKey = std::pair<MonotonicTime, std::uint64_t>;
  void cancel(const TimerKey& timer) { timers_.erase(timer); }

 private:
  struct Slot {
    Ready* ready = nullptr;
    std::uint32_t generation = 0;
  };
  void deliver(Key key, std::uint32_t events);
  void serve_urgent();
  void run_posted();
  void run_timers();
  void run_turn_ends();
  void run_soon();
  int wait_ms() const;

  RealClock clock_;
  FileDescriptor epoll_, wake_;
  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_, turn_ends_, turn_ends_running_;
  std::map<TimerKey, std::function<void()>> timers_;
  std::uint64_t timer_count_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Key> urgent_;
  MonotonicTime urgent_served_{};
  std::vector<Key> soon_, soon_running_;
  std::vector<std::uint8_t> scratch_;
  std::list<std::unique_ptr<Lingering>> lingering_;
};

// Asked after a callback that may have closed or destroyed the very object that made it.
class StillWatched {
 public:
  StillWatched(const EpollLoop& loop, EpollLoop::Key key) : loop_(loop), key_(key) {}
  explicit operator bool() const { return loop_.watches(key_); }

 private:
  const EpollLoop& loop_;
  EpollLoop::Key key_;
};

}  // namespace meridian::net
