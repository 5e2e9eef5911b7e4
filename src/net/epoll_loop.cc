// The Linux event loop: one epoll set, one timer map, one queue of posted tasks.
// Each turn: wait, deliver events, run due timers, run posted tasks and what is for the turn's end, then
// whatever asked for soon().
#include "net/epoll_loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "net/tcp.h"
#include "net/udp.h"

namespace meridian::net {
namespace {

constexpr int kEventsPerTurn = 256;
constexpr EpollLoop::Key kWakeKey = EpollLoop::kNoKey - 1;

class LoopTimer final : public Timer {
 public:
  LoopTimer(EpollLoop& loop, EpollLoop::TimerKey key) : loop_(loop), key_(key) {}
  ~LoopTimer() override { loop_.cancel(key_); }

 private:
  EpollLoop& loop_;
  EpollLoop::TimerKey key_;
};

}  // namespace

EpollLoop::EpollLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(kScratchBytes) {
  CHECK(epoll_.get() >= 0 && wake_.get() >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

EpollLoop::~EpollLoop() = default;

void EpollLoop::run() {
  // OpenSSL writes without MSG_NOSIGNAL; a peer that went away is an error to handle, not a signal.
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);

  epoll_event events[kEventsPerTurn];
  while (!stopping_.load(std::memory_order_acquire)) {
    const int count = epoll_wait(epoll_.get(), events, kEventsPerTurn, wait_ms());
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 != kWakeKey) {
        deliver(events[i].data.u64, events[i].events);
        serve_urgent();
        continue;
      }
      std::uint64_t ignored;
      [[maybe_unused]] auto size = ::read(wake_.get(), &ignored, sizeof ignored);
    }
    run_timers();
    run_posted();
    run_turn_ends();
    run_soon();
  }
  stopping_ = false;
}

void EpollLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] auto size = ::write(wake_.get(), &one, sizeof one);
}

void EpollLoop::post(std::function<void()> task) {
  bool first;
  {
    std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (!first) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] auto size = ::write(wake_.get(), &one, sizeof one);
}

std::unique_ptr<Timer> EpollLoop::after(Duration delay, std::function<void()> task) {
  const TimerKey key{clock_.monotonic() + delay, ++timer_count_};
  timers_.emplace(key, std::move(task));
  return std::make_unique<LoopTimer>(*this, key);
}

EpollLoop::Key EpollLoop::watch(int descriptor, std::uint32_t events, Ready& ready) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_slots_.back();
  Slot& slot = slots_[index];
  const Key key = Key{slot.generation} << 32 | index;
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return kNoKey;
  free_slots_.pop_back();
  slot.ready = &ready;
  return key;
}

void EpollLoop::change(Key key, int descriptor, std::uint32_t events) {
  if (key == kNoKey) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void EpollLoop::make_urgent(Key key) {
  if (key != kNoKey) urgent_.push_back(key);
}

void EpollLoop::unwatch(Key key, int descriptor) {
  if (key == kNoKey) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  forget(key);
}

void EpollLoop::forget(Key key) {
  std::erase(urgent_, key);
  Slot& slot = slots_[static_cast<std::uint32_t>(key)];
  CHECK(slot.generation == static_cast<std::uint32_t>(key >> 32));
  slot.ready = nullptr;
  ++slot.generation;
  free_slots_.push_back(static_cast<std::uint32_t>(key));
}

void EpollLoop::deliver(Key key, std::uint32_t events) {
  if (watches(key)) slots_[static_cast<std::uint32_t>(key)].ready->on_ready(events);
}

void EpollLoop::serve_urgent() {
  if (urgent_.empty()) return;
  const MonotonicTime now = clock_.monotonic();
  if (now - urgent_served_ < kUrgentGap) return;
  for (std::size_t i = 0; i < urgent_.size(); ++i) deliver(urgent_[i], EPOLLIN);
  urgent_served_ = clock_.monotonic();
}

void EpollLoop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void EpollLoop::run_turn_ends() {
  for (int round = 0; round < kTurnEndRounds && !turn_ends_.empty(); ++round) {
    turn_ends_running_.swap(turn_ends_);
    for (auto& task : turn_ends_running_) {
      task();
      serve_urgent();
    }
    turn_ends_running_.clear();
  }
}

void EpollLoop::run_timers() {
  if (timers_.empty()) return;
  // Timers set by these tasks wait for the next turn, so that a zero delay cannot starve the sockets.
  const TimerKey until{clock_.monotonic(), timer_count_};
  while (!timers_.empty() && timers_.begin()->first <= until) {
    auto task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
    serve_urgent();
  }
}

void EpollLoop::run_soon() {
  soon_running_.swap(soon_);
  for (Key key : soon_running_) {
    deliver(key, 0);
    serve_urgent();
  }
  soon_running_.clear();
}

int EpollLoop::wait_ms() const {
  if (!soon_.empty() || !turn_ends_.empty()) return 0;
  if (timers_.empty()) return -1;
  const Duration left = timers_.begin()->first.first - clock_.monotonic();
  if (left <= Duration::zero()) return 0;
  // Rounded up: waking early would only spin until the timer is due.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 60'000));
}

Result<std::unique_ptr<TcpListener>> EpollLoop::listen_tcp(
    const Address& address, const ListenOptions& options, std::shared_ptr<TlsServerContext> tls,
    std::function<void(std::unique_ptr<TcpConnection>)> on_accept) {
  return open_listener(*this, address, options, std::move(tls), std::move(on_accept));
}

std::unique_ptr<TcpConnect> EpollLoop::connect_tcp(const Address& address, const ConnectOptions& options,
                                                   OnConnected on_connected) {
  return start_connect(*this, address, options, std::move(on_connected));
}

Result<std::unique_ptr<UdpSocket>> EpollLoop::serve_udp(const Address& address, const ListenOptions& options,
                                                        DatagramServer& server) {
  return open_udp(*this, address, options, server);
}

void EpollLoop::linger(Wire wire) {
  // At once, so that a program which stops the loop right after has handed its last words to the kernel.
  wire.flush();
  if (lingering_.size() >= kLingeringMax) return;
  auto lingering = std::make_unique<Lingering>(*this, std::move(wire));
  if (lingering->watched()) lingering_.push_back(std::move(lingering));
}

void EpollLoop::end_linger(const Lingering& done) {
  lingering_.remove_if([&done](const std::unique_ptr<Lingering>& each) { return each.get() == &done; });
}

std::unique_ptr<Loop> make_loop() {
  return std::make_unique<EpollLoop>();
}

}  // namespace meridian::net
