#include "engines/dns/dns_engine.h"

#include <fmt/format.h>
#include <pthread.h>

#include <future>
#include <thread>
#include <unordered_map>

#include "engines/dns/listen_udp.h"
#include "engines/dns/policies.h"
#include "formats/dns/message.h"
#include "net/pin_worker.h"

namespace meridian::engines::dns {

using snapshots::dns::DnsSnapshot;
using snapshots::location::Locations;

namespace {

constexpr int kPortAttempts = 16;  // to find one port that is free for UDP and TCP alike

// Workers count for themselves; a scrape adds what is new since the last one.
void advance(Counter& metric, std::uint64_t now) {
  const std::uint64_t before = metric.value();
  if (now > before) metric.add(now - before);
}

}  // namespace

struct DnsEngine::Thread {
  Thread(std::unique_ptr<net::Loop> its_loop, Published<DnsSnapshot>& published,
         Published<Locations>& locations, const DnsEngineOptions& options, const Clock& clock, Random& random)
      : loop(std::move(its_loop)),
        worker(published, locations, options.identity, clock, random.next(), options.transfers),
        udp(worker),
        tcp(*loop, worker, Transport::Tcp, options.tcp),
        tls(*loop, worker, Transport::Tls, options.tls_limits) {
    if (options.limits.any())
      worker.limits = std::make_unique<RateLimit>(options.limits, std::max(1u, options.workers), random);
  }

  // What the worker will answer from next is at least this: whatever it answers later pins the current
  // snapshot.
  void acknowledge() {
    worker.acknowledgement_asked.store(false, std::memory_order_seq_cst);
    worker.served_revision.store(worker.snapshot.current()->revision(), std::memory_order_release);
  }

