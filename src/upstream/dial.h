// What every call does before its request is on the way, and while it waits for an answer. Internal to
// upstream/.
#pragma once

#include "upstream/origin_client.h"

namespace meridian::upstream {

inline constexpr std::string_view kLimitText = "too many connections to origins";
inline constexpr std::string_view kInterimText = "too many interim responses";
std::string silence_text(Duration limit);

struct DialParts {
  net::Loop& loop;
  Names& names;
  const TlsTrust::Contexts& trust;
  Counter& failed;  // attempts
};

// From a peer's name to a connection: attempts, and their time limits. Exactly one of the two is called,
// last.
class Dial final {
 public:
  using Connected = std::function<void(std::unique_ptr<net::TcpConnection>)>;
  using Failed = std::function<void(Failure, std::string why)>;
  Dial(const DialParts& parts, const Peer& peer, const CallTimes& times, Connected connected, Failed failed);

 private:
  void connect();
  void attempt_failed(Failure kind, std::string why);
  void fail(Failure kind, std::string why);

  const DialParts parts_;
  const Peer peer_;
  const CallTimes times_;
  Connected connected_;
  Failed failed_;
  net::Address address_;
  std::unique_ptr<NameLookup> lookup_;
  std::unique_ptr<net::TcpConnect> connect_;
  std::unique_ptr<net::Timer> deadline_;
  unsigned attempt_ = 0;
  bool handshake_ = false;  // of TLS, under way
};

// Silence of a peer. One timer for many reads: it looks when the last one was.
class SilenceWatch final {
 public:
  SilenceWatch(net::Loop& loop, std::function<void()> silent) : loop_(loop), silent_(std::move(silent)) {}
  void heard(Duration limit);  // bytes came or went: the clock starts anew
  void pause(bool paused) { paused_ = paused; }
  void stop() { timer_.reset(); }

 private:
  void check();

  net::Loop& loop_;
  const std::function<void()> silent_;
  std::unique_ptr<net::Timer> timer_;
  MonotonicTime heard_at_{};
  Duration limit_{};
  bool paused_ = false;
};

}  // namespace meridian::upstream
