// One function a header, in a table by name.
#include "engines/cdn/rules/cloudfront_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/cdn/rules/device_class.h"
#include "formats/geo/geo.h"

namespace meridian::engines::cdn::rules {
namespace {

constexpr std::size_t kHeaderOrderBytesMax = 7680;  // CF:adding-cloudfront-headers

struct Context {
  Fields request;
  const Viewer& viewer;
  FieldList& out;

  DeviceClass device() const { return classify_device(value_of(request, "user-agent")); }
  bool has_place() const { return viewer.place && viewer.place->country.known(); }
};

// The value, or nothing when it is not known.
using Value = std::string_view (*)(const Context&);

std::string_view truth(bool value) {
  return value ? "true" : "false";
}

std::string_view degrees(const Context& context, float value) {
  return context.out.keep(fmt::format("{:.5f}", value));
}
bool has_point(const Context& context) {
  return context.viewer.place && context.viewer.place->has_point;
}

// CF: "percent encodes" what is not ASCII.
std::string_view in_ascii(const Context& context, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) return context.out.keep(text);
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (is_ascii(c))
      out += c;
    else
      out.append({'%', kDigits[code >> 4], kDigits[code & 15]});
  }
  return context.out.keep(out);
}

template <auto kMember>
std::string_view detail(const Context& context) {
  const geo_db::Details* const details = context.viewer.details;
  if (!details) return {};
  if constexpr (std::is_same_v<decltype(kMember), std::uint32_t geo_db::Details::*>)
    return details->*kMember == 0 ? std::string_view() : context.out.keep(std::to_string(details->*kMember));
  else
    return in_ascii(context, details->*kMember);
}

std::string_view country_name(const Context& context) {
  if (!context.has_place()) return {};
  const geo::Country* country = geo::find_country(context.viewer.place->country.text());
  return country ? in_ascii(context, country->name) : std::string_view();
}
std::string_view region(const Context& context) {
  return context.has_place() ? context.viewer.place->subdivision.text() : std::string_view();
}
std::string_view region_name(const Context& context) {
  if (!context.has_place()) return {};
  const geo::Subdivision* found =
      geo::find_subdivision(context.viewer.place->country.text(), region(context));
  return found ? in_ascii(context, found->name) : std::string_view();
}
std::string_view header_order(const Context& context) {
  std::string names;
  for (const Field& field : context.request) {
    if (names.size() + field.name.size() + 1 > kHeaderOrderBytesMax) break;
    if (!names.empty()) names += ':';
    names += field.name;
  }
  return context.out.keep(names);
}
std::string_view tls(const Context& context) {
  const Viewer& viewer = context.viewer;
  if (!viewer.tls) return {};
  constexpr std::array<std::string_view, 3> kSessions = {"fullHandshake", "sessionResumed",
                                                         "connectionReused"};
  return context.out.keep(fmt::format("{}:{}:{}", viewer.tls_version, viewer.tls_cipher,
                                      kSessions[static_cast<std::size_t>(viewer.tls_session)]));
}