  std::unique_ptr<net::Loop> loop;
  Worker worker;
  UdpListener udp;
  TcpListener tcp, tls;
  std::vector<std::unique_ptr<net::UdpSocket>> udp_sockets;
  std::thread thread;
};

DnsEngine::DnsEngine(DnsEngineOptions options, std::unique_ptr<const DnsSnapshot> first, const Clock& clock,
                     Random& random, Metrics& metrics, MakeLoop make_loop)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      make_loop_(std::move(make_loop)),
      published_(std::move(first)) {}

DnsEngine::~DnsEngine() {
  for (auto& thread : threads_) thread->loop->stop();
  for (auto& thread : threads_)
    if (thread->thread.joinable()) thread->thread.join();
}

Result<void> DnsEngine::start() {
  if (options_.addresses.empty() && options_.tls_addresses.empty())
    return {};  // it keeps what is published, and answers with_current()
  for (unsigned i = 0; i < std::max(1u, options_.workers); ++i)
    threads_.push_back(
        std::make_unique<Thread>(make_loop_(), published_, published_locations_, options_, clock_, random_));
  if (options_.query_log)
    for (unsigned i = 0; i < threads_.size(); ++i)
      threads_[i]->worker.query_log = &options_.query_log->recorder(i);
  auto bound = bind();
  if (bound) bound = bind_tls();
  if (!bound) {
    threads_.clear();
    bound_.clear();
    bound_tls_.clear();
    return bound;
  }
  register_metrics();
  unsigned number = 0;
  for (auto& thread : threads_) {
    thread->acknowledge();
    thread->thread = std::thread([&thread = *thread] {
      set_worker_of_thread(&thread.worker);
      thread.loop->run();
    });
    pthread_setname_np(thread->thread.native_handle(), fmt::format("dns-{}", number++).c_str());
  }
  return options_.pin_workers ? pin() : Result<void>{};
}

Result<void> DnsEngine::pin() {
  for (std::size_t i = 0; i < threads_.size(); ++i)
    TRY(net::pin_worker(threads_[i]->thread, listen_options(i).incoming_cpu));
  return {};
}

net::ListenOptions DnsEngine::listen_options(std::size_t worker) const {
  net::ListenOptions listen;
  listen.reuse_port = true;
  listen.receive_buffer_bytes = options_.receive_buffer_bytes;
  if (options_.pin_workers) {
    const std::vector<int> cpus = net::allowed_cpus();
    listen.incoming_cpu = cpus[worker % cpus.size()];
  }
  return listen;
}

Result<void> DnsEngine::bind() {
  Thread& first = *threads_.front();
  // With SO_REUSEPORT alone, a second server of the same user would silently take a share of the queries.
  const net::ListenOptions exclusive;
  for (const net::Address& asked : options_.addresses)
    if (asked.port != 0) TRY(first.loop->serve_udp(asked, exclusive, first.udp));
  for (const net::Address& asked : options_.addresses) {
    net::Address address = asked;
    for (int attempt = 1;; ++attempt) {
      auto udp = TRY(first.loop->serve_udp(address, listen_options(0), first.udp));
      net::Address chosen{address.ip, udp->local().port};
      auto tcp = first.tcp.listen(chosen, listen_options(0));
      // Another program may have the TCP port of the UDP port that the system chose.
      if (!tcp && asked.port == 0 && attempt < kPortAttempts) continue;
      TRY(std::move(tcp));
      first.udp_sockets.push_back(std::move(udp));
      address = chosen;
      break;
    }
    for (std::size_t i = 1; i < threads_.size(); ++i) {
      threads_[i]->udp_sockets.push_back(
          TRY(threads_[i]->loop->serve_udp(address, listen_options(i), threads_[i]->udp)));
      TRY(threads_[i]->tcp.listen(address, listen_options(i)));
    }
    bound_.push_back(address);
  }
  return {};
}

Result<void> DnsEngine::bind_tls() {
  net::ListenOptions listen;
  listen.reuse_port = true;
  const net::ListenOptions exclusive;  // as above
  for (const net::Address& asked : options_.tls_addresses) {
    if (asked.port != 0) TRY(threads_.front()->loop->listen_tcp(asked, exclusive, options_.tls, [](auto) {}));
    net::Address address = asked;
    for (const auto& thread : threads_) address = TRY(thread->tls.listen(address, listen, options_.tls));
    bound_tls_.push_back(address);
  }
  return {};
}

void DnsEngine::replace_tls(std::shared_ptr<net::TlsServerContext> tls) {
  for (const auto& thread : threads_)
    thread->loop->post([&listener = thread->tls, tls] { listener.replace_tls(tls); });
}

void DnsEngine::publish(std::unique_ptr<const DnsSnapshot> next) {
  published_.publish(std::move(next));
  for (auto& thread : threads_) {
    // A worker that was asked and has not looked yet will see this snapshot too.
    if (thread->worker.acknowledgement_asked.exchange(true, std::memory_order_seq_cst)) continue;
    thread->loop->post([&thread = *thread] { thread.acknowledge(); });
  }
}

net::Loop& DnsEngine::loop(unsigned worker) {
  return *threads_.at(worker)->loop;
}

int DnsEngine::receive_buffer_bytes() const {
  int least = options_.receive_buffer_bytes;
  for (const auto& thread : threads_)
    for (const auto& socket : thread->udp_sockets) least = std::min(least, socket->receive_buffer_bytes());
  return least;
}

std::uint64_t DnsEngine::served_revision() const {
  std::uint64_t lowest = ~std::uint64_t{0};
  for (const auto& thread : threads_)
    lowest = std::min(lowest, thread->worker.served_revision.load(std::memory_order_acquire));
  return threads_.empty() ? 0 : lowest;
}

std::uint64_t DnsEngine::queries() const {
  std::uint64_t total = 0;
  for (const auto& thread : threads_) {
    const Counters& counters = thread->worker.counters;
    for (const Counters::PerTransport* transport :
         std::initializer_list<const Counters::PerTransport*>{&counters.udp, &counters.tcp, &counters.tls})
      for (const auto& replies : transport->replies) total += replies.load(std::memory_order_relaxed);
  }
  return total;
}

void DnsEngine::with_current(const std::function<void(const AskedOf&)>& ask) {
  Published<DnsSnapshot>::Reader reader(published_);
  auto snapshot = reader.current();
  Published<Locations>::Reader locations_reader(published_locations_);
  auto locations = locations_reader.current();
  ask({*snapshot, *locations, options_.identity, clock_.now()});
}

std::map<std::string, std::uint64_t> DnsEngine::zone_queries() {
  std::unordered_map<std::uint64_t, std::uint64_t> by_apex;
  for (const auto& thread : threads_)
    thread->worker.zone_queries.for_each(
        [&](std::uint64_t hash, std::uint64_t count) { by_apex[hash] += count; });
  std::map<std::string, std::uint64_t> out;
  with_current([&](const AskedOf& of) {
    of.snapshot.for_each_zone([&](const snapshots::dns::DnsZone& zone) {
      // Of zones that share an apex the first answers: the others find nothing left.
      if (auto counted = by_apex.extract(zone.apex_node().hash())) out[zone.id()] = counted.mapped();
    });
  });
  return out;
}

BusyReport DnsEngine::busiest() {
  constexpr auto kWaitMax = std::chrono::seconds(1);
  std::vector<std::future<Busiest::Window>> asked;
  for (auto& thread : threads_) {
    auto promise = std::make_shared<std::promise<Busiest::Window>>();
    asked.push_back(promise->get_future());
    thread->loop->post(
        [promise, &worker = thread->worker] { promise->set_value(worker.busiest.last(worker.clock.now())); });
  }
  std::vector<Busiest::Window> windows;
  for (auto& window : asked)
    if (window.wait_for(kWaitMax) == std::future_status::ready) windows.push_back(window.get());
  return Busiest::report(windows);
}

void DnsEngine::copy_limited() {
  for (std::size_t reason = 0; reason < LimitCounters::kReasons.size(); ++reason) {
    for (std::size_t action = 0; action < LimitCounters::kActions.size(); ++action) {
      std::uint64_t total = 0;
      for (const auto& thread : threads_)
        if (thread->worker.limits)
          total += thread->worker.limits->counters().cells[reason][action].load(std::memory_order_relaxed);
      if (total == 0) continue;
      advance(metrics_.counter(
                  "meridian_dns_limited_total", "Queries not answered, or not in full, by a limit.",
                  {{"reason", LimitCounters::kReasons[reason]}, {"action", LimitCounters::kActions[action]}}),
              total);
    }
  }
}

// What clients asked or sent and did not get an answer to.
void DnsEngine::copy_losses() {
  net::DatagramLosses udp;
  for (const auto& thread : threads_) {
    for (const auto& socket : thread->udp_sockets) {
      const net::DatagramLosses losses = socket->losses();
      udp.oversized += losses.oversized;
      udp.unsent += losses.unsent;
      udp.overflowed += losses.overflowed;
    }
  }
  const auto lost = [&](const char* why, std::uint64_t count) {
    advance(metrics_.counter("meridian_dns_udp_lost_total", "Datagrams lost in or below the socket.",
                             {{"reason", why}}),
            count);
  };
  lost("oversized", udp.oversized);
  lost("unsent", udp.unsent);
  lost("receive_buffer", udp.overflowed);
}

void DnsEngine::copy_choices() {
  const auto sum = [this](auto&& cell) {
    std::uint64_t total = 0;
    for (const auto& thread : threads_)
      total += cell(thread->worker.counters.choices).load(std::memory_order_relaxed);
    return total;
  };
  for (std::size_t kind = 0; kind < kPolicyNames.size(); ++kind) {
    const std::uint64_t total = sum([&](auto& choices) -> auto& { return choices.policies[kind]; });
    if (total == 0) continue;
    advance(metrics_.counter("meridian_dns_policy_answers_total", "Answers that a routing policy chose.",
                             {{"policy", kPolicyNames[kind]}}),
            total);
  }
  advance(metrics_.counter("meridian_dns_policy_failed_open_total",
                           "Answers chosen as if all candidates were healthy, since none was.", {}),
          sum([](auto& choices) -> auto& { return choices.failed_open; }));
  advance(
      metrics_.counter("meridian_dns_policy_gave_up_total",
                       "Answers in trees of aliases too large for the health of all to be looked at.", {}),
      sum([](auto& choices) -> auto& { return choices.gave_up; }));
}

void DnsEngine::copy_connections(const char* transport, TcpListener Thread::*listener,
                                 Counters::PerStreamTransport Counters::*counters) {
  std::uint64_t open = 0, no_descriptors = 0;
  std::array<std::uint64_t, Counters::kClosedNames.size()> closed{};
  for (const auto& thread : threads_) {
    const Counters::PerStreamTransport& of_thread = thread->worker.counters.*counters;
    open += of_thread.connections.load(std::memory_order_relaxed);
    no_descriptors += ((*thread).*listener).refused_by_system();
    for (std::size_t i = 0; i < closed.size(); ++i)
      closed[i] += of_thread.closed[i].load(std::memory_order_relaxed);
  }
  metrics_.gauge("meridian_dns_tcp_connections", "Open TCP connections.", {{"transport", transport}})
      .set(static_cast<double>(open));
  const auto ended = [&](const char* why, std::uint64_t count) {
    advance(metrics_.counter("meridian_dns_tcp_closed_total",
                             "TCP connections closed before their client ended them.",
                             {{"transport", transport}, {"reason", why}}),
            count);
  };
  ended("system", no_descriptors);
  for (std::size_t i = 0; i < closed.size(); ++i) ended(Counters::kClosedNames[i], closed[i]);
}

// Replies of all workers over one transport.
template <typename Pick>
void DnsEngine::copy_replies(const char* transport, Pick pick) {
  const auto sum = [&](auto&& cell) {
    std::uint64_t total = 0;
    for (const auto& thread : threads_)
      total += cell(pick(thread->worker.counters)).load(std::memory_order_relaxed);
    return total;
  };
  for (std::size_t rcode = 0; rcode < Counters::kRcodes; ++rcode) {
    const std::uint64_t total = sum([&](auto& counters) -> auto& { return counters.replies[rcode]; });
    if (total == 0) continue;
    advance(metrics_.counter(
                "meridian_dns_queries_total", "Queries answered.",
                {{"transport", transport}, {"rcode", to_string(static_cast<meridian::dns::Rcode>(rcode))}}),
            total);
  }
  advance(
      metrics_.counter("meridian_dns_truncated_total", "Replies with TC set.", {{"transport", transport}}),
      sum([](auto& counters) -> auto& { return counters.truncated; }));
  advance(metrics_.counter("meridian_dns_dropped_total", "Messages that got no reply.",
                           {{"transport", transport}}),
          sum([](auto& counters) -> auto& { return counters.dropped; }));
}

void DnsEngine::register_metrics() {
  metrics_.on_scrape([this] {
    copy_limited();
    copy_losses();
    copy_choices();
    copy_replies(
        "udp", [](const Counters& counters) -> auto& { return counters.udp; });
    copy_replies("tcp",
                 [](const Counters& counters) -> const Counters::PerTransport& { return counters.tcp; });
    copy_connections("tcp", &Thread::tcp, &Counters::tcp);
    if (!bound_tls_.empty()) {
      copy_replies("tls",
                   [](const Counters& counters) -> const Counters::PerTransport& { return counters.tls; });
      copy_connections("tls", &Thread::tls, &Counters::tls);
    }
    metrics_.gauge("meridian_dns_served_revision", "The lowest revision that a worker serves.")
        .set(static_cast<double>(served_revision()));
  });
}

}  // namespace meridian::engines::dns
