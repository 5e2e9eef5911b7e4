// The DNS engine as the rest of the program sees it: start it with a snapshot, publish new ones, ask what it
// serves. Rule: it knows nothing of where snapshots come from; with nobody publishing it goes on answering.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/published.h"
#include "base/random.h"
#include "engines/dns/answer.h"
#include "engines/dns/busiest.h"
#include "engines/dns/explain.h"
#include "engines/dns/listen_tcp.h"
#include "engines/dns/query_log/query_log.h"
#include "engines/dns/rate_limit.h"
#include "net/loop.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/location/location.h"

namespace meridian::engines::dns {

inline constexpr int kReceiveBufferBytes = 1024 * 1024;

struct DnsEngineOptions {
  std::vector<net::Address> addresses;  // UDP and TCP on each; port 0: the system chooses one for both
  unsigned workers = 1;                 // threads; each has its own sockets (SO_REUSEPORT)
  ServerIdentity identity;
  TcpLimits tcp;
  RateLimitOptions limits;
  // DNS over TLS (RFC 7858); `tls` is needed with addresses. A handshake costs more than what an idle
  // connection holds, so that clients may keep theirs longer (RFC 7858 §3.4).
  std::vector<net::Address> tls_addresses;
  std::shared_ptr<net::TlsServerContext> tls;
  TcpLimits tls_limits{.idle_time_max = std::chrono::seconds(30)};
  int receive_buffer_bytes = kReceiveBufferBytes;  // SO_RCVBUF of the UDP sockets
  bool pin_workers = false;                        // each to a CPU of its own
  query_log::QueryLog* query_log = nullptr;        // with a recorder a worker; outlives the engine
  transfer::Transfers* transfers = nullptr;        // null: off; outlives the engine
};

class DnsEngine {
 public:
  using MakeLoop = std::function<std::unique_ptr<net::Loop>()>;

  // `random` seeds the workers' own generators.
  DnsEngine(DnsEngineOptions options, std::unique_ptr<const snapshots::dns::DnsSnapshot> first,
            const Clock& clock, Random& random, Metrics& metrics, MakeLoop make_loop);
  ~DnsEngine();  // stops answering

  // Opens every socket, then answers. All or nothing: on an error nothing listens.
  Result<void> start();
  const std::vector<net::Address>& addresses() const { return bound_; }  // real ports, after start()
  const std::vector<net::Address>& tls_addresses() const { return bound_tls_; }
  // For connections from now on. Thread-safe; after start(), with TLS addresses.
  void replace_tls(std::shared_ptr<net::TlsServerContext> tls);
  unsigned workers() const { return static_cast<unsigned>(threads_.size()); }
  net::Loop& loop(unsigned worker);  // to post to
  int receive_buffer_bytes() const;  // the least that the kernel granted

  // One thread at a time, and the same that destroys snapshots: see snapshots/dns/snapshot.h.
  const snapshots::dns::DnsSnapshot& latest() const { return published_.latest(); }
  void publish(std::unique_ptr<const snapshots::dns::DnsSnapshot> next);

  // Where clients are, for answers from now on; until the first, nothing is known of any. One thread at a
  // time.
  void publish_locations(std::unique_ptr<const snapshots::location::Locations> next) {
    published_locations_.publish(std::move(next));
  }

  // The lowest revision that any worker may still answer from. Thread-safe.
  std::uint64_t served_revision() const;

  std::uint64_t queries() const;  // answered since the start; thread-safe

  // For questions that come from elsewhere than the wire, and are not counted: see explain.h. What is served
  // is kept as it is until `ask` returns. Thread-safe.
  void with_current(const std::function<void(const AskedOf&)>& ask);

  // By zone id, what each answered since the start, of zones that there are. Thread-safe.
  std::map<std::string, std::uint64_t> zone_queries();

  // Who asks most, and what. Thread-safe; waits for the workers, but not long for one that is stuck.
  BusyReport busiest();

 private:
  struct Thread;
  net::ListenOptions listen_options(std::size_t worker) const;
  Result<void> pin();
  Result<void> bind();
  Result<void> bind_tls();
  void register_metrics();
  void copy_limited();
  void copy_losses();
  void copy_choices();
  template <typename Pick>
  void copy_replies(const char* transport, Pick pick);
  void copy_connections(const char* transport, TcpListener Thread::*listener,
                        Counters::PerStreamTransport Counters::*counters);

  DnsEngineOptions options_;
  const Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  MakeLoop make_loop_;
  Published<snapshots::dns::DnsSnapshot> published_;
  Published<snapshots::location::Locations> published_locations_{
      std::make_unique<const snapshots::location::Locations>()};
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<net::Address> bound_, bound_tls_;
};

}  // namespace meridian::engines::dns
