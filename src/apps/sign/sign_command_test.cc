// What `meridian sign` prints passes the check of the engine.
#include "apps/sign/sign_command.h"

#include <gtest/gtest.h>

#include "engines/cdn/signing/signed_request.h"

namespace meridian::apps {
namespace {

using namespace engines::cdn::signing;

class SignCommand : public testing::Test {
 protected:
  SignCommand() {
    options_.url = "https://www.example.com/a.mp4?q=1";
    options_.key_pair_id = "K1";
  }
  std::string printed() {
    const auto text = signed_text(options_, key_.private_pem(), kNow);
    return text ? *text : "refused: " + text.error().message;
  }
  std::optional<SignatureRefusal> check(std::string url, Time now, const char* viewer = "192.0.2.7") {
    const TrustedKeys keys({std::make_shared<snapshots::cdn::TrustedKey>("K1", key_.public_pem())});
    if (url.ends_with('\n')) url.pop_back();
    SignedRequest request;
    request.is_tls = true;
    request.host = "www.example.com";
    request.path = "/a.mp4";
    request.query = std::string_view(url).substr(url.find('?') + 1);
    request.viewer = *net::IpAddress::parse(viewer);
    request.now = now;
    return check_signature(request, keys);
  }

  static constexpr SystemTime kNow{std::chrono::seconds(1000000000)};
  static constexpr Time kSecond{Seconds(1000000000)};
  SigningKey key_ = *SigningKey::generate_ec();
  SignOptions options_;
};

TEST_F(SignCommand, LastsAnHourUnlessItIsTold) {
  EXPECT_EQ(check(printed(), kSecond + Seconds(3599)), std::nullopt);
  EXPECT_EQ(check(printed(), kSecond + Seconds(3600)), SignatureRefusal::Expired);
  options_.lifetime = "2d";
  EXPECT_EQ(check(printed(), kSecond + Seconds(2 * 86400 - 1)), std::nullopt);
  options_.lifetime = "soon";
  EXPECT_EQ(printed(), "refused: --for soon: a number and s, m, h or d");
}

TEST_F(SignCommand, TakesDatesAndSeconds) {
  for (const char* time : {"1000000500", "2001-09-09T01:55:00Z"}) {
    options_.expires = time;
    EXPECT_NE(printed().find("Expires=1000000500&"), std::string::npos) << printed();
  }
  options_.expires = "2001-09-10";
  EXPECT_NE(printed().find("Expires=1000080000&"), std::string::npos);
  for (const char* time : {"2001-13-01", "2001-09-09T01:55", "2001-09-09T25:00:00Z", "yesterday", "-1"}) {
    options_.expires = time;
    EXPECT_TRUE(printed().starts_with("refused: --expires")) << time;
  }
}

TEST_F(SignCommand, MakesACustomPolicyOfMore) {
  options_.resource = "https://*.example.com/*";
  options_.not_before = "1000000100";
  options_.source = "192.0.2.0/24";
  options_.sha256 = true;
  const std::string url = printed();
  EXPECT_NE(url.find("?q=1&Policy="), std::string::npos);
  EXPECT_EQ(check(url, kSecond + Seconds(200)), std::nullopt);
  EXPECT_EQ(check(url, kSecond + Seconds(50)), SignatureRefusal::NotYetValid);
  EXPECT_EQ(check(url, kSecond + Seconds(200), "198.51.100.1"), SignatureRefusal::OtherAddress);
}

TEST_F(SignCommand, PrintsCookies) {
  options_.cookies = true;
  const std::string lines = printed();
  EXPECT_TRUE(lines.starts_with("CloudFront-Expires=1000003600\nCloudFront-Signature=")) << lines;
  EXPECT_TRUE(lines.ends_with("\nCloudFront-Key-Pair-Id=K1\n")) << lines;
}

TEST_F(SignCommand, RefusesWhatCannotWork) {
  options_.source = "2001:db8::/32";
  EXPECT_TRUE(printed().starts_with("refused: --ip-address"));
  options_.source = "";
  options_.url = "/a.mp4";
  EXPECT_TRUE(printed().starts_with("refused: the URL begins with"));
  options_.url = "https://www.example.com/";
  EXPECT_FALSE(signed_text(options_, "no key", kNow));
}

}  // namespace
}  // namespace meridian::apps
