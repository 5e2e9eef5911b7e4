// Queries of strangers at a server with zone transfer on. Besides not crashing: a reply is a message to the
// query, nobody who may not gets a stream, and a stream ends with the SOA that it began with.
#include <fcntl.h>

#include <vector>

#include "base/check.h"
#include "engines/dns/transfer/transfers.h"
#include "snapshots/dns/test_zone.h"

namespace {

using namespace meridian;
using namespace meridian::engines::dns;
using snapshots::dns::wire;

constexpr SystemTime kNow{std::chrono::seconds(1'700'000'000)};

struct World {
  World() : logger(clock, open("/dev/null", O_WRONLY), LogFormat::Text, LogLevel::Error) {
    std::vector<snapshots::dns::RecordSet> sets{
        snapshots::dns::soa("example.com."), snapshots::dns::address("a.example.com."),
        snapshots::dns::alias("b.example.com.", meridian::dns::Type::A, "a.example.com.")};
    const snapshots::dns::Delta delta{
        0, 1, {{snapshots::dns::ZoneChange::Kind::Replace, "Z1", wire("example.com."), sets, {}}}};
    snapshot = apply(*snapshots::dns::DnsSnapshot::empty(random), delta).value();
    transfer::TransferOptions options;
    options.allowed.push_back(transfer::parse_access_rule("192.0.2.0/24").value());
    options.hidden_zone = meridian::dns::Name::parse("catalog.example.").value();
    (void)options.keys.add({*meridian::dns::Name::parse("key."), meridian::dns::HmacHash::Sha256, "unknown"});
    transfers.emplace(std::move(options), *snapshot, clock, logger, metrics);
  }
  SeededRandom random{1};
  ManualClock clock{kNow};
  Metrics metrics;
  Logger logger;
  ServerIdentity identity;
  std::unique_ptr<const snapshots::dns::DnsSnapshot> snapshot;
  std::optional<transfer::Transfers> transfers;
};

void drain(transfer::Stream& stream, std::vector<std::uint8_t>& buffer) {
  std::vector<meridian::dns::Record> records;
  while (!stream.at_end()) {
    const std::size_t size = stream.next(buffer, kNow);
    CHECK(size > 0);
    const auto message = meridian::dns::parse_message(Bytes(buffer).first(size));
    CHECK(message);
    records.insert(records.end(), message->answers.begin(), message->answers.end());
  }
  CHECK(!records.empty() && records.front().rdata == records.back().rdata);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const Bytes query(data, size);
  std::vector<std::uint8_t> buffer(65535);
  const bool concerns = world.transfers->concerns(query);
  for (const char* from : {"192.0.2.7:1", "198.51.100.7:1"}) {
    const net::Address client = net::Address::parse(from).value();
    const bool stranger = from[0] == '1' && from[2] == '8';
    if (auto running = world.transfers->begin(query, world.identity, client, kNow)) {
      CHECK(concerns && !stranger);
      drain(running->stream(), buffer);
    }
    if (!concerns) continue;
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      AnswerContext context{client, transport, world.random, world.identity, kNow};
      buffer.resize(transport == Transport::Udp ? 4096 : 65535);
      const AnswerResult result = world.transfers->answer(query, *world.snapshot, context, buffer);
      CHECK(result.size == 0 || (result.size >= meridian::dns::kHeaderSize && (buffer[2] & 0x80) &&
                                 buffer[0] == data[0] && buffer[1] == data[1]));
      buffer.resize(65535);
    }
  }
  return 0;
}
