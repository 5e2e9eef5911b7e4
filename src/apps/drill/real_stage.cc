#include "apps/drill/real_stage.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>

#include "apps/aws_client.h"
#include "apps/drill/dns_reply.h"
#include "formats/json/json.h"
#include "gen/route53/api.h"
#include "http/client.h"
#include "net/certificate.h"
#include "net/tls.h"

namespace meridian::apps::drill {
namespace {

namespace r53 = gen::route53;

constexpr Duration kLookTime = std::chrono::milliseconds(50);
constexpr Duration kExplainTime = std::chrono::milliseconds(200);
constexpr Duration kCheckersLookTime = std::chrono::milliseconds(500);
constexpr Duration kReplyTime = std::chrono::seconds(2);
constexpr std::size_t kAskedMax = 4096;  // questions under way; more are not asked
constexpr int kDraws = 1000;             // of a random policy, by explain

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// Ctrl-C ends the drill, which then takes away what it made.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    for (const auto& [number, before] : {std::pair(SIGINT, &int_), std::pair(SIGTERM, &term_)})
      sigaction(number, &action, before);
  }
  ~Interruptions() {
    sigaction(SIGINT, &int_, nullptr);
    sigaction(SIGTERM, &term_, nullptr);
  }

 private:
  struct sigaction int_ {
  }, term_{};
};

class RealStage final : public Stage, private net::DatagramServer {
 public:
  RealStage(const DrillOptions& options, net::Address dns, AwsClient client, const Clock& clock,
            Random& random)
      : options_(options),
        dns_(dns),
        client_(std::move(client)),
        clock_(clock),
        random_(random),
        zone_name_("drill-" + random.text(8, "0123456789abcdef") + ".test"),
        loop_(net::make_loop()) {}

  Result<void> start() {
    socket_ = TRY(loop_->serve_udp({net::IpAddress::v4({127, 0, 0, 1}), 0}, {}, *this));
    (void)TRY(statuses());
    return {};
  }

  net::Loop& loop() override { return *loop_; }
  bool pass(Duration time) override {
    const auto end = loop_->after(time, [this] { loop_->stop(); });
    const auto look = loop_->after(kLookTime, [this] { look_around(); });
    loop_->run();
    look_timer_.reset();
    return !interrupted;
  }
  void watch(std::function<void()> changed) override { changed_ = std::move(changed); }

  std::string zone_name() const override { return zone_name_; }
  net::Address endpoint_address(std::size_t number, bool) const override {
    return {net::IpAddress::v4({127, 0, 90, static_cast<std::uint8_t>(number + 1)}), 0};
  }
  Result<std::shared_ptr<net::TlsServerContext>> tls() override {
    if (!tls_) {
      const std::string name = "drill.test";
      const auto made = TRY(net::make_self_signed_certificate(std::span(&name, 1), clock_.now()));
      tls_ = TRY(
          net::make_tls_server_context({.certificate_pem = made.certificate_pem, .key_pem = made.key_pem}));
    }
    return tls_;
  }
  bool lose(const net::IpAddress&, const std::optional<net::IpAddress>&, bool) override { return false; }

  void ask(const Question& question, std::function<void(std::optional<Reply>)> on_reply) override {
    const std::uint16_t id = static_cast<std::uint16_t>(random_.next());
    const auto query = dns_query(id, question.name);
    if (!query || asked_.size() >= kAskedMax || asked_.contains(id)) return on_reply(std::nullopt);
    Asked& asked = asked_[id];
    asked.on_reply = std::move(on_reply);
    asked.late = loop_->after(kReplyTime, [this, id] { finish(id, std::nullopt); });
    socket_->send_to(dns_, as_bytes(*query));
  }

  Shares shares(const Question& question, bool drawn) override {
    Answer& answer = answers_[question.name];
    if (!drawn) {
      answer.asked = true;
      return answer.shares;
    }
    const MonotonicTime now = loop_->clock().monotonic();
    if (answer.explained != MonotonicTime{} && now - answer.explained < kExplainTime) return answer.shares;
    answer.explained = now;
    if (auto explained = explain(question)) answer.shares = *std::move(explained);
    return answer.shares;
  }
  std::vector<Seen> seen(const std::string& id) override;
  bool healthy(const std::string& id) override {
    const auto at = statuses_.find(id);
    return at == statuses_.end() || at->second;
  }

 private:
  struct Asked {
    std::function<void(std::optional<Reply>)> on_reply;
    std::unique_ptr<net::Timer> late;
  };
  struct Answer {
    bool asked = false;         // again and again, over the wire
    MonotonicTime explained{};  // when it was, last
    Shares shares;
  };
  struct Observed {
    MonotonicTime at{};
    std::vector<Seen> seen;
  };

  aws::Outcome<aws::Value> call_value(std::string_view operation, const aws::Value& input) override {
    return client_.call_value(operation, input);
  }

  void look_around() {
    if (interrupted) return loop_->stop();
    if (const auto known = statuses()) statuses_ = *known;
    for (auto& [name, answer] : answers_)
      if (answer.asked)
        ask({name, ""}, [&answer](std::optional<Reply> reply) {
          if (!reply) return;
          answer.shares.clear();
          for (const net::IpAddress& address : reply->addresses)
            answer.shares[address] += 1.0 / static_cast<double>(reply->addresses.size());
        });
    if (changed_) changed_();
    look_timer_ = loop_->after(kLookTime, [this] { look_around(); });
  }

