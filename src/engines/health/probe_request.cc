#include "engines/health/probe_request.h"

#include <fmt/format.h>

namespace meridian::engines::health {

std::string host_header(const HttpQuestion& question, const net::Address& endpoint) {
  const bool own_port = endpoint.port == (question.tls ? 443 : 80);
  if (question.domain_name.empty())
    return own_port && endpoint.ip.is_v4() ? endpoint.ip.to_string()
           : own_port                      ? fmt::format("[{}]", endpoint.ip.to_string())
                                           : endpoint.to_string();
  return own_port ? question.domain_name : fmt::format("{}:{}", question.domain_name, endpoint.port);
}

std::string probe_request(const HttpQuestion& question, const net::Address& endpoint) {
  const bool slash = question.path.starts_with('/');
  return fmt::format(
      "GET {}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: */*\r\nAccept-Encoding: gzip, "
      "deflate\r\n"
      "User-Agent: Meridian-Health-Check (ref {})\r\n\r\n",
      slash ? "" : "/", question.path, host_header(question, endpoint), question.health_check_id);
}

}  // namespace meridian::engines::health
