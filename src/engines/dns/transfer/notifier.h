// NOTIFY out (RFC 1996): tells secondaries that a zone has changed, again and again until they say that they
// heard. Runs on one loop. Rule: nobody is told before every worker serves the change, or a secondary would
// ask at once and find nothing new.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engines/dns/transfer/access.h"
#include "engines/dns/transfer/zone_history.h"
#include "formats/dns/tsig.h"
#include "net/loop.h"

namespace meridian::engines::dns::transfer {

struct NotifierOptions {
  std::vector<NotifyTarget> targets;
  meridian::dns::TsigKeys keys;  // has those of the targets
  // What notifications leave from, for secondaries that check it; by family, any address where there is none.
  std::optional<net::IpAddress> source_v4, source_v6;
};

class Notifier final : public net::DatagramServer {
 public:
  static constexpr Duration kGatherTime = std::chrono::milliseconds(50);  // changes of a zone told as one
  static constexpr Duration kRetryTime = std::chrono::seconds(1);  // the first; each further one doubles
  static constexpr unsigned kAttemptsMax = 6;
  static constexpr std::size_t kWaitingMax =
      200'000;                                       // zones × secondaries; who is left out refreshes anyway
  static constexpr std::size_t kSentAtOnceMax = 64;  // in one go; the rest follows 10 ms later

  // `served`: the lowest revision that any worker serves; thread-safe.
  Notifier(net::Loop& loop, NotifierOptions options, std::function<std::uint64_t()> served,
           const Clock& clock, Random& random, Logger& logger, Metrics& metrics);
  ~Notifier() override;

  // Opens the sockets, before the loop runs.
  Result<void> start();
  // Thread-safe: the zones as they are at `revision`.
  void changed(std::vector<ChangedZone> zones, std::uint64_t revision);

  void serve(std::span<net::Exchange> replies) override;

 private:
  struct Waiting {
    ChangedZone zone;
    std::uint16_t id = 0;
    std::string mac;  // of the message sent last, when it was signed
    unsigned attempts = 0;
    MonotonicTime due;
  };
  using Place = std::pair<std::size_t, std::string>;  // target, apex

  void gather(std::vector<ChangedZone> zones, std::uint64_t revision);
  void tell();
  void send_due();
  void send(const Place& place, Waiting& waiting);
  void take_reply(const net::Address& peer, Bytes reply);
  bool is_good(const NotifyTarget& target, const Waiting& waiting, Bytes reply) const;
  void wake_at(MonotonicTime due);

  net::Loop& loop_;
  NotifierOptions options_;
  std::function<std::uint64_t()> served_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  Counter &sent_, &heard_, &failed_;
  Gauge& waiting_gauge_;
  std::unique_ptr<net::UdpSocket> socket_v4_, socket_v6_;
  std::map<std::string, ChangedZone> gathered_;  // by apex; not told yet
  std::uint64_t gathered_revision_ = 0;
  std::unique_ptr<net::Timer> gather_timer_, send_timer_;
  std::map<Place, Waiting> waiting_;
};

}  // namespace meridian::engines::dns::transfer
