// Control and edges in one thread of virtual time, joined by connections in memory that can be slowed, cut
// and tampered with. For tests.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/certificate.h"
#include "net/loop.h"
#include "net/tls.h"

namespace meridian::snapshots::feed {

class TestLoop final : public net::Loop {
 public:
  // The way between an edge and the control; the same for all its connections.
  struct Path {
    bool up = true;        // false: nothing arrives any more, and no connection comes about
    bool stalled = false;  // the edge takes nothing: the control's bytes stay pending
    std::optional<net::CertificateSummary> certificate;  // the edge's, as the control sees it
    std::function<void(std::string&)> tamper;            // with what the control sends
  };

  const Clock& clock() const override { return clock_; }
  void run() override {}
  void stop() override {}
  void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }
  std::unique_ptr<net::Timer> after(Duration delay, std::function<void()> task) override {
    const Key key{clock_.monotonic() + delay, ++made_};
    timers_.emplace(key, std::move(task));
    return std::make_unique<TestTimer>(*this, key);
  }
  Result<std::unique_ptr<net::TcpListener>> listen_tcp(
      const net::Address& address, const net::ListenOptions&, std::shared_ptr<net::TlsServerContext>,
      std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept) override {
    on_accept_ = std::move(on_accept);
    return std::make_unique<TestListener>(*this, address);
  }
  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address&, Duration,
                                               std::shared_ptr<net::TlsClientContext>, OnConnected) override {
    return nullptr;
  }
  Result<std::unique_ptr<net::UdpSocket>> serve_udp(const net::Address&, const net::ListenOptions&,
                                                    net::DatagramServer&) override {
    return invalid("no UDP here");
  }

  std::unique_ptr<net::TcpConnect> connect(std::shared_ptr<Path> path, OnConnected done) {
    auto alive = std::make_shared<bool>(true);
    post([this, path, alive, done = std::move(done)] {
      if (!*alive) return;
      if (!path->up || !on_accept_)
        return done(fail(ErrorCode::Unavailable, "connection refused", ErrorSource::Peer));
      auto pipe = std::make_shared<Pipe>();
      pipe->path = path;
      done(std::make_unique<End>(*this, pipe, 0));
      on_accept_(std::make_unique<End>(*this, pipe, 1));
    });
    return std::make_unique<Attempt>(alive);
  }

  void run_posted() {
    while (!posted_.empty()) {
      auto task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }
  void pass(Duration by) { clock_.advance(by); }  // something takes its time, and nothing else runs
  void advance(Duration by) {
    run_posted();
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

 private:
  using Key = std::pair<MonotonicTime, std::uint64_t>;
  class End;
  struct Pipe {
    std::shared_ptr<Path> path;
    std::array<End*, 2> ends;  // the edge's, the control's; null when gone
  };

  // Bytes travel as posted tasks, in order.
  class End final : public net::TcpConnection {
   public:
    End(TestLoop& loop, std::shared_ptr<Pipe> pipe, int side)
        : loop_(loop), pipe_(std::move(pipe)), side_(side) {
      pipe_->ends[side_] = this;
    }
    ~End() override { close(); }
    void start(net::TcpHandler& handler) override { handler_ = &handler; }
    void write(std::string bytes) override {
      if (side_ == 1 && pipe_->path->stalled) {
        held_ += bytes;
        return;
      }
      if (side_ == 1 && pipe_->path->tamper) pipe_->path->tamper(bytes);
      loop_.post([pipe = pipe_, to = 1 - side_, bytes = std::move(bytes)] {
        End* const end = pipe->ends[to];
        if (pipe->path->up && end && end->handler_) end->handler_->on_data(*end, as_bytes(bytes));
      });
    }
    std::size_t pending() const override { return held_.size(); }
    void pause_reading() override {}
    void resume_reading() override {}
    void close_after_flush() override { close(); }
    const net::Address& peer() const override { return address_; }
    const net::Address& local() const override { return address_; }
    std::string_view server_name() const override { return ""; }
    const net::CertificateSummary* peer_certificate() const override {
      return side_ == 1 && pipe_->path->certificate ? &*pipe_->path->certificate : nullptr;
    }

   private:
    void close() {
      if (pipe_->ends[side_] != this) return;
      pipe_->ends[side_] = nullptr;
      loop_.post([pipe = pipe_, to = 1 - side_] {
        End* const end = pipe->ends[to];
        if (pipe->path->up && end && end->handler_) end->handler_->on_closed(*end, nullptr);
      });
    }
    TestLoop& loop_;
    std::shared_ptr<Pipe> pipe_;
    int side_;
    net::TcpHandler* handler_ = nullptr;
    std::string held_;
    net::Address address_{net::IpAddress::v4({192, 0, 2, 9}), 1234};
  };
  struct Attempt final : net::TcpConnect {
    explicit Attempt(std::shared_ptr<bool> flag) : alive(std::move(flag)) {}
    ~Attempt() override { *alive = false; }
    std::shared_ptr<bool> alive;
  };
  struct TestTimer final : net::Timer {
    TestTimer(TestLoop& owner, Key at) : loop(owner), key(at) {}
    ~TestTimer() override { loop.timers_.erase(key); }
    TestLoop& loop;
    Key key;
  };
  struct TestListener final : net::TcpListener {
    TestListener(TestLoop& owner, const net::Address& at) : loop(owner), address(at) {}
    ~TestListener() override { loop.on_accept_ = nullptr; }
    const net::Address& local() const override { return address; }
    std::uint64_t refused() const override { return 0; }
    void replace_tls(std::shared_ptr<net::TlsServerContext>) override {}
    TestLoop& loop;
    net::Address address;
  };

  ManualClock clock_{SystemTime(std::chrono::seconds(784111777))};
  std::deque<std::function<void()>> posted_;
  std::map<Key, std::function<void()>> timers_;
  std::uint64_t made_ = 0;
  std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept_;
};

}  // namespace meridian::snapshots::feed
