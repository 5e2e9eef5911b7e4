// Zone transfer as the engine sees it: which queries are its business, their replies and streams, limits and
// counts. Thread-safe but for publish(). Rule: nothing is told to whom no rule allows it, not even whether a
// zone is here.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "engines/dns/answer.h"
#include "engines/dns/transfer/access.h"
#include "engines/dns/transfer/stream.h"
#include "engines/dns/transfer/zone_history.h"

namespace meridian::engines::dns::transfer {

struct TransferOptions {
  std::vector<AccessRule> allowed;
  meridian::dns::TsigKeys keys;
  std::optional<meridian::dns::Name> hidden_zone;  // answered only for those who may transfer it
  unsigned streams_max = 16;                       // at a time
};

class Transfers {
 public:
  // On the publisher's thread; `first` is what the engine starts with.
  Transfers(TransferOptions options, const DnsSnapshot& first, const Clock& clock, Logger& logger,
            Metrics& metrics);

  // The publisher's thread, before the engine publishes. What secondaries are to be told of.
  std::vector<ChangedZone> publish(const snapshots::dns::Delta& delta, const DnsSnapshot& next) {
    return history_.publish(delta, next);
  }

  // Whether the query is for answer() below instead of the usual one: a transfer, signed, or about the hidden
  // zone.
  bool concerns(Bytes query) const;
  AnswerResult answer(Bytes query, const DnsSnapshot& snapshot, const AnswerContext& context,
                      MutableBytes out);

  // A transfer under way; its end is counted and logged.
  class Running {
   public:
    Running(Transfers& owner, Stream stream, std::string zone, const char* kind, const net::Address& client);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Stream& stream() { return stream_; }

   private:
    Transfers& owner_;
    Stream stream_;
    std::string zone_;
    const char* kind_;
    net::Address client_;
    MonotonicTime began_;
  };
  // For a query that came over a stream transport. Null: it is none, or not granted; answer() has the reply.
  std::unique_ptr<Running> begin(Bytes query, const ServerIdentity& identity, const net::Address& client,
                                 SystemTime now);

 private:
  struct Request;
  struct Plan;
  std::optional<Request> read_request(Bytes query, const net::Address& client, SystemTime now) const;
  Plan plan(const Request& request) const;
  AnswerResult answer_signed(const Request& request, AnswerResult plain, const AnswerContext& context,
                             MutableBytes out) const;
  AnswerResult answer_plain(const Request& request, const DnsSnapshot& snapshot, const AnswerContext& context,
                            MutableBytes out);
  AnswerResult refuse_transfer(const Request& request, meridian::dns::Rcode rcode,
                               const AnswerContext& context, MutableBytes out);

  TransferOptions options_;
  const Clock& clock_;
  Logger& logger_;
  ZoneHistory history_;
  std::atomic<unsigned> streams_{0};
  Counter &completed_, &cut_, &refused_, &records_, &bytes_, &bad_signatures_;
  Gauge& running_;
};

}  // namespace meridian::engines::dns::transfer
