#include "upstream/dial.h"

#include <fmt/format.h>

namespace meridian::upstream {

Dial::Dial(const DialParts& parts, const Peer& peer, const CallTimes& times, Connected connected,
           Failed failed)
    : parts_(parts),
      peer_(peer),
      times_(times),
      connected_(std::move(connected)),
      failed_(std::move(failed)) {
  if (const auto address = net::IpAddress::parse(peer_.host)) {
    address_ = {*address, peer_.port};
    // Never from inside the constructor: whoever makes this does not have it yet.
    deadline_ = parts_.loop.after(Duration::zero(), [this] { connect(); });
    return;
  }
  lookup_ = parts_.names.look_up(peer_.host, [this](Result<net::IpAddress> found) {
    if (!found) return fail(Failure::Name, found.error().message);
    address_ = {*found, peer_.port};
    const auto over = std::move(lookup_);
    connect();
  });
}

void Dial::connect() {
  ++attempt_;
  handshake_ = false;
  net::ConnectOptions options;
  // The deadline is ours, so that a slow peer can be told from one that refuses.
  options.timeout = times_.connect + std::chrono::seconds(1);
  if (peer_.tls) {
    options.tls = peer_.oldest == net::TlsVersion::Tls13 ? parts_.trust.tls13 : parts_.trust.tls12;
    if (!options.tls) return fail(Failure::Tls, "no certificate authorities are trusted here");
    options.server_name = peer_.server_name;
    options.on_handshake = [this] { handshake_ = true; };
  }
  deadline_ = parts_.loop.after(times_.connect, [this] {
    connect_.reset();
    attempt_failed(Failure::ConnectTime, fmt::format("{} does not answer", address_.to_string()));
  });
  connect_ =
      parts_.loop.connect_tcp(address_, options, [this](Result<std::unique_ptr<net::TcpConnection>> tcp) {
        const auto over = std::move(connect_);
        deadline_.reset();
        if (!tcp) return attempt_failed(handshake_ ? Failure::Tls : Failure::Connect, tcp.error().message);
        const auto told = std::move(connected_);
        told(*std::move(tcp));
      });
}

void Dial::attempt_failed(Failure kind, std::string why) {
  parts_.failed.add();
  if (attempt_ < times_.attempts) return connect();
  fail(kind, std::move(why));
}

void Dial::fail(Failure kind, std::string why) {
  const auto told = std::move(failed_);
  told(kind, std::move(why));
}

void SilenceWatch::heard(Duration limit) {
  limit_ = limit;
  heard_at_ = loop_.clock().monotonic();
  if (!timer_) timer_ = loop_.after(limit_, [this] { check(); });
}

void SilenceWatch::check() {
  timer_.reset();
  const Duration silent = loop_.clock().monotonic() - heard_at_;
  if (!paused_ && silent >= limit_) return silent_();
  timer_ = loop_.after(paused_ ? limit_ : limit_ - silent, [this] { check(); });
}

}  // namespace meridian::upstream
