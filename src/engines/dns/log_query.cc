#include "engines/dns/log_query.h"

namespace meridian::engines::dns {
namespace {

query_log::Protocol protocol_of(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return query_log::Protocol::Udp;
    case Transport::Tcp:
      return query_log::Protocol::Tcp;
    case Transport::Tls:
      return query_log::Protocol::Tls;
  }
  return query_log::Protocol::Udp;
}

}  // namespace

void log_query(query_log::Recorder& recorder, const AnswerContext& context, const AnswerResult& result,
               Bytes query, Bytes reply) {
  query_log::Record record;
  record.time = context.now;
  record.client = context.client;
  record.protocol = protocol_of(context.transport);
  record.rcode = result.rcode;
  record.reply_size = static_cast<std::uint32_t>(result.size);
  if (result.zone) record.zone_id = result.zone->id();
  record.query = query;
  record.reply = reply;
  recorder.add(record);
}

}  // namespace meridian::engines::dns
