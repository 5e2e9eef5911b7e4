// Control and edges in one thread of virtual time, joined by connections in memory that can be slowed, cut
// and tampered with. For tests.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "net/certificate.h"
#include "net/tls.h"
#include "net/virtual_loop.h"

namespace meridian::snapshots::feed {

class TestLoop final : public net::VirtualLoop {
 public:
  // The way between an edge and the control; the same for all its connections.
  struct Path {
    bool up = true;        // false: nothing arrives any more, and no connection comes about
    bool stalled = false;  // the edge takes nothing: the control's bytes stay pending
    std::optional<net::CertificateSummary> certificate;  // the edge's, as the control sees it
    std::function<void(std::string&)> tamper;            // with what the control sends
  };

  std::unique_ptr<net::TcpConnect> connect(std::shared_ptr<Path> path, OnConnected done) {
    auto alive = std::make_shared<bool>(true);
    post([this, path, alive, done = std::move(done)] {
      if (!*alive) return;
      if (!path->up || !listening())
        return done(fail(ErrorCode::Unavailable, "connection refused", ErrorSource::Peer));
      auto pipe = std::make_shared<Pipe>();
      pipe->path = path;
      done(std::make_unique<End>(*this, pipe, 0));
      accept(std::make_unique<End>(*this, pipe, 1));
    });
    return std::make_unique<Attempt>(alive);
  }

 private:
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
};

}  // namespace meridian::snapshots::feed
