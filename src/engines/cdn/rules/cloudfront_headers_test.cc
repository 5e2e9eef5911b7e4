// CloudFront-* headers, from where the viewer is and what it says it is.
#include "engines/cdn/rules/cloudfront_headers.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/device_class.h"
#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using snapshots::location::Code;
using snapshots::location::Place;

std::string generated(const snapshots::cdn::GeneratedHeaders& wanted, const Viewer& viewer,
                      std::string_view lines) {
  const std::vector<Field> request = head(lines);
  FieldList buffer;
  return text_of(with_cloudfront_headers(request, wanted, viewer, buffer));
}

TEST(CloudFrontHeaders, SayWhereTheViewerIs) {
  Place place;
  place.country = Code::of("US");
  place.subdivision = Code::of("MI");
  place.set_point(42.30865, -83.48216);
  Viewer viewer;
  viewer.place = &place;
  EXPECT_EQ(generated({"cloudfront-viewer-country", "cloudfront-viewer-country-name",
                       "cloudfront-viewer-country-region", "cloudfront-viewer-country-region-name",
                       "cloudfront-viewer-latitude", "cloudfront-viewer-longitude"},
                      viewer, "Accept: a"),
            "Accept: a\n"
            "CloudFront-Viewer-Country: US\n"
            "CloudFront-Viewer-Country-Name: United States\n"
            "CloudFront-Viewer-Country-Region: MI\n"
            "CloudFront-Viewer-Country-Region-Name: Michigan\n"
            "CloudFront-Viewer-Latitude: 42.30865\n"
            "CloudFront-Viewer-Longitude: -83.48216\n");
}

TEST(CloudFrontHeaders, SayWhatDatabasesTellOfTheViewer) {
  const snapshots::cdn::GeneratedHeaders wanted = {
      "cloudfront-viewer-asn", "cloudfront-viewer-city", "cloudfront-viewer-metro-code",
      "cloudfront-viewer-postal-code", "cloudfront-viewer-time-zone"};
  const geo_db::Details details{"S\xc3\xa3o Paulo", "501", "01000", "America/Sao_Paulo", 64496};
  Viewer viewer;
  viewer.details = &details;
  EXPECT_EQ(generated(wanted, viewer, "Accept: a"),
            "Accept: a\n"
            "CloudFront-Viewer-ASN: 64496\n"
            "CloudFront-Viewer-City: S%C3%A3o Paulo\n"
            "CloudFront-Viewer-Metro-Code: 501\n"
            "CloudFront-Viewer-Postal-Code: 01000\n"
            "CloudFront-Viewer-Time-Zone: America/Sao_Paulo\n");
  const geo_db::Details nothing;
  viewer.details = &nothing;
  EXPECT_EQ(generated(wanted, viewer, "Accept: a"), "Accept: a\n");
  for (const std::string& name : wanted) EXPECT_TRUE(needs_details({"cloudfront-viewer-tls", name})) << name;
  EXPECT_FALSE(needs_details({"cloudfront-viewer-country", "cloudfront-viewer-latitude"}));
  EXPECT_FALSE(needs_details({}));
}

TEST(CloudFrontHeaders, SayNothingOfWhatIsNotKnown) {
  EXPECT_EQ(generated({"cloudfront-viewer-asn", "cloudfront-viewer-city", "cloudfront-viewer-country",
                       "cloudfront-viewer-latitude", "cloudfront-viewer-tls"},
                      {}, "Accept: a"),
            "Accept: a\n");
}

TEST(CloudFrontHeaders, SayHowTheViewerCame) {
  Viewer viewer;
  viewer.address = *net::Address::parse("[2001:db8::1]:46532");
  viewer.version = HttpVersion::Http2;
  viewer.tls = true;
  viewer.tls_version = "TLSv1.3";
  viewer.tls_cipher = "TLS_AES_128_GCM_SHA256";
  viewer.tls_session = TlsSession::SessionResumed;
  EXPECT_EQ(
      generated({"cloudfront-forwarded-proto", "cloudfront-viewer-address", "cloudfront-viewer-header-count",
                 "cloudfront-viewer-header-order", "cloudfront-viewer-http-version", "cloudfront-viewer-tls"},
                viewer, "Host: a\nAccept: b"),
      "Host: a\nAccept: b\n"
      "CloudFront-Forwarded-Proto: https\n"
      "CloudFront-Viewer-Address: 2001:db8::1:46532\n"
      "CloudFront-Viewer-Header-Count: 2\n"
      "CloudFront-Viewer-Header-Order: Host:Accept\n"
      "CloudFront-Viewer-Http-Version: 2.0\n"
      "CloudFront-Viewer-TLS: TLSv1.3:TLS_AES_128_GCM_SHA256:sessionResumed\n");
}

TEST(CloudFrontHeaders, OfAViewerNeverPass) {
  EXPECT_EQ(generated({}, {}, "Host: a\ncloudfront-viewer-country: DE"), "Host: a\n");
  EXPECT_EQ(generated({"cloudfront-forwarded-proto"}, {}, "CLOUDFRONT-FORWARDED-PROTO: https"),
            "CloudFront-Forwarded-Proto: http\n");
}

TEST(CloudFrontHeaders, WithoutAnyTheViewersListIsUsedAsItIs) {
  const std::vector<Field> request = head("Host: a");
  FieldList buffer;
  EXPECT_EQ(with_cloudfront_headers(request, {}, {}, buffer).data(), request.data());
}

TEST(DeviceClass, IsToldByUserAgent) {
  const auto expect = [](const char* user_agent, DeviceClass wanted) {
    EXPECT_EQ(classify_device(user_agent), wanted) << user_agent;
  };
  expect("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", {.desktop = true});
  expect("curl/8.5.0", {.desktop = true});
  expect("", {.desktop = true});
  expect("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
         {.mobile = true, .ios = true});
  expect("Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) Version/12.1 Mobile/15E148 Safari/604.1",
         {.mobile = true, .tablet = true, .ios = true});
  expect("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36",
         {.mobile = true, .android = true});
  expect("Mozilla/5.0 (Linux; Android 13; SM-X200) Chrome/126.0 Safari/537.36",
         {.tablet = true, .android = true});
  expect("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) Version/6.0 TV Safari/538.1", {.smart_tv = true});
  expect("Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR3) Chrome/92.0 Safari/537.36",
         {.smart_tv = true, .android = true});
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
