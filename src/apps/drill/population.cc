#include "apps/drill/population.h"

#include <algorithm>

namespace meridian::apps::drill {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(20);

}  // namespace

Population::Population(const Clients& settings, World world)
    : settings_(settings),
      world_(std::move(world)),
      resolvers_(settings.resolvers),
      clients_(settings.count) {}

void Population::start() {
  began_ = world_.loop.clock().monotonic();
  tick();
}

// Clients connect one after the other, evenly spread over the time between two attempts of one.
void Population::tick() {
  const Duration since = world_.loop.clock().monotonic() - began_;
  const double rounds = std::chrono::duration<double>(since) / std::chrono::duration<double>(settings_.every);
  const auto due = static_cast<std::uint64_t>(static_cast<double>(settings_.count) * rounds);
  for (; attempted_ <= due; ++attempted_) attempt(attempted_ % settings_.count);
  timer_ = world_.loop.after(std::max(kTick, settings_.every / static_cast<Duration::rep>(settings_.count)),
                             [this] { tick(); });
}

// Caches were filled at any time before the drill began: what is left of a first answer's time.
Duration Population::some_of(Duration time) {
  return Duration(
      static_cast<Duration::rep>(world_.random.below(static_cast<std::uint64_t>(time.count()) + 1)));
}

void Population::attempt(std::size_t client) {
  const MonotonicTime now = world_.loop.clock().monotonic();
  if (clients_[client].kept && now < clients_[client].kept_until)
    return connect(client, *clients_[client].kept);
  const std::size_t number = client % settings_.resolvers;
  Resolver& resolver = resolvers_[number];
  const bool usable = !resolver.addresses.empty() && now < resolver.usable_until;
  if (now < resolver.fresh_until || (usable && settings_.stale_first)) {
    resolved(client, resolver);
    if (now >= resolver.fresh_until) refresh(number);
    return;
  }
  resolver.waiting.push_back(client);
  refresh(number);
}

void Population::refresh(std::size_t number) {
  if (std::exchange(resolvers_[number].asking, true)) return;
  world_.ask([this, number](std::optional<Reply> reply) { learn(number, std::move(reply)); });
}

void Population::learn(std::size_t number, std::optional<Reply> reply) {
  Resolver& resolver = resolvers_[number];
  const MonotonicTime now = world_.loop.clock().monotonic();
  resolver.asking = false;
  if (reply) {
    const bool first = resolver.addresses.empty();
    Duration ttl = reply->ttl;
    if (settings_.ttl_max) ttl = std::min(ttl, *settings_.ttl_max);
    if (settings_.ttl_min) ttl = std::max(ttl, *settings_.ttl_min);
    if (first) ttl = some_of(ttl);
    resolver.addresses = std::move(reply->addresses);
    resolver.fresh_until = now + ttl;
    resolver.usable_until = resolver.fresh_until + settings_.stale;
  } else if (now >= resolver.usable_until) {
    resolver.addresses.clear();
  }
  for (const std::size_t client : std::exchange(resolver.waiting, {})) resolved(client, resolver);
}

void Population::resolved(std::size_t client, const Resolver& resolver) {
  if (resolver.addresses.empty()) return came(client, Outcome::Unanswered);
  const net::IpAddress address = resolver.addresses[world_.random.below(resolver.addresses.size())];
  if (settings_.keeps > Duration::zero()) {
    const bool first = !clients_[client].kept;
    clients_[client].kept = address;
    clients_[client].kept_until =
        world_.loop.clock().monotonic() + (first ? some_of(settings_.keeps) : settings_.keeps);
  }
  connect(client, address);
}

void Population::connect(std::size_t client, const net::IpAddress& address) {
  ++tally_.addresses[address];
  came(client, world_.try_address(address));
}

void Population::came(std::size_t client, Outcome outcome) {
  if (auto& last = clients_[client].outcome) --tally_.clients[static_cast<std::size_t>(*last)];
  clients_[client].outcome = outcome;
  ++tally_.clients[static_cast<std::size_t>(outcome)];
  ++tally_.attempts[static_cast<std::size_t>(outcome)];
}

}  // namespace meridian::apps::drill
