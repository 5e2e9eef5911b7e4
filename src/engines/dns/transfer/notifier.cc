#include "engines/dns/transfer/notifier.h"

#include <algorithm>
#include <array>

#include "formats/dns/message.h"

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Class;
using meridian::dns::Header;
using meridian::dns::MessageWriter;
using meridian::dns::Name;
using meridian::dns::Opcode;

constexpr Duration kServedPollTime = std::chrono::milliseconds(5);
constexpr Duration kPaceTime = std::chrono::milliseconds(10);
constexpr std::size_t kMessageSizeMax = 1232;

// RFC 1996 §3: the question is the zone's SOA; the answer says what it is now.
std::size_t write_notify(const ChangedZone& zone, std::uint16_t id, std::size_t room, MutableBytes out) {
  MessageWriter writer(out, out.size() - room);
  Header header;
  header.id = id;
  header.opcode = Opcode::Notify;
  header.aa = true;
  writer.set_header(header);
  if (!writer.add_question(zone.apex, Type::SOA, Class::IN)) return 0;
  // Without it the message says enough.
  (void)writer.add_record(MessageWriter::Section::Answer, zone.apex, Type::SOA, Class::IN, zone.soa_ttl,
                          zone.soa);
  return writer.finish();
}

}  // namespace

Notifier::Notifier(net::Loop& loop, NotifierOptions options, std::function<std::uint64_t()> served,
                   const Clock& clock, Random& random, Logger& logger, Metrics& metrics)
    : loop_(loop),
      options_(std::move(options)),
      served_(std::move(served)),
      clock_(clock),
      random_(random),
      logger_(logger),
      sent_(metrics.counter("meridian_dns_notifies_total", "NOTIFY messages to secondaries.",
                            {{"result", "sent"}})),
      heard_(metrics.counter("meridian_dns_notifies_total", "NOTIFY messages to secondaries.",
                             {{"result", "acknowledged"}})),
      failed_(metrics.counter("meridian_dns_notifies_total", "NOTIFY messages to secondaries.",
                              {{"result", "failed"}})),
      waiting_gauge_(metrics.gauge("meridian_dns_notifies_waiting",
                                   "Zones times secondaries that have not acknowledged a change.")) {}

Notifier::~Notifier() = default;

Result<void> Notifier::start() {
  const auto any = [&](bool v4) {
    return std::ranges::any_of(options_.targets,
                               [v4](const NotifyTarget& target) { return target.address.ip.is_v4() == v4; });
  };
  const net::IpAddress any_v6 = net::IpAddress::v6({});
  if (any(true))
    socket_v4_ = TRY(loop_.serve_udp({options_.source_v4.value_or(net::IpAddress()), 0}, {}, *this));
  if (any(false)) socket_v6_ = TRY(loop_.serve_udp({options_.source_v6.value_or(any_v6), 0}, {}, *this));
  return {};
}

void Notifier::changed(std::vector<ChangedZone> zones, std::uint64_t revision) {
  if (zones.empty()) return;
  loop_.post([this, zones = std::move(zones), revision]() mutable { gather(std::move(zones), revision); });
}

void Notifier::gather(std::vector<ChangedZone> zones, std::uint64_t revision) {
  gathered_revision_ = std::max(gathered_revision_, revision);
  for (ChangedZone& zone : zones) {
    if (gathered_.size() >= kWaitingMax) break;
    std::string apex = zone.apex;
    gathered_[std::move(apex)] = std::move(zone);
  }
  if (!gather_timer_) gather_timer_ = loop_.after(kGatherTime, [this] { tell(); });
}

void Notifier::tell() {
  if (served_() < gathered_revision_) {
    gather_timer_ = loop_.after(kServedPollTime, [this] { tell(); });
    return;
  }
  gather_timer_.reset();
  for (auto& [apex, zone] : gathered_) {
    for (std::size_t target = 0; target < options_.targets.size(); ++target) {
      const Place place{target, apex};
      if (waiting_.size() >= kWaitingMax && !waiting_.contains(place)) {
        failed_.add();
        continue;
      }
      Waiting& waiting = waiting_[place];
      waiting = {zone, static_cast<std::uint16_t>(random_.below(65536)), "", 0, clock_.monotonic()};
    }
  }
  gathered_.clear();
  send_due();
}