struct Header {
  std::string_view name;  // lower case
  std::string_view sent_as;
  Value value;
  bool of_details = false;
};
constexpr Header kHeaders[] = {
    {"cloudfront-forwarded-proto", "CloudFront-Forwarded-Proto",
     [](const Context& c) { return std::string_view(c.viewer.tls ? "https" : "http"); }},
    {"cloudfront-is-android-viewer", "CloudFront-Is-Android-Viewer",
     [](const Context& c) { return truth(c.device().android); }},
    {"cloudfront-is-desktop-viewer", "CloudFront-Is-Desktop-Viewer",
     [](const Context& c) { return truth(c.device().desktop); }},
    {"cloudfront-is-ios-viewer", "CloudFront-Is-IOS-Viewer",
     [](const Context& c) { return truth(c.device().ios); }},
    {"cloudfront-is-mobile-viewer", "CloudFront-Is-Mobile-Viewer",
     [](const Context& c) { return truth(c.device().mobile); }},
    {"cloudfront-is-smarttv-viewer", "CloudFront-Is-SmartTV-Viewer",
     [](const Context& c) { return truth(c.device().smart_tv); }},
    {"cloudfront-is-tablet-viewer", "CloudFront-Is-Tablet-Viewer",
     [](const Context& c) { return truth(c.device().tablet); }},
    {"cloudfront-viewer-address", "CloudFront-Viewer-Address",
     [](const Context& c) {
       // Without brackets around an IPv6 address, as CloudFront writes it.
       return c.out.keep(fmt::format("{}:{}", c.viewer.address.ip.to_string(), c.viewer.address.port));
     }},
    {"cloudfront-viewer-asn", "CloudFront-Viewer-ASN", detail<&geo_db::Details::network>, true},
    {"cloudfront-viewer-city", "CloudFront-Viewer-City", detail<&geo_db::Details::city>, true},
    {"cloudfront-viewer-country", "CloudFront-Viewer-Country",
     [](const Context& c) { return c.has_place() ? c.viewer.place->country.text() : std::string_view(); }},
    {"cloudfront-viewer-country-name", "CloudFront-Viewer-Country-Name", country_name},
    {"cloudfront-viewer-country-region", "CloudFront-Viewer-Country-Region", region},
    {"cloudfront-viewer-country-region-name", "CloudFront-Viewer-Country-Region-Name", region_name},
    {"cloudfront-viewer-header-count", "CloudFront-Viewer-Header-Count",
     [](const Context& c) { return c.out.keep(std::to_string(c.request.size())); }},
    {"cloudfront-viewer-header-order", "CloudFront-Viewer-Header-Order", header_order},
    {"cloudfront-viewer-http-version", "CloudFront-Viewer-Http-Version",
     [](const Context& c) { return version_text(c.viewer.version); }},
    {"cloudfront-viewer-ja3-fingerprint", "CloudFront-Viewer-JA3-Fingerprint",
     [](const Context& c) { return c.viewer.ja3; }},
    {"cloudfront-viewer-latitude", "CloudFront-Viewer-Latitude",
     [](const Context& c) {
       return has_point(c) ? degrees(c, c.viewer.place->latitude) : std::string_view();
     }},
    {"cloudfront-viewer-longitude", "CloudFront-Viewer-Longitude",
     [](const Context& c) {
       return has_point(c) ? degrees(c, c.viewer.place->longitude) : std::string_view();
     }},
    {"cloudfront-viewer-metro-code", "CloudFront-Viewer-Metro-Code", detail<&geo_db::Details::metro_code>,
     true},
    {"cloudfront-viewer-postal-code", "CloudFront-Viewer-Postal-Code", detail<&geo_db::Details::postal_code>,
     true},
    {"cloudfront-viewer-time-zone", "CloudFront-Viewer-Time-Zone", detail<&geo_db::Details::time_zone>, true},
    {"cloudfront-viewer-tls", "CloudFront-Viewer-TLS", tls},
};
static_assert(std::ranges::is_sorted(kHeaders, {}, &Header::name));

bool is_cloudfront_header(const Field& field) {
  return starts_with_name(field.name, "cloudfront-");
}

}  // namespace

std::string_view version_text(HttpVersion version) {
  constexpr std::array<std::string_view, 4> kTexts = {"1.0", "1.1", "2.0", "3.0"};
  return kTexts[static_cast<std::size_t>(version)];
}

bool has_cloudfront_headers(Fields request) {
  return std::ranges::any_of(request, is_cloudfront_header);
}

Fields with_cloudfront_headers(Fields request, const snapshots::cdn::GeneratedHeaders& wanted,
                               const Viewer& viewer, FieldList& buffer) {
  if (wanted.empty() && !has_cloudfront_headers(request)) return request;
  for (const Field& field : request)
    if (!is_cloudfront_header(field)) buffer.add(field.name, field.value);
  const Context context{request, viewer, buffer};
  for (const std::string& name : wanted) {
    const auto* header = std::ranges::lower_bound(kHeaders, std::string_view(name), {}, &Header::name);
    if (header == std::end(kHeaders) || header->name != name) continue;
    const std::string_view value = header->value(context);
    if (!value.empty()) buffer.add(header->sent_as, value);
  }
  return buffer;
}

bool needs_details(const snapshots::cdn::GeneratedHeaders& wanted) {
  return std::ranges::any_of(wanted, [](const std::string& name) {
    const auto* header = std::ranges::lower_bound(kHeaders, std::string_view(name), {}, &Header::name);
    return header != std::end(kHeaders) && header->name == name && header->of_details;
  });
}

}  // namespace meridian::engines::cdn::rules
