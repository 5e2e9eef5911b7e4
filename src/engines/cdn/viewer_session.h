// One connection of viewers, whatever it speaks. Internal to the transports.
#pragma once

#include "engines/cdn/viewers.h"

namespace meridian::engines::cdn {

class ViewerSession : public net::TcpHandler {
 public:
  virtual void check_time(MonotonicTime now) = 0;  // about once a second
  virtual void go_on() = 0;  // with what it holds, as far as that goes; not from inside an exchange
};

// They read `tcp` through its handler, which is the session itself or hands on what it hears.
std::unique_ptr<ViewerSession> make_http1_session(Viewers& owner, std::uint64_t id,
                                                  std::unique_ptr<net::TcpConnection> tcp, bool tls);
std::unique_ptr<ViewerSession> make_http2_session(Viewers& owner, std::uint64_t id,
                                                  std::unique_ptr<net::TcpConnection> tcp);

ViewerConnection describe(const net::TcpConnection& tcp, bool tls);

// A connection that stands still while bytes wait: since when its viewer takes nothing.
class StallWatch {
 public:
  bool stalled(std::size_t unsent, MonotonicTime now, Duration most) {
    if (unsent != 0 && unsent == seen_) return now - since_ >= most;
    seen_ = unsent;
    since_ = now;
    return false;
  }

 private:
  std::size_t seen_ = 0;
  MonotonicTime since_{};
};

}  // namespace meridian::engines::cdn
