#include "engines/dns/query_log/dnstap_sink.h"

#include "formats/dnstap/dnstap.h"
#include "formats/dnstap/frame_streams.h"

namespace meridian::engines::dns::query_log {
namespace {

using dnstap::MessageType;
using dnstap::SocketProtocol;

SocketProtocol protocol_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::Udp:
      return SocketProtocol::Udp;
    case Protocol::Tcp:
      return SocketProtocol::Tcp;
    case Protocol::Tls:
      return SocketProtocol::Dot;
  }
  return SocketProtocol::Udp;
}

}  // namespace

DnstapSink::DnstapSink(std::unique_ptr<Output> output, DnstapIdentity identity, const Clock& clock,
                       Metrics& metrics)
    : clock_(clock),
      identity_(std::move(identity)),
      buffer_(std::move(output), SinkMetrics(metrics, kName)) {}

void DnstapSink::take(const Record& record) {
  buffer_.add([&](std::string& out) {
    dnstap::Dnstap tap{identity_.identity, identity_.version, {}};
    tap.message.protocol = protocol_of(record.protocol);
    tap.message.client = record.client;
    tap.message.query_time = record.time;
    tap.message.query = as_text(record.query);
    const auto append = [&](std::string& to) { append_dnstap(to, tap); };
    dnstap::append_data_frame(out, append);
    if (record.reply.empty()) return;
    tap.message.type = MessageType::AuthResponse;
    tap.message.query = {};
    tap.message.response_time = record.time;
    tap.message.response = as_text(record.reply);
    dnstap::append_data_frame(out, append);
  });
}

}  // namespace meridian::engines::dns::query_log
