// What is said of a request when it is over: the fields of CloudFront's standard and real-time logs
// (CF:AccessLogs), from which also metrics are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "engines/cdn/rules/cloudfront_headers.h"
#include "formats/http1/message.h"
#include "net/address.h"
#include "snapshots/cdn/distribution.h"

namespace meridian::engines::cdn {

// Views that are good for the call only.
struct RequestRecord {
  const snapshots::cdn::Distribution* distribution = nullptr;
  const snapshots::cdn::Behavior* behavior = nullptr;  // null: refused before one was chosen
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
};

// Thread-safe.
class RequestLog {
 public:
  virtual ~RequestLog() = default;
  virtual void add(const RequestRecord& record) = 0;
};

}  // namespace meridian::engines::cdn
