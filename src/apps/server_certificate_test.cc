#include "apps/server_certificate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "http/fake_loop.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;

class Certificates : public testing::Test {
 protected:
  Certificates() { std::filesystem::create_directories(directory); }
  ~Certificates() override { std::filesystem::remove_all(directory); }

  net::CertificateAndKey fresh() {
    const std::string names[] = {"ns.example.test"};
    return *net::make_self_signed_certificate(names, clock.now());
  }
  void put(const std::string& file, const std::string& text) {
    ASSERT_TRUE(disk.replace(directory + "/" + file, as_bytes(text)));
  }
  void put(const net::CertificateAndKey& both) {
    put("c.pem", both.certificate_pem);
    put("k.pem", both.key_pem);
  }
  DnsTlsOptions brought() const { return {{"127.0.0.1:853"}, directory + "/c.pem", directory + "/k.pem"}; }
  Result<std::unique_ptr<ServerCertificate>> open(const DnsTlsOptions& options) {
    return open_dns_certificate(options, directory, disk, clock);
  }

  const std::string directory = testing::TempDir() + "meridian-certificates-" + std::to_string(getpid());
  RealClock clock;
  RealDisk disk;
};

TEST_F(Certificates, OneIsMadeOnceAndKept) {
  auto first = open({{"192.0.2.1:853"}, "", ""});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NE((*first)->context(), nullptr);
  auto again = open({{"192.0.2.1:853"}, "", ""});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->summary().sha256, (*first)->summary().sha256);
}

TEST_F(Certificates, WhatTheOperatorNamesMustBeThereAndFit) {
  EXPECT_FALSE(open(brought()));
  EXPECT_FALSE(std::filesystem::exists(directory + "/c.pem")) << "made over the operator's name";
  put(fresh());
  EXPECT_TRUE(open(brought()));
  put("k.pem", fresh().key_pem);
  EXPECT_FALSE(open(brought()));
  EXPECT_FALSE(open({{"127.0.0.1:853"}, directory + "/c.pem", ""}));
}

TEST_F(Certificates, AChangeOfBothFilesIsTakenWithinAMinuteAndOfOneIsNot) {
  http::FakeLoop loop;
  Metrics metrics;
  Logger logger(clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error);
  put(fresh());
  auto certificate = std::move(*open(brought()));
  int replaced = 0;
  CertificateWatch watch(loop, *certificate, logger, metrics, [&](auto tls) {
    EXPECT_EQ(tls, certificate->context());
    ++replaced;
  });
  loop.advance(2min);
  EXPECT_EQ(replaced, 0);

  const auto renewed = fresh();
  put("c.pem", renewed.certificate_pem);
  loop.advance(1min);
  EXPECT_EQ(replaced, 0) << "a certificate without its key";
  put("k.pem", renewed.key_pem);
  loop.advance(1min);
  EXPECT_EQ(replaced, 1);
  EXPECT_EQ(certificate->summary().sha256, net::read_certificate(renewed.certificate_pem)->sha256);
  std::filesystem::remove(directory + "/k.pem");
  loop.advance(3min);
  EXPECT_EQ(replaced, 1);
  EXPECT_NE(metrics.prometheus_text().find("meridian_dns_certificate_expiry_seconds 2"), std::string::npos)
      << metrics.prometheus_text();
}

}  // namespace
}  // namespace meridian::apps
