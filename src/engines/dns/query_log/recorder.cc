#include "engines/dns/query_log/recorder.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace meridian::engines::dns::query_log {
namespace {

// What stands before the zone id, the query and the reply in a ring.
struct Head {
  std::int64_t time_ns;
  std::array<std::uint8_t, 16> client;
  std::uint32_t reply_size;
  std::uint16_t client_port;
  std::uint16_t rcode;
  std::uint16_t query_size;
  std::uint16_t reply_kept;
  std::uint8_t client_is_v4;
  std::uint8_t protocol;
  std::uint8_t sinks;
  std::uint8_t zone_id_size;
};
static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) == 40);

constexpr std::size_t kMessageSizeMax = 65535;
static_assert(2 * (sizeof(Head) + 255 + 2 * kMessageSizeMax + 16) <= Ring::kBytesMin);

}  // namespace

Recorder::Recorder(std::span<const Selection> selections, std::size_t ring_bytes, std::uint64_t seed)
    : random_(seed), ring_(ring_bytes) {
  CHECK(selections.size() <= kSinksMax);
  for (const Selection& selection : selections) {
    Choice& choice = choices_.emplace_back(Choice{selection, draw_gap(selection.one_in)});
    std::ranges::sort(choice.selection.zones);
    if (!selection.chosen) {
      always_ = true;
      continue;
    }
    CHECK(!chosen_);
    chosen_ = selection.chosen;
    choice.chosen = std::make_unique<Published<LoggedZones::Ids>::Reader>(selection.chosen->ids());
  }
}

// Random with the mean asked for: a fixed step would always hit, or always miss, a client that asks in step.
std::uint32_t Recorder::draw_gap(std::uint32_t one_in) {
  return one_in <= 1 ? 1 : 1 + static_cast<std::uint32_t>(random_.next() % (2 * std::uint64_t{one_in} - 1));
}

bool Recorder::wants(Choice& choice, const Record& record) {
  if (choice.selection.only_answered && (record.zone_id.empty() || record.reply_size == 0)) return false;
  if (choice.chosen) {
    const auto zones = choice.chosen->current();
    if (!std::ranges::binary_search(*zones, record.zone_id)) return false;
  } else if (!choice.selection.zones.empty() &&
             !std::ranges::binary_search(choice.selection.zones, record.zone_id)) {
    return false;
  }
  if (--choice.until_next > 0) return false;
  choice.until_next = draw_gap(choice.selection.one_in);
  return true;
}

void Recorder::add(const Record& record) {
  unsigned sinks = 0;
  bool with_reply = false;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!wants(choices_[i], record)) continue;
    sinks |= 1u << i;
    with_reply |= choices_[i].selection.replies;
  }
  if (sinks == 0) return;

  Head head;
  head.time_ns = record.time.time_since_epoch().count();
  const std::string_view client = record.client.ip.bytes();
  std::memcpy(head.client.data(), client.data(), client.size());
  head.reply_size = record.reply_size;
  head.client_port = record.client.port;
  head.rcode = record.rcode;
  head.query_size = static_cast<std::uint16_t>(std::min(record.query.size(), kMessageSizeMax));
  head.reply_kept =
      static_cast<std::uint16_t>(with_reply ? std::min(record.reply.size(), kMessageSizeMax) : 0);
  head.client_is_v4 = record.client.ip.is_v4();
  head.protocol = static_cast<std::uint8_t>(record.protocol);
  head.sinks = static_cast<std::uint8_t>(sinks);
  head.zone_id_size = static_cast<std::uint8_t>(std::min<std::size_t>(record.zone_id.size(), 255));

  std::uint8_t* at = ring_.reserve(sizeof head + head.zone_id_size + head.query_size + head.reply_kept);
  if (!at) [[unlikely]] {
    for (std::size_t i = 0; i < choices_.size(); ++i)
      if (sinks >> i & 1) dropped_[i].store(dropped(i) + 1, std::memory_order_relaxed);
    return;
  }
  const auto put = [&at](const void* from, std::size_t size) {
    if (size > 0) std::memcpy(at, from, size);
    at += size;
  };
  put(&head, sizeof head);
  put(record.zone_id.data(), head.zone_id_size);
  put(record.query.data(), head.query_size);
  put(record.reply.data(), head.reply_kept);
  ring_.commit();
}

SystemTime Recorder::time_of(Bytes bytes) {
  std::int64_t time_ns;
  std::memcpy(&time_ns, bytes.data() + offsetof(Head, time_ns), sizeof time_ns);
  return SystemTime(Duration(time_ns));
}

Recorder::Entry Recorder::read(Bytes bytes) {
  Head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  Record record{
      time_of(bytes), {}, static_cast<Protocol>(head.protocol), head.rcode, head.reply_size, {}, {}, {}};
  std::array<std::uint8_t, 4> v4;
  std::copy_n(head.client.begin(), v4.size(), v4.begin());
  record.client = {head.client_is_v4 ? net::IpAddress::v4(v4) : net::IpAddress::v6(head.client),
                   head.client_port};
  ByteReader rest(bytes.subspan(sizeof head));
  record.zone_id = as_text(rest.take(head.zone_id_size));
  record.query = rest.take(head.query_size);
  record.reply = rest.take(head.reply_kept);
  return {record, head.sinks};
}

}  // namespace meridian::engines::dns::query_log