  Result<json::Value> admin(const std::string& target) const {
    http::ClientRequest request;
    request.url = TRY(http::Url::parse(options_.client.admin + target));
    const auto reply = TRY(http::fetch(request));
    if (reply.status != 200) return invalid(reply.body);
    return json::parse(reply.body);
  }
  // By id: as routing takes it.
  Result<std::map<std::string, bool>> statuses() const {
    const auto reply = TRY(admin("/health-checks?output=json"));
    std::map<std::string, bool> all;
    const json::Value* list = reply.find("health_checks");
    if (!list || !list->get<json::Array>()) return invalid("the server lists no health checks");
    for (const json::Value& each : *list->get<json::Array>()) {
      const json::Value *id = each.find("id"), *healthy = each.find("healthy");
      if (id && healthy && id->get<std::string>() && healthy->get<bool>())
        all[*id->get<std::string>()] = *healthy->get<bool>();
    }
    return all;
  }
  Result<Shares> explain(const Question& question) const {
    const auto reply =
        TRY(admin(fmt::format("/explain/dns?name={}&type=A&draws={}&output=json", question.name, kDraws)));
    Shares shares;
    const json::Value* list = reply.find("shares");
    if (!list || !list->get<json::Array>()) return invalid("the server explains nothing");
    for (const json::Value& each : *list->get<json::Array>()) {
      const json::Value *answer = each.find("answer"), *share = each.find("share");
      if (!answer || !share || !answer->get<std::string>()) continue;
      const double part = share->get<double>() ? *share->get<double>() : 1;
      add_shares(*answer->get<std::string>(), part, shares);
    }
    return shares;
  }

  void serve(std::span<net::Exchange> batch) override {
    for (net::Exchange& each : batch) {
      each.reply_size = 0;
      if (*each.peer != dns_ || each.query.size() < 2) continue;
      finish(static_cast<std::uint16_t>(each.query[0] << 8 | each.query[1]), read_reply(each.query));
    }
  }
  void finish(std::uint16_t id, std::optional<Reply> reply) {
    auto asked = asked_.extract(id);
    if (!asked.empty()) asked.mapped().on_reply(std::move(reply));
  }

  const DrillOptions& options_;
  const net::Address dns_;
  AwsClient client_;
  const Clock& clock_;
  Random& random_;
  const std::string zone_name_;
  Interruptions interruptions_;
  std::unique_ptr<net::Loop> loop_;
  std::shared_ptr<net::TlsServerContext> tls_;
  std::unique_ptr<net::UdpSocket> socket_;
  std::unique_ptr<net::Timer> look_timer_;
  std::function<void()> changed_;
  std::map<std::uint16_t, Asked> asked_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, bool> statuses_;
  std::map<std::string, Observed> observed_;
};

std::vector<Seen> RealStage::seen(const std::string& id) {
  Observed& observed = observed_[id];
  const MonotonicTime now = loop_->clock().monotonic();
  if (observed.at != MonotonicTime{} && now - observed.at < kCheckersLookTime) return observed.seen;
  observed.at = now;
  const auto status = call<r53::GetHealthCheckStatusResponse>(
      "GetHealthCheckStatus", r53::GetHealthCheckStatusRequest{.HealthCheckId = id});
  if (!status) return observed.seen;
  observed.seen.clear();
  for (const auto& each : status->HealthCheckObservations) {
    if (!each.Region || !each.StatusReport || !each.StatusReport->Status || !each.StatusReport->CheckedTime)
      continue;
    const std::string& text = *each.StatusReport->Status;
    const std::size_t colon = text.find(": ");
    observed.seen.push_back({*each.Region, text.starts_with("Success"),
                             colon == text.npos ? text : text.substr(colon + 2),
                             *each.StatusReport->CheckedTime});
  }
  return observed.seen;
}

Result<void> can_be_real(const Scenario& scenario) {
  for (const Clients& each : scenario.clients)
    if (!each.region.empty())
      return invalid(fmt::format("clients '{}' are in {}: only virtual ones can be", each.name, each.region));
  for (const Step& step : scenario.steps)
    for (const Check& check : scenario.checks)
      if ((step.fault == Fault::Lose || step.fault == Fault::Partition) && check.type == "TCP" &&
          check.endpoint && std::ranges::find(step.endpoints, *check.endpoint) != step.endpoints.end())
        return invalid(
            fmt::format("'{}' can be done to the endpoint of the TCP check '{}' in virtual time only",
                        to_string(step.fault), check.name));
  return {};
}

}  // namespace

Result<std::unique_ptr<Stage>> make_real_stage(const DrillOptions& options, const Scenario& scenario,
                                               const Clock& clock, Random& random) {
  TRY(can_be_real(scenario));
  const auto dns = TRY(net::Address::parse(options.dns));
  auto client = TRY(AwsClient::open(options.client, r53::service_model(), clock));
  auto stage = std::make_unique<RealStage>(options, dns, std::move(client), clock, random);
  TRY(stage->start());
  return stage;
}

}  // namespace meridian::apps::drill
