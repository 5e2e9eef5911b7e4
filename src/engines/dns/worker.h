// One thread's share of the DNS service: its view of the snapshot, its randomness, its counters. UDP and TCP
// listeners of the same thread share it.
#pragma once

#include "base/clock.h"
#include "base/published.h"
#include "base/random.h"
#include "engines/dns/answer.h"
#include "engines/dns/busiest.h"
#include "engines/dns/counters.h"
#include "engines/dns/query_log/recorder.h"
#include "engines/dns/rate_limit.h"
#include "engines/dns/transfer/transfers.h"
#include "engines/dns/zone_queries.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/location/location.h"

namespace meridian::engines::dns {

struct Worker {
  Worker(Published<snapshots::dns::DnsSnapshot>& published,
         Published<snapshots::location::Locations>& published_locations,
         const ServerIdentity& server_identity, const Clock& server_clock, std::uint64_t seed,
         transfer::Transfers* zone_transfers = nullptr)
      : snapshot(published),
        locations(published_locations),
        identity(server_identity),
        clock(server_clock),
        random(seed),
        transfers(zone_transfers) {}

  Published<snapshots::dns::DnsSnapshot>::Reader snapshot;
  Published<snapshots::location::Locations>::Reader locations;
  const ServerIdentity& identity;
  const Clock& clock;
  SeededRandom random;
  transfer::Transfers* const transfers;  // null: off
  Counters counters;
  std::unique_ptr<RateLimit> limits;  // null: none
  Busiest busiest;
  ZoneQueries zone_queries;
  query_log::Recorder* query_log = nullptr;  // null: off
  Bytes asked;  // the query that is being answered: what is told of a thread that dies
  std::atomic<std::uint64_t> served_revision{0};
  std::atomic<bool> acknowledgement_asked{false};
};

// What one batch of queries is answered from.
struct Pinned {
  explicit Pinned(Worker& worker)
      : snapshot(worker.snapshot.current()), locations(worker.locations.current()) {}

  Published<snapshots::dns::DnsSnapshot>::Pin snapshot;
  Published<snapshots::location::Locations>::Pin locations;
};

// The query that the calling thread is answering; empty when it is not. For a signal handler.
Bytes query_under_way();
void set_worker_of_thread(const Worker* worker);

// Answers one query and counts it; the size of the reply, 0 when there is none.
std::size_t serve_query(Worker& worker, const Pinned& pinned, Counters::PerTransport& counters,
                        Transport transport, const net::Address& client, SystemTime now, Bytes query,
                        MutableBytes reply);

}  // namespace meridian::engines::dns
