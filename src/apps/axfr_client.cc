#include "apps/axfr_client.h"

#include <fmt/format.h>

#include <array>

namespace meridian::apps {
namespace {

using dns::Class;
using dns::Name;
using dns::Type;

constexpr std::uint16_t kDnsPort = 53;
constexpr Duration kConnectTime = std::chrono::seconds(10);
constexpr Duration kSilenceTime = std::chrono::seconds(30);  // without any byte from the server

std::unexpected<Error> peer_error(std::string why) {
  return fail(ErrorCode::Unavailable, std::move(why), ErrorSource::Peer);
}

// One connection from its beginning to the end of the transfer, on a loop that stops with it.
class Fetch final : public net::TcpHandler {
 public:
  Fetch(net::Loop& loop, std::string request, AxfrReply reply)
      : loop_(loop), request_(std::move(request)), reply_(std::move(reply)) {}

  Result<std::vector<dns::Record>> run(const net::Address& server) {
    auto connect = loop_.connect_tcp(server, kConnectTime, nullptr, [this](auto connection) {
      if (!connection) return end(std::unexpected(connection.error()));
      connection_ = *std::move(connection);
      connection_->start(*this);
      connection_->write(std::move(request_));
      watch_silence();
    });
    loop_.run();
    connection_.reset();
    TRY(std::move(outcome_));
    return std::move(reply_.records());
  }

  void on_data(net::TcpConnection&, Bytes data) override {
    watch_silence();
    received_ += as_text(data);
    std::size_t used = 0;
    while (received_.size() - used >= 2) {
      ByteReader reader(std::string_view(received_).substr(used));
      const std::size_t size = reader.u16();
      if (reader.remaining() < size) break;
      used += 2 + size;
      const auto done = reply_.take(reader.take(size), loop_.clock().now());
      if (!done) return end(std::unexpected(done.error()));
      if (*done) return end({});
    }
    received_.erase(0, used);
  }
  void on_closed(net::TcpConnection&, const Error* why) override {
    end(peer_error(why ? why->message : "the server ended the connection before the zone was whole"));
  }

 private:
  void watch_silence() {
    silence_ = loop_.after(kSilenceTime, [this] { end(peer_error("the server has fallen silent")); });
  }
  void end(Result<void> outcome) {
    if (ended_) return;
    ended_ = true;
    outcome_ = std::move(outcome);
    loop_.stop();
  }

  net::Loop& loop_;
  std::string request_;
  AxfrReply reply_;
  std::string received_;
  std::unique_ptr<net::TcpConnection> connection_;
  std::unique_ptr<net::Timer> silence_;
  Result<void> outcome_;
  bool ended_ = false;
};

}  // namespace

Result<bool> AxfrReply::take(Bytes bytes, SystemTime now) {
  if (verifier_) TRY(verifier_->verify(bytes, now));
  const dns::Message message = TRY(dns::parse_message(bytes));
  if (!message.header.qr || message.header.id != id_) return peer_error("the reply is not to our request");
  if (message.header.rcode != 0)
    return peer_error("the server says " + to_string(static_cast<dns::Rcode>(message.header.rcode)));
  for (const dns::Record& record : message.answers) {
    const bool is_soa = record.type == Type::SOA && record.owner == zone_;
    if (records_.empty() && !is_soa) return peer_error("the transfer does not begin with the zone's SOA");
    if (!records_.empty() && is_soa) {
      // RFC 5936 §2.2: the same SOA ends the transfer.
      if (record.rdata != records_[0].rdata) return peer_error("the zone changed during its transfer");
      if (&record != &message.answers.back()) return peer_error("records follow the end of the transfer");
      if (verifier_ && !verifier_->last_was_signed()) return peer_error("the last message is not signed");
      return true;
    }
    if (records_.size() == kRecordsMax)
      return fail(ErrorCode::Limit, fmt::format("the zone has more than {} records", kRecordsMax));
    records_.push_back(record);
  }
  if (records_.empty()) return peer_error("the transfer begins with an empty message");
  return false;
}

Result<net::Address> parse_axfr_server(std::string_view text) {
  if (auto ip = net::IpAddress::parse(text)) return net::Address{*ip, kDnsPort};
  return net::Address::parse(text);
}

Result<std::vector<dns::Record>> fetch_zone(const net::Address& server, const Name& zone,
                                            const std::optional<dns::TsigKey>& key, const Clock& clock,
                                            Random& random) {
  std::array<std::uint8_t, 4096> buffer{};
  const MutableBytes message = MutableBytes(buffer).subspan(2);
  dns::MessageWriter writer(message, message.size());
  dns::Header header;
  header.id = static_cast<std::uint16_t>(random.below(65536));
  writer.set_header(header);
  if (!writer.add_question(zone.wire(), Type::AXFR, Class::IN)) return invalid("the name is too long");
  std::size_t size = writer.finish();
  std::optional<dns::TsigVerifier> verifier;
  if (key) {
    dns::TsigSigner signer(*key);
    size = signer.sign(message, size, clock.now());
    verifier.emplace(*key, signer.mac());
  }
  store_u16(buffer.data(), static_cast<std::uint16_t>(size));
  const auto loop = net::make_loop();
  Fetch fetch(*loop, std::string(as_text(Bytes(buffer).first(2 + size))),
              AxfrReply(zone, header.id, std::move(verifier)));
  auto records = fetch.run(server);
  if (!records)
    return fail(records.error().code,
                fmt::format("{} from {}: {}", zone.to_string(), server.to_string(), records.error().message));
  return records;
}

}  // namespace meridian::apps
