// What systemd's Type=notify wants to hear, over $NOTIFY_SOCKET (sd_notify(3)); says nothing where nobody
// listens. Rule: telling never waits and never fails the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/socket.h"

namespace meridian::apps {

class ServiceManager {
 public:
  // What the environment says; each may be null.
  struct Environment {
    const char* notify_socket = nullptr;  // a path, or @name in the abstract namespace
    const char* watchdog_usec = nullptr;
    const char* watchdog_pid = nullptr;
  };
  static Environment environment();  // of this process

  explicit ServiceManager(const Environment& environment);

  void status(std::string_view text);  // the line of `systemctl status`; again only when it has changed
  void ready() { send("READY=1"); }
  void stopping() { send("STOPPING=1"); }
  void alive() { send("WATCHDOG=1"); }
  // How long the service manager waits for alive() before it ends the process; none: it does not.
  std::optional<Duration> watchdog_timeout() const { return watchdog_timeout_; }

 private:
  void send(std::string_view message);
  net::FileDescriptor socket_;
  std::string address_;  // sun_path
  std::string status_;
  std::optional<Duration> watchdog_timeout_;
};

}  // namespace meridian::apps
