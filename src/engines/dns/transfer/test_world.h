// A publisher, a Transfers and its clients without sockets: changes in, the records of transfers out.
#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "engines/dns/test_server.h"
#include "engines/dns/transfer/transfers.h"
#include "formats/dns/zone_file.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::engines::dns::transfer {

using snapshots::dns::Delta;
using snapshots::dns::RecordSet;
using snapshots::dns::RecordSetKey;
using snapshots::dns::wire;
using snapshots::dns::ZoneChange;

inline RecordSet soa_with(std::string_view apex, std::uint32_t serial) {
  RecordSet set = snapshots::dns::soa(apex);
  store_u32(reinterpret_cast<std::uint8_t*>(set.rdata[0].data()) + set.rdata[0].size() - 20, serial);
  return set;
}

class World {
 public:
  explicit World(TransferOptions options = allowing("192.0.2.0/24"))
      : snapshot_(DnsSnapshot::empty(random_)),
        transfers(std::move(options), *snapshot_, clock, logger_, metrics) {}
  ~World() { close(null_); }

  static TransferOptions allowing(std::string_view rule) {
    TransferOptions options;
    options.allowed.push_back(parse_access_rule(rule).value());
    EXPECT_TRUE(options.keys.add(key()));
    return options;
  }
  static meridian::dns::TsigKey key() {
    return {*meridian::dns::Name::parse("key.example."), meridian::dns::HmacHash::Sha256, "secret"};
  }

  void change(std::vector<ZoneChange> zones, bool image = false) {
    const Delta delta{image ? 0 : snapshot_->revision(), snapshot_->revision() + 1, std::move(zones)};
    ASSERT_TRUE(snapshots::dns::check(delta));
    auto next = apply(*snapshot_, delta);
    ASSERT_TRUE(next) << next.error().message;
    transfers.publish(delta, **next);
    snapshot_ = *std::move(next);
  }
  void make_zone(std::string_view apex, std::vector<RecordSet> sets, std::uint32_t serial = 1,
                 std::string id = "Z1") {
    sets.push_back(soa_with(apex, serial));
    change({{ZoneChange::Kind::Replace, std::move(id), wire(apex), std::move(sets), {}}});
  }
  void edit(std::string_view apex, std::vector<RecordSet> puts, std::vector<RecordSetKey> removes = {},
            std::uint32_t serial = 0, std::string id = "Z1") {
    if (serial) puts.push_back(soa_with(apex, serial));
    change({{ZoneChange::Kind::Edit, std::move(id), wire(apex), std::move(puts), std::move(removes)}});
  }

  // A query, signed when `signer` is given; `serial`: of the SOA that an IXFR client has.
  std::string query(std::string_view name, Type type, std::optional<std::uint32_t> serial = std::nullopt,
                    meridian::dns::TsigSigner* signer = nullptr) {
    using meridian::dns::Class;
    using meridian::dns::MessageWriter;
    std::array<std::uint8_t, 1024> buffer{};
    MessageWriter writer(buffer, buffer.size());
    meridian::dns::Header header;
    header.id = 7;
    writer.set_header(header);
    EXPECT_TRUE(writer.add_question(wire(name), type, Class::IN));
    if (serial) {
      EXPECT_TRUE(writer.add_record(MessageWriter::Section::Authority, wire(name), Type::SOA, Class::IN, 0,
                                    soa_with(name, *serial).rdata[0]));
    }
    std::size_t size = writer.finish();
    if (signer) size = signer->sign(buffer, size, clock.now());
    return std::string(as_text(Bytes(buffer).first(size)));
  }

  std::unique_ptr<Transfers::Running> begin(std::string_view asked) {
    return transfers.begin(as_bytes(asked), identity, client, clock.now());
  }
  // The reply to what was refused as a transfer, or is none.
  meridian::dns::Message ask(std::string_view asked, Transport transport = Transport::Tcp) {
    reply_.resize(65535);
    AnswerContext context{client, transport, random_, identity, clock.now()};
    EXPECT_TRUE(transfers.concerns(as_bytes(asked)));
    const AnswerResult result = transfers.answer(as_bytes(asked), *snapshot_, context, reply_);
    reply_.resize(result.size);
    return meridian::dns::parse_message(reply_).value();
  }
  Bytes last_reply() const { return reply_; }

  // The lines of all records in their order, without the fields that do not matter.
  static std::vector<std::string> lines(Transfers::Running& running, std::size_t* messages = nullptr) {
    std::vector<std::string> out;
    std::vector<std::uint8_t> buffer(65535);
    while (!running.stream().at_end()) {
      const std::size_t size = running.stream().next(buffer, SystemTime{});
      EXPECT_GT(size, 0u);
      if (size == 0) break;
      if (messages) ++*messages;
      const auto message = meridian::dns::parse_message(Bytes(buffer).first(size));
      EXPECT_TRUE(message) << (message ? "" : message.error().message);
      EXPECT_TRUE(message->header.aa && message->header.qr && message->header.id == 7);
      for (const auto& record : message->answers) out.push_back(shown(record));
    }
    return out;
  }
  static std::string shown(const meridian::dns::Record& record) {
    if (record.type == Type::SOA)
      return "SOA " + std::to_string(
                          ByteReader(std::string_view(record.rdata).substr(record.rdata.size() - 20)).u32());
    return record.owner.to_string() + " " + to_string(record.type) + " " + to_hex(as_bytes(record.rdata));
  }
  std::vector<std::string> transfer(std::string_view name, Type type,
                                    std::optional<std::uint32_t> serial = std::nullopt) {
    auto running = begin(query(name, type, serial));
    EXPECT_TRUE(running);
    return running ? lines(*running) : std::vector<std::string>{};
  }
  std::string metric(std::string_view line) {
    const std::string text = metrics.prometheus_text();
    const std::size_t at = text.find("\n" + std::string(line) + " ");
    if (at == text.npos) return "";
    const std::size_t from = at + line.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Metrics metrics;
  ServerIdentity identity;
  net::Address client{net::IpAddress::v4({192, 0, 2, 7}), 5353};

 private:
  SeededRandom random_{1};
  int null_ = open("/dev/null", O_WRONLY);
  Logger logger_{clock, null_, LogFormat::Text, LogLevel::Info};
  std::vector<std::uint8_t> reply_;
  std::unique_ptr<const DnsSnapshot> snapshot_;

 public:
  Transfers transfers;
};

}  // namespace meridian::engines::dns::transfer
