// What is said of a request when it is over: the fields of CloudFront's standard and real-time logs
// (CF:AccessLogs), from which also metrics are made; and to whom. Rule: a worker that tells waits for nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "engines/cdn/rules/cloudfront_headers.h"
#include "formats/http1/message.h"
#include "net/address.h"
#include "snapshots/cdn/snapshot.h"

namespace meridian::engines::cdn {

// Views that are good for the call only, but for those of result, response_result and detailed_result.
struct RequestRecord {
  snapshots::cdn::SharedDistribution distribution;
  const snapshots::cdn::Behavior* behavior = nullptr;  // of it; null: refused before one was chosen
  SystemTime began{};
  Duration time_taken{}, to_first_byte{};
  std::string_view edge_location, request_id;
  net::Address viewer;
  std::string_view method, host_header, uri_stem, uri_query;
  std::span<const http1::Field> fields;  // of the request
  int status = 0;                        // 0: the viewer left before any
  std::uint64_t received_bytes = 0, sent_bytes = 0;
  std::string_view result, response_result, detailed_result;  // "Hit", "Miss", …
  bool tls = false;
  std::string_view tls_version, tls_cipher;
  rules::HttpVersion version = rules::HttpVersion::Http11;
  std::string_view content_type;
  std::optional<std::uint64_t> content_length, range_start, range_end;
  std::string_view country;
  std::uint64_t network = 0;  // the number of the viewer's autonomous system; 0: not known
  // Of a request that an origin was asked for: how long until its first and its last byte.
  std::optional<Duration> origin_first_byte, origin_last_byte;
  std::uint64_t times = 1;  // so many requests of which nothing else is told
};

// Whether any log wants more of a request than its numbers.
inline bool is_logged(const snapshots::cdn::Distribution& distribution,
                      const snapshots::cdn::Behavior* behavior) {
  return distribution.log.enabled || (behavior && !behavior->realtime_log_arn.empty());
}

// Of a request that no log tells of and no origin was asked for: what metrics want of it.
struct RequestNumbers {
  const snapshots::cdn::SharedDistribution& distribution;
  SystemTime ended{};
  std::string_view method;
  int status = 0;
  std::uint64_t received_bytes = 0, sent_bytes = 0;
  std::string_view result;  // as in a record

  RequestRecord to_record() const;
};

inline RequestRecord RequestNumbers::to_record() const {
  RequestRecord record;
  record.distribution = distribution;
  record.began = ended;
  record.method = method;
  record.status = status;
  record.received_bytes = received_bytes;
  record.sent_bytes = sent_bytes;
  record.result = record.response_result = record.detailed_result = result;
  return record;
}

// Of one worker.
class RequestLog {
 public:
  virtual ~RequestLog() = default;
  virtual void add(const RequestRecord& record) = 0;
  virtual void count(const RequestNumbers& numbers) { add(numbers.to_record()); }
};

class RequestLogs {
 public:
  virtual ~RequestLogs() = default;
  // Another worker's; it lives as long as this.
  virtual RequestLog& open() = 0;
};

}  // namespace meridian::engines::cdn
