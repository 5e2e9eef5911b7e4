#include "engines/health/failure_texts.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::health {
namespace {

constexpr std::string_view kTls = "TLS: ", kAlert = "alert ";

// OpenSSL says "error:0A000410:SSL routines::sslv3 alert handshake failure", AWS "SSL alert
// handshake_failure".
std::string handshake_failure(std::string_view openssl) {
  if (const auto colons = openssl.rfind("::"); colons != std::string_view::npos)
    openssl.remove_prefix(colons + 2);
  const auto alert = openssl.find(kAlert);
  if (alert == std::string_view::npos) return fmt::format("SSL handshake failed: {}", openssl);
  std::string name(openssl.substr(alert + kAlert.size()));
  std::ranges::replace(name, ' ', '_');
  return "SSL alert " + name;
}

}  // namespace

std::string connect_failure(const Error& error) {
  std::string_view text = error.message;
  if (text.starts_with(kTls)) return handshake_failure(text.substr(kTls.size()));
  // "connect 192.0.2.1:80: Connection refused": the health check says where.
  if (const auto where = text.rfind(": "); where != std::string_view::npos) text.remove_prefix(where + 2);
  return std::string(text);
}

}  // namespace meridian::engines::health
