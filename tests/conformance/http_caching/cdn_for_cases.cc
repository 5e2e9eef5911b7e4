// The CDN engine alone, as a proxy for the cases of this folder: each distribution is a line of a file.
//
// usage: cdn_for_cases LISTEN_PORT ORIGIN_PORT FILE [TLS_PORT]     FILE: "HOST [minimum=1] [queries=all] …"
// (README.md)
#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engines/cdn/cdn_engine.h"
#include "net/certificate.h"
#include "net/loop.h"

namespace {

using namespace meridian;
using snapshots::cdn::Behavior;
using snapshots::cdn::Distribution;
using snapshots::cdn::Selection;

unsigned number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Selection selection(std::string_view words) {
  Selection chosen{words == "all" ? Selection::Kind::All : Selection::Kind::Only, {}};
  if (words == "none") chosen.kind = Selection::Kind::None;
  for (std::string name; chosen.kind == Selection::Kind::Only && !words.empty();) {
    const std::size_t comma = std::min(words.find(','), words.size());
    chosen.names.emplace_back(words.substr(0, comma));
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  std::ranges::sort(chosen.names);
  return chosen;
}

void apply(std::string_view word, Behavior& behavior, Distribution& distribution) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(std::min(equals + 1, word.size()));
  if (name == "minimum") behavior.ttl.minimum = std::chrono::seconds(number(value));
  if (name == "default") behavior.ttl.fallback = std::chrono::seconds(number(value));
  if (name == "maximum") behavior.ttl.maximum = std::chrono::seconds(number(value));
  if (name == "queries") behavior.key.query_strings = selection(value);
  if (name == "forward") behavior.forward.headers = selection(value);
  if (name == "headers") behavior.key.headers = selection(value);
  if (name == "cookies") behavior.key.cookies = selection(value);
  if (name == "gzip") behavior.key.gzip = behavior.compress = true;
  if (name == "brotli") behavior.key.brotli = behavior.compress = true;
  if (name == "error") {
    snapshots::cdn::ErrorPage page;
    page.error_code = static_cast<std::uint16_t>(number(value));
    page.caching_minimum = std::chrono::seconds(number(value.substr(value.find(':') + 1)));
    distribution.error_pages.push_back(page);
  }
}

snapshots::cdn::SharedDistribution read(const std::string& line, std::uint16_t origin_port) {
  std::istringstream words(line);
  auto made = std::make_shared<Distribution>();
  words >> made->domain_name;
  made->id = made->domain_name;
  snapshots::cdn::Origin origin;
  origin.id = "origin";
  origin.domain_name = "localhost";
  origin.protocol = snapshots::cdn::OriginProtocol::HttpOnly;
  origin.http_port = origin_port;
  origin.read_timeout = std::chrono::seconds(5);
  made->origins.push_back(origin);
  Behavior behavior;
  behavior.is_default = true;
  behavior.origin = 0;
  behavior.allowed_methods = snapshots::cdn::kAllMethods;
  behavior.ttl = {std::chrono::seconds(0), std::chrono::seconds(0), std::chrono::seconds(31536000)};
  behavior.forward.headers.kind = Selection::Kind::None;
  for (std::string word; words >> word;) apply(word, behavior, *made);
  behavior.ttl.fallback = std::max(behavior.ttl.fallback, behavior.ttl.minimum);
  made->behaviors.push_back(behavior);
  return made;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::cerr << "usage: cdn_for_cases LISTEN_PORT ORIGIN_PORT FILE [TLS_PORT]\n";
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  for (const int each : {SIGTERM, SIGINT}) sigaddset(&ends, each);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  std::vector<snapshots::cdn::SharedDistribution> distributions;
  std::ifstream file(words[3]);
  for (std::string line; std::getline(file, line);)
    distributions.push_back(read(line, static_cast<std::uint16_t>(number(words[2]))));
  engines::cdn::CdnEngineOptions options;
  options.locations.push_back(
      {"DEV50-C1",
       {{net::IpAddress::v4({127, 0, 0, 1}), static_cast<std::uint16_t>(number(words[1]))}},
       {},
       "us-east-1"});
  const std::string names[] = {"localhost"};
  const auto certificate = net::make_self_signed_certificate(names, RealClock().now());
  if (count > 4 && certificate) {
    options.locations[0].https = {
        {net::IpAddress::v4({127, 0, 0, 1}), static_cast<std::uint16_t>(number(words[4]))}};
    options.tls = net::make_tls_server_context({.certificate_pem = certificate->certificate_pem,
                                                .key_pem = certificate->key_pem,
                                                .protocols = {"h2", "http/1.1"}})
                      .value_or(nullptr);
  }
  SystemRandom random;
  Metrics metrics;
  engines::cdn::CdnEngine engine(std::move(options), snapshots::cdn::CdnSnapshot().next(1, distributions, {}),
                                 random, metrics, [] { return net::make_loop(); });
  if (const auto started = engine.start(); !started) {
    std::cerr << started.error().message << "\n";
    return 1;
  }
  if (const auto begun = engine.begin(); !begun) return 1;
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
