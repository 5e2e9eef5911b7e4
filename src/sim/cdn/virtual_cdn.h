// For tests: one worker of the CDN engine in a network in virtual time, with origins that the test plays and
// viewers that it sends.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "engines/cdn/engine_worker.h"
#include "sim/played_origin.h"

namespace meridian::sim {

// A connection of a viewer and what he heard on it.
class PlayedViewer final : public net::TcpHandler {
 public:
  PlayedViewer(VirtualNetwork& network, const net::Address& to) : network_(network) {
    attempt_ = network.connect_tcp(
        to, {.timeout = std::chrono::seconds(5), .from = net::IpAddress::v4({203, 0, 113, 7})},
        [this](auto made) {
          if (!made) return;
          tcp_ = std::move(*made);
          tcp_->start(*this);
          if (!early_.empty()) tcp_->write(std::move(early_));
        });
  }
  void send(std::string bytes) {
    if (tcp_)
      tcp_->write(std::move(bytes));
    else
      early_ += bytes;
  }
  void leave() {
    attempt_.reset();
    tcp_.reset();
  }

  std::string heard;
  bool closed = false;
  MonotonicTime first_byte{};

  int status() const { return heard.size() < 12 ? 0 : std::stoi(heard.substr(9, 3)); }
  std::string head() const { return heard.substr(0, heard.find("\r\n\r\n")); }
  std::string body() const {
    const std::size_t at = heard.find("\r\n\r\n");
    return at == std::string::npos ? "" : heard.substr(at + 4);
  }
  std::string field(const std::string& name) const {
    const std::string lines = head() + "\r\n";
    const std::size_t at = lines.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return lines.substr(begin, lines.find("\r\n", begin) - begin);
  }

 private:
  void on_data(net::TcpConnection&, Bytes data) override {
    if (heard.empty()) first_byte = network_.clock().monotonic();
    heard += as_text(data);
  }
  void on_closed(net::TcpConnection&, const Error*) override { closed = true; }

  VirtualNetwork& network_;
  std::unique_ptr<net::TcpConnect> attempt_;
  std::unique_ptr<net::TcpConnection> tcp_;
  std::string early_;
};

// Of each of its caches, and of all for slices.
struct Memory {
  std::size_t cache_bytes = 256 * 1024 * 1024, slice_bytes = 16 * 1024 * 1024;
};

class VirtualCdn {
 public:
  using Distribution = snapshots::cdn::Distribution;
  static net::Address edge(std::size_t index) {
    return {net::IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(index + 1)}), 80};
  }

  // `regions`: of each location the one behind it, "" for none.
  explicit VirtualCdn(const std::vector<std::string>& regions = {""},
                      engines::cdn::RequestLogs* logs = nullptr, const Memory& memory = {}) {
    options.logs = logs;
    options.location_cache_bytes = options.regional_cache_bytes = memory.cache_bytes;
    options.slice_bytes = memory.slice_bytes;
    for (std::size_t i = 0; i < regions.size(); ++i)
      options.locations.push_back({"TST" + std::to_string(i) + "-C1", {edge(i)}, {}, regions[i]});
    options.via_host = "0123456789abcdef0123456789abcdef.cloudfront.net";
    shared = std::make_unique<engines::cdn::EngineShared>(
        options, std::make_unique<const snapshots::cdn::CdnSnapshot>(), random, metrics);
    worker = std::make_unique<engines::cdn::EngineWorker>(network, options, *shared, upstream::TlsTrust{},
                                                          &names, random, metrics);
    for (std::size_t i = 0; i < regions.size(); ++i) (void)worker->listen(i, edge(i), {}, nullptr);
    names.known["origin.test"] = kFirst.ip;
    names.known["second.test"] = kSecond.ip;
    distribution.id = "E1";
    distribution.domain_name = "d1.cloudfront.net";
    for (const char* name : {"origin.test", "second.test"}) {
      snapshots::cdn::Origin origin;
      origin.id = origin.domain_name = name;
      origin.protocol = snapshots::cdn::OriginProtocol::HttpOnly;
      distribution.origins.push_back(origin);
    }
    snapshots::cdn::Behavior behavior;
    behavior.is_default = true;
    behavior.origin = 0;
    behavior.key.query_strings.kind = snapshots::cdn::Selection::Kind::All;
    distribution.behaviors.push_back(behavior);
  }

  void publish() {
    std::vector<snapshots::cdn::SharedDistribution> puts{std::make_shared<const Distribution>(distribution)};
    for (const Distribution& other : others) puts.push_back(std::make_shared<const Distribution>(other));
    shared->snapshot.publish(shared->snapshot.latest().next(++revision, puts, {}));
  }
  snapshots::cdn::Behavior& behavior() { return distribution.behaviors.back(); }
  void make_group(std::vector<std::uint16_t> statuses) {
    distribution.groups.push_back({"g", 0, 1, std::move(statuses)});
    behavior().origin = snapshots::cdn::Behavior::kNoTarget;
    behavior().group = 0;
  }

  PlayedViewer& viewer(std::size_t location = 0) {
    viewers.push_back(std::make_unique<PlayedViewer>(network, edge(location)));
    return *viewers.back();
  }
  PlayedViewer& ask(const std::string& target, const std::string& fields = "", std::size_t location = 0,
                    const std::string& method = "GET") {
    PlayedViewer& made = viewer(location);
    made.send(method + " " + target + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\n" + fields + "\r\n");
    return made;
  }
  PlayedViewer& get(const std::string& target, const std::string& fields = "",
                    Duration time = std::chrono::seconds(1)) {
    PlayedViewer& made = ask(target, fields);
    network.advance(time);
    return made;
  }

  static inline const net::Address kFirst = net::Address::parse("192.0.2.1:80").value();
  static inline const net::Address kSecond = net::Address::parse("192.0.2.2:80").value();

  VirtualNetwork network;
  Metrics metrics;
  SeededRandom random{1};
  PlayedNames names{network};
  engines::cdn::CdnEngineOptions options;
  std::unique_ptr<engines::cdn::EngineShared> shared;
  std::unique_ptr<engines::cdn::EngineWorker> worker;
  Distribution distribution;
  std::vector<Distribution> others;
  std::uint64_t revision = 0;
  std::deque<std::unique_ptr<PlayedViewer>> viewers;
};

}  // namespace meridian::sim
