#include "http/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "http/server.h"
#include "net/certificate.h"
#include "net/tls.h"

namespace meridian::http {
namespace {

TEST(Url, ReadsHostPortAndTarget) {
  const auto url = Url::parse("https://[::1]:8443/a?b");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a?b");
  EXPECT_EQ(url->authority(), "[::1]:8443");
  EXPECT_EQ(Url::parse("http://h")->target, "/");
  EXPECT_EQ(Url::parse("http://h?x=1")->target, "/?x=1");
  EXPECT_EQ(Url::parse("http://h:80/")->authority(), "h");
  for (const char* bad : {"", "h", "ftp://h/", "http://", "http://h:0/", "http://h:99999/", "http://h:x/",
                          "http://u@h/", "http://h/a b", "http://h/#f", "http://[::1", "http://[::1]x80/"})
    EXPECT_FALSE(Url::parse(bad)) << bad;
}

class Echo final : public Handler {
 public:
  void handle(Request request, Responder responder) override {
    const http1::Field* host = request.field("host");
    responder.send({request.head.path == "/missing" ? 404 : 200,
                    {{"X-Host", std::string(host->value)}},
                    std::string(request.head.method) + " " + request.body});
  }
};

// A real server on a loop of its own thread.
class HttpClient : public testing::Test {
 protected:
  void start(std::shared_ptr<net::TlsServerContext> tls) {
    auto address = server.listen({net::IpAddress::v4({127, 0, 0, 1}), 0}, {}, std::move(tls));
    ASSERT_TRUE(address) << address.error().message;
    port = address->port;
    thread = std::thread([this] { loop->run(); });
  }
  void TearDown() override {
    loop->stop();
    if (thread.joinable()) thread.join();
  }
  ClientRequest request(std::string_view scheme, std::string_view target) {
    ClientRequest made;
    made.url =
        *Url::parse(std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + std::string(target));
    return made;
  }

  std::unique_ptr<net::Loop> loop = net::make_loop();
  Metrics metrics;
  Echo echo;
  Server server{*loop, echo, {}, metrics, "test"};
  std::uint16_t port = 0;
  std::thread thread;
};

TEST_F(HttpClient, FetchesOverPlainHttp) {
  start(nullptr);
  ClientRequest post = request("http", "/");
  post.method = "POST";
  post.body = std::string(1'000'000, 'x');
  auto reply = fetch(post);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body.size(), post.body.size() + 5);
  EXPECT_EQ(find_header(reply->headers, "x-host")->value, "127.0.0.1:" + std::to_string(port));
  ClientRequest head = request("http", "/missing");
  head.method = "HEAD";
  EXPECT_EQ(fetch(head)->status, 404);
  ClientOptions small;
  small.body_bytes_max = 1000;
  EXPECT_EQ(fetch(post, small).error().message, "the reply is too large");
}

TEST_F(HttpClient, FetchesOverTlsFromACertificateItTrusts) {
  const std::string names[] = {"localhost", "127.0.0.1"};
  const auto identity = *net::make_self_signed_certificate(names, loop->clock().now());
  start(*net::make_tls_server_context(
      {.certificate_pem = identity.certificate_pem, .key_pem = identity.key_pem, .protocols = {"http/1.1"}}));
  ClientOptions options;
  EXPECT_EQ(fetch(request("https", "/"), options).error().message, "TLS: self-signed certificate");
  options.trusted_certificates_pem = identity.certificate_pem;
  auto reply = fetch(request("https", "/"), options);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "GET ");
  const std::string others[] = {"127.0.0.2"};
  options.trusted_certificates_pem =
      net::make_self_signed_certificate(others, loop->clock().now())->certificate_pem;
  EXPECT_FALSE(fetch(request("https", "/"), options));
  options.verify_certificate = false;
  EXPECT_TRUE(fetch(request("https", "/"), options));
}

TEST_F(HttpClient, SaysWhyItCannotConnect) {
  ClientRequest nowhere;
  nowhere.url = *Url::parse("http://127.0.0.1:1/");
  EXPECT_EQ(fetch(nowhere).error().message, "127.0.0.1:1: connect: Connection refused");
}

}  // namespace
}  // namespace meridian::http
