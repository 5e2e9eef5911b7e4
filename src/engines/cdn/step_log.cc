// What is said of a request when it is over: to the counters, and to the log.
#include "engines/cdn/request.h"

namespace meridian::engines::cdn {

std::string_view Request::detailed_result() const {
  if (!over_ && !replied_) return "ClientHungUpRequest";
  if (!over_) return "ClientCommError";
  if (reader_ && reader_->cut()) return "AbortedOrigin";
  if (refusal_) return rules::facts_of(*refusal_).detailed_result;
  if (answer_ && answer_->object->failed) return rules::facts_of(*answer_->object->failed).detailed_result;
  if (answer_ && answer_->from_shield) return "OriginShieldHit";
  return rules::result_type(result());
}

void Request::log() {
  if (trace_) [[unlikely]]
    return;
  EngineCounters& counters = site_.worker.counters;
  if (answer_ && answer_->collapsed) counters.collapsed.add();
  const rules::CacheResult how = result();
  const std::uint64_t received_bytes = request_.head_bytes + request_.body_length.value_or(0);
  site_.count_soon({.result = how,
                    .status = replied_ ? status_ : 0,
                    .received_bytes = received_bytes,
                    .sent_bytes = viewer_->sent_bytes()});
  if (!at_once_) site_.end_turn();
  // CF: a request that is too long is not logged.
  if (!site_.settings.log || !served_ || refusal_ == rules::Refusal::RequestTooLong) return;
  const bool asked = answer_ && answer_->object->origin_asked >= began_;
  if (!asked && !is_logged(*served_->distribution, behavior_))
    return site_.settings.log->count({.distribution = served_->distribution,
                                      .ended = time(),
                                      .method = request_.method,
                                      .status = replied_ ? status_ : 0,
                                      .received_bytes = received_bytes,
                                      .sent_bytes = viewer_->sent_bytes(),
                                      .result = rules::result_type(how)});
  const ViewerConnection& connection = viewer_->connection();
  RequestRecord record;
  record.distribution = served_->distribution;
  record.behavior = behavior_;
  record.began = began_at_;
  record.time_taken = mono() - began_;
  record.to_first_byte = replied_ ? first_byte_ - began_ : record.time_taken;
  record.edge_location = site_.settings.pop;
  record.request_id = request_id_;
  record.viewer = connection.peer;
  record.method = request_.method;
  record.host_header = request_.host;
  record.uri_stem = request_.path;
  record.uri_query = request_.query;
  record.fields = request_.fields;
  record.status = replied_ ? status_ : 0;
  record.received_bytes = received_bytes;
  record.sent_bytes = viewer_->sent_bytes();
  record.result = record.response_result = rules::result_type(how);
  record.detailed_result = detailed_result();
  record.tls = connection.tls;
  record.tls_version = connection.tls_version;
  record.tls_cipher = connection.tls_cipher;
  record.version = request_.version;
  record.content_type =
      prepared_ ? prepared_->content_type() : rules::value_of(reply_fields_, "content-type");
  record.content_length = reply_length_;
  if (status_ == 206 && !multipart_ && until_ > first_) {
    record.range_start = first_;
    record.range_end = until_ - 1;
  }
  record.country = place().country.text();
  // Of all logs, real-time ones alone can have it.
  if (behavior_ && !behavior_->realtime_log_arn.empty())
    record.network = site_.details(connection.peer.ip).network;
  if (asked) {
    const Object& object = *answer_->object;
    record.origin_first_byte = object.origin_first_byte;
    if (const Duration::rep last = object.origin_last_byte; last != 0)
      record.origin_last_byte = Duration(last);
  }
  site_.settings.log->add(record);
}

}  // namespace meridian::engines::cdn
