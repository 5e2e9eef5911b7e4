// Distributions drawn at random, with something in every member, for tests of what is encoded and kept.
#pragma once

#include "base/random.h"
#include "snapshots/cdn/delta.h"

namespace meridian::snapshots::cdn {

class RandomDistributions {
 public:
  explicit RandomDistributions(std::uint64_t seed) : random_(seed) {}

  SharedDistribution distribution(std::string id) {
    auto out = std::make_shared<Distribution>();
    out->id = std::move(id);
    out->account = "123456789012";
    out->arn = "arn:aws:cloudfront::123456789012:distribution/" + out->id;
    out->domain_name = "d" + out->id + ".cloudfront.net";
    out->aliases = names();
    out->revision = random_.next();
    for (bool* flag :
         {&out->enabled, &out->staging, &out->ipv6, &out->http2, &out->http3, &out->additional_metrics})
      *flag = coin();
    out->price_class = static_cast<PriceClass>(random_.below(3));
    out->default_root_object = word();
    if (coin()) out->geo = {GeoRestriction::Kind::Block, {"AT", "DE"}};
    if (coin()) out->error_pages = {{404, "/404.html", 200, time()}};
    for (std::uint64_t i = 0; i <= random_.below(3); ++i) out->origins.push_back(origin());
    if (coin()) out->groups = {{"group", 0, static_cast<std::uint32_t>(out->origins.size() - 1), {500, 503}}};
    for (std::uint64_t i = random_.below(3); i > 0; --i) out->behaviors.push_back(behavior(*out));
    out->behaviors.push_back(behavior(*out));
    out->behaviors.back().is_default = true;
    out->tls = {word(), "TLSv1.2_2021", nullptr};
    if (coin()) out->tls.certificate = certificate();
    out->log = {coin(), coin(), word(), word()};
    out->tag_header = word();
    if (coin()) out->continuous_deployment = {"E9", 0.125, time(), std::nullopt, "aws-cf-cd", word()};
    return out;
  }
  SharedCertificate certificate() {
    return std::make_shared<const ViewerCertificate>(ViewerCertificate{word(), word()});
  }
  Delta delta(std::uint64_t from, std::uint64_t to) {
    Delta out{.from = from, .to = to, .whole = from == 0};
    for (std::uint64_t i = random_.below(4); i > 0; --i) out.puts.push_back(distribution("E" + word()));
    out.removes = names();
    if (coin()) out.invalidations = {{"I" + word(), "E" + word(), random_.below(to + 1), names(), coin()}};
    if (coin()) out.own_certificate = certificate();
    if (coin())
      out.origin_keys = std::make_shared<const OriginKeys>(OriginKeys{word(), {{word(), "s3", word()}}});
    if (coin())
      out.tier_map = std::make_shared<const TierMap>(
          TierMap{{{word(), "192.0.2.1:7443", names()}, {word(), coin() ? "" : "[2001:db8::1]:1", names()}}});
    return out;
  }
  bool coin() { return random_.below(2) == 1; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

 private:
  std::string word() { return random_.text(1 + random_.below(12), "abcdefghij-012"); }
  std::vector<std::string> names() {
    std::vector<std::string> out(random_.below(4));
    for (std::string& name : out) name = word();
    return out;
  }
  std::chrono::seconds time() { return std::chrono::seconds(random_.below(1'000'000)); }
  Selection selection() { return {static_cast<Selection::Kind>(random_.below(4)), names()}; }
  AddedHeader header() { return {"x-" + word(), word() + " " + word(), coin()}; }

  Origin origin() {
    Origin out;
    out.id = word();
    out.domain_name = word() + ".example";
    if (coin()) out.path = "/" + word();
    if (coin()) out.custom_headers = {header(), header()};
    out.is_s3 = coin();
    out.protocol = static_cast<OriginProtocol>(random_.below(3));
    out.http_port = static_cast<std::uint16_t>(1 + random_.below(65'535));
    out.oldest_tls = net::TlsVersion::Tls13;
    out.read_timeout = time();
    if (coin()) out.completion_timeout = time();
    out.shield_region = word();
    out.access = {OriginAccess::Kind::Identity, SigningBehavior::NoOverride, "s3", word()};
    if (coin()) out.stand_in = {"127.0.0.1", 4566, coin()};
    return out;
  }
  Behavior behavior(const Distribution& of) {
    Behavior out;
    out.path_pattern = "/" + word() + "*";
    if (!of.groups.empty() && coin())
      out.group = 0;
    else
      out.origin = static_cast<std::uint32_t>(random_.below(of.origins.size()));
    out.viewer_protocol = static_cast<ViewerProtocol>(random_.below(3));
    out.allowed_methods = static_cast<std::uint8_t>(random_.below(128));
    for (bool* flag : {&out.cache_options, &out.compress, &out.allow_grpc, &out.restricted}) *flag = coin();
    out.ttl.fallback = out.ttl.minimum + time();
    out.ttl.maximum = out.ttl.fallback + time();
    out.key = {selection(), selection(), selection(), coin(), coin(), coin()};
    out.forward = {selection(), selection(), selection(), coin()};
    out.generated = names();
    if (coin()) {
      ResponseHeadersPolicy policy{word(), std::nullopt, {header()}, names(), 12.5};
      if (coin()) policy.cors = {coin(), coin(), names(), names(), names(), names(), time()};
      out.response_headers = std::make_shared<const ResponseHeadersPolicy>(std::move(policy));
    }
    if (coin())
      out.trusted_keys = {std::make_shared<const TrustedKey>(TrustedKey{word(), word()}),
                          std::make_shared<const TrustedKey>(TrustedKey{word(), word()})};
    out.realtime_log_arn = word();
    out.cache_policy_id = word();
    out.origin_request_policy_id = word();
    return out;
  }

  SeededRandom random_;
};

}  // namespace meridian::snapshots::cdn
