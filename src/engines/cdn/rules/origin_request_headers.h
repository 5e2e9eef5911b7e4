// What the origin is sent: of the viewer's request what the behavior's policies name, and what CloudFront
// says of itself (CF:controlling-origin-requests; CF:RequestAndResponseBehaviorCustomOrigin, "HTTP request
// headers and CloudFront behavior").
//
// Rules: what is in the key is always sent. Framing (Content-Length, Transfer-Encoding) and the conditions of
// a fetch for the cache are the caller's: they belong to its own exchange with the origin.
#pragma once

#include <string>
#include <string_view>

#include "engines/cdn/rules/cloudfront_headers.h"
#include "net/address.h"
#include "snapshots/cdn/behavior.h"
#include "snapshots/cdn/origin.h"

namespace meridian::engines::cdn::rules {

struct OriginRequest {
  const snapshots::cdn::Behavior& behavior;
  const snapshots::cdn::Origin& origin;
  std::string_view method;
  Fields fields;  // of the viewer, after with_cloudfront_headers()
  const net::IpAddress& viewer;
  HttpVersion viewer_version = HttpVersion::Http11;
  std::string_view via_host = {};    // who we are in Via: "<32 hexadecimal digits>.cloudfront.net"
  std::string_view request_id = {};  // X-Amz-Cf-Id
  bool has_body = false;
  bool for_cache = true;   // the answer may be kept: the viewer's If-* and Range are not sent
  bool websocket = false;  // the connection becomes one
  bool grpc = false;       // HTTP/2: no Connection, but trailers
};

// Host first. The list refers to the request's bytes and to the configuration's.
void write_origin_request_headers(const OriginRequest& request, FieldList& out);

// The origin's path, the request's, and what of the query the policies name.
void write_origin_target(const snapshots::cdn::Behavior& behavior, const snapshots::cdn::Origin& origin,
                         std::string_view path, std::string_view query, std::string& out);

}  // namespace meridian::engines::cdn::rules
