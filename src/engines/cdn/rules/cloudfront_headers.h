// The headers that the edge writes into a request: CloudFront-Viewer-Country and the like
// (CF:adding-cloudfront-headers). They take part in keys and in what goes to the origin as if the viewer had
// sent them.
//
// Rule: a viewer's own CloudFront-* headers never pass, so that origins may believe these.
#pragma once

#include <cstdint>

#include "engines/cdn/rules/fields.h"
#include "formats/geo_db/geo_db.h"
#include "net/address.h"
#include "snapshots/cdn/behavior.h"
#include "snapshots/location/place.h"

namespace meridian::engines::cdn::rules {

enum class HttpVersion : std::uint8_t { Http10, Http11, Http2, Http3 };
std::string_view version_text(HttpVersion version);  // "1.1", "2.0"

// How the connection's TLS session came to be.
enum class TlsSession : std::uint8_t { FullHandshake, SessionResumed, ConnectionReused };

struct Viewer {
  net::Address address;
  HttpVersion version = HttpVersion::Http11;
  bool tls = false;
  std::string_view tls_version, tls_cipher;  // "TLSv1.3", "TLS_AES_128_GCM_SHA256"
  TlsSession tls_session = TlsSession::FullHandshake;
  std::string_view ja3;                               // "": not known
  const snapshots::location::Place* place = nullptr;  // null: not known
  const geo_db::Details* details = nullptr;           // the same; only where needs_details()
};

bool has_cloudfront_headers(Fields request);  // which viewers have no business to send

// The request's fields for all further rules: those of the viewer but CloudFront-*, and those `wanted`. The
// viewer's own list when that is the same, else `buffer`. What is not known of a viewer is not sent.
Fields with_cloudfront_headers(Fields request, const snapshots::cdn::GeneratedHeaders& wanted,
                               const Viewer& viewer, FieldList& buffer);

// Whether a header is wanted that says more of a viewer than his place.
bool needs_details(const snapshots::cdn::GeneratedHeaders& wanted);

}  // namespace meridian::engines::cdn::rules
