#include "engines/dns/listen_udp.h"

#include "engines/dns/log_query.h"

namespace meridian::engines::dns {
namespace {

thread_local const Worker* worker_of_thread = nullptr;

[[gnu::always_inline]] inline AnswerResult answer_unlimited(Worker& worker,
                                                            const snapshots::dns::DnsSnapshot& snapshot,
                                                            const AnswerContext& context, Bytes query,
                                                            MutableBytes reply) {
  const bool is_transfer = worker.transfers && worker.transfers->concerns(query);
  return is_transfer ? worker.transfers->answer(query, snapshot, context, reply)
                     : answer(query, snapshot, context, reply);
}

AnswerResult answer_within_limits(Worker& worker, const snapshots::dns::DnsSnapshot& snapshot,
                                  const AnswerContext& context, Bytes query, MutableBytes reply) {
  if (const auto refused = worker.limits->refuse(query, context, reply)) return *refused;
  AnswerResult result = answer_unlimited(worker, snapshot, context, query, reply);
  worker.limits->apply(query, context, reply, result);
  return result;
}

}  // namespace

Bytes query_under_way() {
  return worker_of_thread ? worker_of_thread->asked : Bytes{};
}
void set_worker_of_thread(const Worker* worker) {
  worker_of_thread = worker;
}

std::size_t serve_query(Worker& worker, const Pinned& pinned, Counters::PerTransport& counters,
                        Transport transport, const net::Address& client, SystemTime now, Bytes query,
                        MutableBytes reply) {
  const snapshots::dns::DnsSnapshot& snapshot = *pinned.snapshot;
  AnswerContext context{client, transport, worker.random, worker.identity, now, &*pinned.locations};
  worker.asked = query;
  const AnswerResult result = worker.limits ? answer_within_limits(worker, snapshot, context, query, reply)
                                            : answer_unlimited(worker, snapshot, context, query, reply);
  worker.asked = {};
  worker.busiest.saw(client.ip, result.zone, now, worker.random);
  worker.zone_queries.saw(result.zone);
  if (worker.query_log && worker.query_log->awake()) [[unlikely]]
    log_query(*worker.query_log, context, result, query, reply.first(result.size));
  if (result.size == 0) {
    Counters::add(counters.dropped);
    return 0;
  }
  if (result.rcode < Counters::kRcodes) Counters::add(counters.replies[result.rcode]);
  if (result.truncated) Counters::add(counters.truncated);
  if (result.choices.policies != 0) [[unlikely]]
    worker.counters.choices.count(result.choices);
  return result.size;
}

void UdpListener::serve(std::span<net::Exchange> batch) {
  const Pinned pinned(worker_);
  const SystemTime now = worker_.clock.now();
  for (net::Exchange& exchange : batch)
    exchange.reply_size = serve_query(worker_, pinned, worker_.counters.udp, Transport::Udp, *exchange.peer,
                                      now, exchange.query, exchange.reply);
}

}  // namespace meridian::engines::dns
