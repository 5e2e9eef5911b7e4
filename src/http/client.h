// A small blocking HTTP/1.1 client for the command line: one request, one reply, one connection.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"

namespace meridian::http {

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target = "/";
  static Result<Url> parse(std::string_view text);  // http:// or https://; no user, no fragment
  std::string authority() const;                    // host and port as a Host field has them
};

struct ClientOptions {
  Duration timeout = std::chrono::seconds(30);  // for each of connect, write and read
  std::string trusted_certificates_pem;         // besides the system's
  bool verify_certificate = true;
  std::size_t body_bytes_max = 64 * 1024 * 1024;
};

struct ClientRequest {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers;  // Host, Content-Length and Connection are written by fetch
  std::string body;
};

Result<Response> fetch(const ClientRequest& request, const ClientOptions& options = {});

}  // namespace meridian::http
