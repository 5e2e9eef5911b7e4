#include "engines/health/probe_request.h"

#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

net::Address at(const std::string& text) {
  return net::Address::parse(text).value();
}

TEST(HostHeader, HasThePortUnlessItIsTheOwnOfTheScheme) {
  HttpQuestion question{.domain_name = "www.example.com", .path = "", .health_check_id = "h"};
  EXPECT_EQ(host_header(question, at("192.0.2.1:80")), "www.example.com");
  EXPECT_EQ(host_header(question, at("192.0.2.1:443")), "www.example.com:443");
  question.tls = true;
  EXPECT_EQ(host_header(question, at("192.0.2.1:443")), "www.example.com");
  EXPECT_EQ(host_header(question, at("192.0.2.1:80")), "www.example.com:80");
}

TEST(HostHeader, IsTheAddressWithoutAName) {
  const HttpQuestion question;
  EXPECT_EQ(host_header(question, at("192.0.2.1:80")), "192.0.2.1");
  EXPECT_EQ(host_header(question, at("192.0.2.1:8080")), "192.0.2.1:8080");
  EXPECT_EQ(host_header(question, at("[2001:db8::1]:80")), "[2001:db8::1]");
  EXPECT_EQ(host_header(question, at("[2001:db8::1]:8080")), "[2001:db8::1]:8080");
}

TEST(ProbeRequest, AsksForThePathWithALeadingSlash) {
  const auto first_line = [](std::string path) {
    const std::string request = probe_request({"", std::move(path), "h1"}, at("192.0.2.1:80"));
    EXPECT_TRUE(request.ends_with("\r\n\r\n"));
    EXPECT_NE(request.find("(ref h1)"), std::string::npos);
    return request.substr(0, request.find('\r'));
  };
  EXPECT_EQ(first_line(""), "GET / HTTP/1.1");
  EXPECT_EQ(first_line("health?a=b"), "GET /health?a=b HTTP/1.1");
  EXPECT_EQ(first_line("/health"), "GET /health HTTP/1.1");
}

}  // namespace
}  // namespace meridian::engines::health
