// One distribution as it acts. Immutable once it is in a snapshot. Source: the CloudFront API's
// DistributionConfig.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snapshots/cdn/behavior.h"
#include "snapshots/cdn/origin.h"

namespace meridian::snapshots::cdn {

struct GeoRestriction {
  enum class Kind : std::uint8_t { None, Allow, Block } kind = Kind::None;
  std::vector<std::string> countries;  // ISO 3166-1 alpha-2, upper case, sorted
};

struct ErrorPage {
  std::uint16_t error_code = 0;
  std::string page_path{};          // "/…"; "": only the caching time is set
  std::uint16_t response_code = 0;  // 0: the error's own
  std::chrono::seconds caching_minimum{10};
};

enum class PriceClass : std::uint8_t { Class100, Class200, All };

struct StandardLog {
  bool enabled = false, include_cookies = false;
  std::string bucket;  // a bucket's name
  std::string prefix;
};

// Sends a part of the viewers of `primary` to its staging distribution.
struct ContinuousDeployment {
  std::string staging_id;
  double weight = 0;  // 0 to 0.15
  std::optional<std::chrono::seconds> sticky_idle, sticky_maximum;
  std::string header_name, header_value;  // in place of a weight; lower-case name
};

// What viewers are shown over TLS, in PEM form.
struct ViewerCertificate {
  std::string chain_pem;  // the server's own certificate first
  std::string key_pem;
  bool operator==(const ViewerCertificate&) const = default;
};
using SharedCertificate = std::shared_ptr<const ViewerCertificate>;

struct ViewerTls {
  std::string certificate_arn;    // "": the deployment's own, for names under its domain suffix only
  std::string security_policy;    // MinimumProtocolVersion, "TLSv1.2_2021"
  SharedCertificate certificate;  // for the aliases; null: there is none that could be shown
};

struct Distribution {
  std::string id;  // "E…"
  std::string account, arn;
  std::string domain_name;           // "d….cloudfront.net", lower case
  std::vector<std::string> aliases;  // lower case; "*.example.com" stands for any one or more labels
  std::uint64_t revision = 0;        // of the store: what explain and acknowledgements name
  bool enabled = true, staging = false;
  bool ipv6 = true, http2 = true, http3 = false;
  PriceClass price_class = PriceClass::All;
  std::string default_root_object;  // without a slash at its beginning; "": none
  GeoRestriction geo;
  std::vector<ErrorPage> error_pages;  // one an error code
  std::vector<Origin> origins;
  std::vector<OriginGroup> groups;
  std::vector<Behavior> behaviors;  // in listed order, the default one last
  ViewerTls tls;
  StandardLog log;
  bool additional_metrics = false;
  std::string tag_header;  // CacheTagConfig.HeaderName, lower case; "": none
  std::optional<ContinuousDeployment> continuous_deployment;
};

}  // namespace meridian::snapshots::cdn