void Notifier::send_due() {
  const MonotonicTime now = clock_.monotonic();
  std::size_t sent = 0;
  std::optional<MonotonicTime> next;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Waiting& waiting = at->second;
    if (waiting.due <= now && waiting.attempts == kAttemptsMax) {
      failed_.add();
      logger_.warn("dns", "a secondary does not answer NOTIFY",
                   {{"zone", Name::from_wire(waiting.zone.apex)->to_string()},
                    {"secondary", options_.targets[at->first.first].address.to_string()}});
      at = waiting_.erase(at);
      continue;
    }
    if (waiting.due <= now && sent < kSentAtOnceMax) {
      send(at->first, waiting);
      ++sent;
    }
    const MonotonicTime due = std::max(waiting.due, now + kPaceTime);
    if (!next || due < *next) next = due;
    ++at;
  }
  waiting_gauge_.set(static_cast<double>(waiting_.size()));
  send_timer_ = next ? loop_.after(*next - now, [this] { send_due(); }) : nullptr;
}

void Notifier::send(const Place& place, Waiting& waiting) {
  const NotifyTarget& target = options_.targets[place.first];
  waiting.due = clock_.monotonic() + kRetryTime * (1 << waiting.attempts++);
  std::array<std::uint8_t, kMessageSizeMax> buffer{};
  std::optional<meridian::dns::TsigSigner> signer;
  if (target.key) signer.emplace(*options_.keys.find(*target.key));
  std::size_t size = write_notify(waiting.zone, waiting.id, signer ? signer->room() : 0, buffer);
  if (signer) {
    size = signer->sign(buffer, size, clock_.now());
    waiting.mac = signer->mac();
  }
  sent_.add();
  const auto& socket = target.address.ip.is_v4() ? socket_v4_ : socket_v6_;
  socket->send_to(target.address, Bytes(buffer).first(size));
}

void Notifier::serve(std::span<net::Exchange> replies) {
  for (const net::Exchange& reply : replies) take_reply(*reply.peer, reply.query);
}

void Notifier::take_reply(const net::Address& peer, Bytes reply) {
  if (reply.size() < meridian::dns::kHeaderSize) return;
  std::size_t at = meridian::dns::kHeaderSize;
  const auto apex = Name::read(reply, at);
  if (!apex) return;
  for (std::size_t target = 0; target < options_.targets.size(); ++target) {
    if (options_.targets[target].address != peer) continue;
    const auto found = waiting_.find({target, std::string(apex->lower().wire())});
    if (found == waiting_.end() || !is_good(options_.targets[target], found->second, reply)) continue;
    heard_.add();
    if (const auto rcode = static_cast<meridian::dns::Rcode>(reply[3] & 15);
        rcode != meridian::dns::Rcode::NoError)
      logger_.warn("dns", "a secondary refuses NOTIFY",
                   {{"zone", apex->to_string()},
                    {"secondary", peer.to_string()},
                    {"rcode", meridian::dns::to_string(rcode)}});
    waiting_.erase(found);
    waiting_gauge_.set(static_cast<double>(waiting_.size()));
    return;
  }
}

bool Notifier::is_good(const NotifyTarget& target, const Waiting& waiting, Bytes reply) const {
  std::uint8_t head[meridian::dns::kHeaderSize];
  std::copy_n(reply.data(), sizeof head, head);
  const Header header = meridian::dns::read_header(head);
  if (!header.qr || header.opcode != Opcode::Notify || header.id != waiting.id || waiting.attempts == 0)
    return false;
  if (!target.key) return true;
  meridian::dns::TsigVerifier verifier(*options_.keys.find(*target.key), waiting.mac);
  return verifier.verify(reply, clock_.now()).has_value();
}

}  // namespace meridian::engines::dns::transfer
