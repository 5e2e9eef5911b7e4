// For this room's tests: a control and edges that follow it, in virtual time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <set>

#include "snapshots/feed/client.h"
#include "snapshots/feed/compression.h"
#include "snapshots/feed/enrolment.h"
#include "snapshots/feed/server.h"
#include "snapshots/feed/test_world.h"
#include "snapshots/feed/timing.h"

namespace meridian::snapshots::feed {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

// What travels is a text: a delta adds a letter or more, an image is all of it.
class Control final : public EdgeAuthority, public ImageSource, public CheckerListener {
 public:
  Control(TestLoop& loop, Logger& logger, StoreId store, std::string text, std::size_t history_bytes_max,
          CanaryOptions canaries = {})
      : loop_(loop), text_(std::move(text)) {
    FeedServerOptions options{{store, text_.size()}, "2.0.0", seconds(10), history_bytes_max, canaries};
    server = std::make_unique<FeedServer>(loop, logger, metrics, *this, *this, options);
  }
  void listen() { EXPECT_TRUE(server->listen({}, nullptr)); }
  void publish(const std::string& letters) {
    const std::uint64_t from = text_.size();
    text_ += letters;
    server->publish(from, text_.size(), letters);
  }
  void add(const std::string& letters) {
    publish(letters);
    loop_.advance({});
  }
  void replace_all(const std::string& text) {
    text_ = text;
    server->publish(0, text_.size(), text_);
    loop_.advance({});
  }
  const std::string& text() const { return text_; }
  EdgeState edge(const std::string& name) const {
    for (const EdgeState& edge : server->edges())
      if (edge.name == name) return edge;
    return {};
  }
  double count(const std::string& metric) {
    const std::string all = metrics.prometheus_text();
    const std::size_t at = all.find("\n" + metric + " ");
    return at == all.npos ? 0 : std::stod(all.substr(at + metric.size() + 2));
  }

  std::vector<std::string> refresh() override { return std::exchange(removing, {}); }
  Result<void> admit(const net::CertificateSummary& certificate) override {
    if (strangers.contains(certificate.common_name)) return invalid("its certificate is not known here");
    return {};
  }
  Result<Certificate> enrol(const Enrol& enrol) override {
    if (enrol.token != "good") return invalid("this token was used before");
    return Certificate{"new1", "certificate for " + enrol.request_pem, "authority"};
  }
  Result<Certificate> renew(const net::CertificateSummary& certificate, const Renew& renew) override {
    return Certificate{certificate.common_name, "renewed " + renew.request_pem, "authority"};
  }
  Result<void> joined(const std::string& edge, const std::string& region) override {
    if (region == "nowhere") return invalid("there is no such Region");
    checkers[edge] = region;
    return {};
  }
  void reported(const std::string& edge, std::vector<CheckBytes> reports) override {
    for (const CheckBytes& report : reports) said[edge][report.id] = report.bytes;
    most_reports = std::max(most_reports, reports.size());
  }
  void lost(const std::string& edge, Duration silent_for) override { lost_checkers[edge] = silent_for; }
  void removed(const std::string& edge) override { removed_edges.push_back(edge); }
  Image image() override {
    ++images_made;
    return {text_.size(), text_};
  }

  Metrics metrics;
  std::unique_ptr<FeedServer> server;
  std::set<std::string> strangers;
  std::vector<std::string> removing;
  int images_made = 0;
  std::map<std::string, std::string> checkers;                     // their Regions, by edge
  std::map<std::string, std::map<std::string, std::string>> said;  // by edge and check
  std::map<std::string, Duration> lost_checkers;
  std::vector<std::string> removed_edges;
  std::size_t most_reports = 0;  // in one frame

 private:
  TestLoop& loop_;
  std::string text_;
};

class Edge final : public FeedTarget, public EdgeCertificate, public CheckerTarget {
 public:
  Edge(TestLoop& loop, Logger& logger, std::string name)
      : loop_(loop), logger_(logger), name_(std::move(name)) {
    path->certificate = net::CertificateSummary{name_, "", {}};
  }
  void start() {
    metrics = std::make_unique<Metrics>();
    client = std::make_unique<FeedClient>(
        loop_, random_, logger_, *metrics, *this, *this,
        [this](auto done) {
          ++attempts;
          return loop_.connect(path, std::move(done));
        },
        FeedClientOptions{name_, "1.0.0", checks_from.empty() ? checker : this, subject, requests});
    client->start();
  }

