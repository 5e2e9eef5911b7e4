// The line in the log, and the counters.
#include "engines/cdn/request.h"

namespace meridian::engines::cdn {
namespace {

std::string_view text_of(rules::CacheResult result) {
  switch (result) {
    case rules::CacheResult::Hit:
      return "Hit";
    case rules::CacheResult::RefreshHit:
      return "RefreshHit";
    case rules::CacheResult::Miss:
      return "Miss";
    case rules::CacheResult::Redirect:
      return "Redirect";
    case rules::CacheResult::FunctionGenerated:
      return "FunctionGeneratedResponse";
    case rules::CacheResult::LambdaGenerated:
      return "LambdaGeneratedResponse";
    case rules::CacheResult::Error:
      break;
  }
  return "Error";
}

}  // namespace

std::string_view Request::detailed_result() const {
  if (!over_ && !replied_) return "ClientHungUpRequest";
  if (!over_) return "ClientCommError";
  if (reader_ && reader_->cut()) return "AbortedOrigin";
  if (refusal_) return rules::facts_of(*refusal_).detailed_result;
  if (answer_ && answer_->object->failed) return rules::facts_of(*answer_->object->failed).detailed_result;
  return text_of(result());
}

void Request::log() {
  if (trace_) [[unlikely]]
    return;
  EngineCounters& counters = site_.worker.counters;
  if (answer_ && answer_->collapsed) counters.collapsed.add();
  const rules::CacheResult how = result();
  (how == rules::CacheResult::Hit          ? counters.hits
   : how == rules::CacheResult::Miss       ? counters.misses
   : how == rules::CacheResult::RefreshHit ? counters.refreshes
                                           : counters.errors)
      .add();
  // CF: a request that is too long is not logged.
  if (!site_.settings.log || !served_ || refusal_ == rules::Refusal::RequestTooLong) return;
  const ViewerConnection& connection = viewer_->connection();
  RequestRecord record;
  record.distribution = served_->distribution.get();
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
  record.received_bytes = request_.head_bytes + request_.body_length.value_or(0);
  record.sent_bytes = viewer_->sent_bytes();
  record.result = record.response_result = text_of(how);
  record.detailed_result = detailed_result();
  record.tls = connection.tls;
  record.tls_version = connection.tls_version;
  record.tls_cipher = connection.tls_cipher;
  record.version = request_.version;
  record.content_type = rules::value_of(reply_fields_, "content-type");
  record.content_length = reply_length_;
  if (status_ == 206 && !multipart_ && until_ > first_) {
    record.range_start = first_;
    record.range_end = until_ - 1;
  }
  record.country = place_.country.text();
  site_.settings.log->add(record);
}

}  // namespace meridian::engines::cdn
