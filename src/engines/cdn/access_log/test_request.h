// For tests: a finished request of a distribution that logs, as CloudFront's documentation shows one.
#pragma once

#include <memory>
#include <vector>

#include "engines/cdn/request_log.h"

namespace meridian::engines::cdn::access_log {

struct TestRequest {
  TestRequest() {
    distribution->id = "EMLARXS9EXAMPLE";
    distribution->account = "111122223333";
    distribution->domain_name = "d111111abcdef8.cloudfront.net";
    distribution->log = {.enabled = true, .include_cookies = false, .bucket = "logs", .prefix = ""};
    distribution->behaviors.emplace_back().path_pattern = "images/*";
    record.distribution = distribution;
    record.behavior = &distribution->behaviors.front();
    record.began = SystemTime(std::chrono::milliseconds(1'575'493'350'178));  // 2019-12-04T21:02:30.178Z
    record.time_taken = std::chrono::milliseconds(1500);
    record.to_first_byte = std::chrono::milliseconds(1);
    record.edge_location = "LAX1";
    record.request_id = "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==";
    record.viewer = {net::IpAddress::v4({192, 0, 2, 100}), 11040};
    record.method = "GET";
    record.host_header = "www.example.com";
    record.uri_stem = "/index.html";
    record.uri_query = "q=%20a";
    record.fields = fields;
    record.status = 200;
    record.received_bytes = 23;
    record.sent_bytes = 392;
    record.result = record.response_result = record.detailed_result = "Hit";
    record.tls = true;
    record.tls_version = "TLSv1.2";
    record.tls_cipher = "ECDHE-RSA-AES128-GCM-SHA256";
    record.version = rules::HttpVersion::Http2;
    record.content_type = "text/html; charset=utf-8";
    record.content_length = 78;
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  std::shared_ptr<snapshots::cdn::Distribution> distribution =
      std::make_shared<snapshots::cdn::Distribution>();
  std::vector<http1::Field> fields{{"User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}};
  RequestRecord record;
};

}  // namespace meridian::engines::cdn::access_log