  Position holds() const override { return {store, text.size()}; }
  Result<void> apply(const StoreId& from_store, std::uint64_t from, std::uint64_t to,
                     std::string_view plain) override {
    if (when_applying) when_applying();
    if (plain.find('!') != plain.npos) return invalid("it has a bad letter");
    if (from == 0) text.clear();
    text += plain;
    store = from_store;
    applied.emplace_back(from, to);
    return {};
  }
  std::uint64_t served_revision() const override { return serves_at_once ? text.size() : served; }
  void keep_refused(std::uint64_t from, std::uint64_t to, std::string_view bytes, std::string_view) override {
    refused.emplace_back(from, to);
    refused_bytes = bytes;
  }
  void set_health(const std::string& id, bool healthy) override {
    health[id] = healthy;
    ++health_told;
  }
  void forget_health_but(const std::set<std::string>& ids) override {
    std::erase_if(health, [&](const auto& check) { return !ids.contains(check.first); });
  }
  std::string region() const override { return checks_from; }
  void set_check(const std::string& id, std::string_view settings) override { checks[id] = settings; }
  void remove_check(const std::string& id) override { checks.erase(id); }
  void forget_checks_but(const std::set<std::string>& ids) override {
    std::erase_if(checks, [&](const auto& check) { return !ids.contains(check.first); });
  }
  std::vector<CheckBytes> take_reports(std::size_t most) override {
    const std::size_t size = std::min(most, news.size());
    std::vector<CheckBytes> taken(news.begin(), news.begin() + static_cast<std::ptrdiff_t>(size));
    news.erase(news.begin(), news.begin() + static_cast<std::ptrdiff_t>(size));
    return taken;
  }
  void repeat_reports() override { news = all_reports; }
  void say(const std::string& id, const std::string& report) {
    news.push_back({id, report});
    all_reports.push_back({id, report});
  }
  Load load() override { return {5, 10, 1000}; }
  Crash crash() const override { return died_of; }
  void crash_was_heard() override { died_of = {}; }
  std::optional<std::string> renewal_request() override {
    return renewal_due ? std::optional("request") : std::nullopt;
  }
  Result<void> renew(const Certificate& certificate) override {
    renewed = certificate.certificate_pem;
    renewal_due = false;
    return {};
  }

  std::shared_ptr<TestLoop::Path> path = std::make_shared<TestLoop::Path>();
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<FeedClient> client;
  StoreId store;
  std::string text, refused_bytes, renewed;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> applied, refused;
  bool serves_at_once = true, renewal_due = false;
  std::uint64_t served = 0;
  int attempts = 0;
  std::map<std::string, bool> health;
  int health_told = 0;
  Subject subject = Subject::Dns;
  RequestSource* requests = nullptr;
  std::string checks_from;           // a Region, of a checker
  CheckerTarget* checker = nullptr;  // in place of this
  std::map<std::string, std::string> checks;
  std::vector<CheckBytes> news, all_reports;
  Crash died_of;
  std::function<void()> when_applying;

 private:
  TestLoop& loop_;
  Logger& logger_;
  std::string name_;
  SeededRandom random_{3};
};

class Feed : public testing::Test {
 protected:
  void start_control(std::string text = "abc", std::size_t history_bytes_max = kHistoryBytesMax) {
    control = std::make_unique<Control>(loop, logger, store, std::move(text), history_bytes_max);
    control->listen();
  }
  void start_control_with_canary(Duration soak = {}) {
    control = std::make_unique<Control>(loop, logger, store, "abc", kHistoryBytesMax,
                                        CanaryOptions{{"canary"}, soak});
    control->listen();
  }
  std::unique_ptr<Edge> make_edge(const std::string& name) {
    auto edge = std::make_unique<Edge>(loop, logger, name);
    edge->start();
    return edge;
  }
  std::uint64_t served() { return control->server->served_revision(); }

  TestLoop loop;
  Logger logger{loop.clock(), STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  SeededRandom random{1};
  StoreId store = StoreId::draw(random);
  std::unique_ptr<Control> control;
};

}  // namespace meridian::snapshots::feed
