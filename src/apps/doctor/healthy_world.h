// For tests: a configuration in which no rule finds anything, and the pieces to break it with.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "apps/doctor/picture.h"
#include "apps/doctor/route53_rules.h"
#include "apps/doctor/rule.h"

namespace meridian::apps::doctor {

inline const std::vector<std::string> kServers{"ns-1.awsdns-00.com", "ns-513.awsdns-00.net",
                                               "ns-1025.awsdns-00.org", "ns-1537.awsdns-00.co.uk"};
inline const std::vector<std::string> kOtherServers{"ns-2.awsdns-00.com", "ns-514.awsdns-00.net",
                                                    "ns-1026.awsdns-00.org", "ns-1538.awsdns-00.co.uk"};

inline r53::ResourceRecordSet record(const std::string& name, const std::string& type,
                                     const std::vector<std::string>& values, std::int64_t ttl = 60) {
  r53::ResourceRecordSet set;
  set.Name = name + ".";
  set.Type = type;
  set.TTL = ttl;
  set.ResourceRecords.emplace();
  for (const std::string& value : values) set.ResourceRecords->push_back({value});
  return set;
}

inline r53::ResourceRecordSet alias(const std::string& name, const std::string& type,
                                    const std::string& target, bool evaluate,
                                    const std::string& zone_id = "Z1") {
  r53::ResourceRecordSet set;
  set.Name = name + ".";
  set.Type = type;
  set.AliasTarget =
      r53::AliasTarget{.HostedZoneId = zone_id, .DNSName = target + ".", .EvaluateTargetHealth = evaluate};
  return set;
}

inline r53::ResourceRecordSet routed(r53::ResourceRecordSet set, const std::string& identifier,
                                     const std::string& check) {
  set.SetIdentifier = identifier;
  if (!check.empty()) set.HealthCheckId = check;
  return set;
}
inline r53::ResourceRecordSet weighted(const std::string& name, const std::string& value, std::int64_t weight,
                                       const std::string& check) {
  auto set = routed(record(name, "A", {value}), "weight-" + value, check);
  set.Weight = weight;
  return set;
}
inline r53::ResourceRecordSet near(const std::string& name, const std::string& value,
                                   const std::string& region, const std::string& check) {
  auto set = routed(record(name, "A", {value}), region, check);
  set.Region = region;
  return set;
}
inline r53::ResourceRecordSet failover(r53::ResourceRecordSet set, const std::string& role,
                                       const std::string& check) {
  set = routed(std::move(set), role == "PRIMARY" ? "primary" : "secondary", check);
  set.Failover = role;
  return set;
}
inline r53::ResourceRecordSet multivalue(const std::string& name, const std::string& value,
                                         const std::string& check) {
  auto set = routed(record(name, "A", {value}), value, check);
  set.MultiValueAnswer = true;
  return set;
}
inline r53::ResourceRecordSet located(const std::string& name, const std::string& value,
                                      const std::string& country, const std::string& check) {
  auto set = routed(record(name, "A", {value}), country == "*" ? "rest" : country, check);
  set.GeoLocation = r53::GeoLocation{.ContinentCode = {}, .CountryCode = country, .SubdivisionCode = {}};
  return set;
}

inline CheckFacts check(const std::string& id, const std::string& address) {
  CheckFacts facts;
  facts.check.Id = id;
  r53::HealthCheckConfig& config = facts.check.HealthCheckConfig;
  config.Type = "HTTP";
  config.IPAddress = address;
  config.Port = 80;
  config.ResourcePath = "/health";
  config.RequestInterval = 10;
  config.FailureThreshold = 3;
  facts.healthy = true;
  return facts;
}
inline CheckFacts calculated(const std::string& id, std::vector<std::string> children, int threshold) {
  CheckFacts facts;
  facts.check.Id = id;
  facts.check.HealthCheckConfig.Type = "CALCULATED";
  facts.check.HealthCheckConfig.ChildHealthChecks = std::move(children);
  facts.check.HealthCheckConfig.HealthThreshold = threshold;
  facts.healthy = true;
  return facts;
}

inline ZoneFacts zone(const std::string& id, const std::string& name,
                      const std::vector<std::string>& servers) {
  ZoneFacts facts;
  facts.zone.Id = "/hostedzone/" + id;
  facts.zone.Name = name + ".";
  facts.name_servers = servers;
  facts.sets = {record(name, "SOA",
                       {servers.front() + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}, 900),
                record(name, "NS", {}, 172800)};
  for (const std::string& server : servers) facts.sets[1].ResourceRecords->push_back({server + "."});
  return facts;
}

inline const char* kDocument = R"({"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartRule":"place",
  "Endpoints":{"one":{"Type":"value","Value":"1.2.3.1"},"two":{"Type":"value","Value":"1.2.3.2"}},
  "Rules":{"place":{"RuleType":"geo","Locations":[
      {"Country":"DE","EndpointReference":"one","HealthCheck":"11111111-1111-1111-1111-111111111111"},
      {"IsDefault":true,"RuleReference":"standby"}]},
    "standby":{"RuleType":"failover",
      "Primary":{"EndpointReference":"one","HealthCheck":"11111111-1111-1111-1111-111111111111"},
      "Secondary":{"EndpointReference":"two"}}}})";
// Ids as documents want them.
inline const std::string kCheck1 = "11111111-1111-1111-1111-111111111111",
                         kCheck2 = "22222222-2222-2222-2222-222222222222",
                         kHttps = "33333333-3333-3333-3333-333333333333", kMetric = "metric", kBoth = "both";

inline Facts healthy_facts() {
  Facts facts;
  facts.account = "123456789012";
  ZoneFacts main = zone("Z1", "example.com", kServers);
  for (auto& set : std::vector<r53::ResourceRecordSet>{
           alias("example.com", "A", "www.example.com", false),
           record("www.example.com", "A", {"1.2.3.9"}, 300),
           record("example.com", "MX", {"10 mail.example.com"}, 300),
           record("mail.example.com", "A", {"1.2.3.8"}, 300),
           record("example.com", "TXT", {"\"v=spf1 mx -all\""}, 300),
           record("_dmarc.example.com", "TXT", {"\"v=DMARC1; p=reject\""}, 300),
           record("example.com", "CAA", {"0 issue \"amazon.com\""}, 300),
           record("cdn.example.com", "CNAME", {"cdn.example.net"}, 300),
           record("_sip._tcp.example.com", "SRV", {"1 10 5060 mail.example.com"}, 300),
           record("*.wild.example.com", "A", {"1.2.3.7"}, 300),
           record("dev.example.com", "NS",
                  {"ns-2.awsdns-00.com.", "ns-514.awsdns-00.net.", "ns-1026.awsdns-00.org.",
                   "ns-1538.awsdns-00.co.uk."},
                  3600),
           failover(record("app.example.com", "A", {"1.2.3.1"}), "PRIMARY", kCheck1),
           failover(record("app.example.com", "A", {"1.2.3.2"}), "SECONDARY", kCheck2),
           failover(alias("tree.example.com", "A", "app.example.com", true), "PRIMARY", ""),
           failover(record("tree.example.com", "A", {"1.2.3.2"}), "SECONDARY", kBoth),
           near("near.example.com", "1.2.3.1", "us-east-1", kCheck1),
           near("near.example.com", "1.2.3.2", "eu-west-1", kCheck2),
           weighted("split.example.com", "1.2.3.1", 80, kCheck1),
           weighted("split.example.com", "1.2.3.2", 20, kCheck2),
           multivalue("many.example.com", "1.2.3.1", kCheck1),
           multivalue("many.example.com", "1.2.3.2", kCheck2),
           located("place.example.com", "1.2.3.1", "DE", kCheck1),
           located("place.example.com", "1.2.3.2", "*", kCheck2),
       })
    main.sets.push_back(std::move(set));
  facts.zones = {std::move(main), zone("Z2", "dev.example.com", kOtherServers)};

  CheckFacts https = check(kHttps, "1.2.3.1"), metric;
  https.check.HealthCheckConfig.Type = "HTTPS";
  https.check.HealthCheckConfig.Port = 443;
  https.check.HealthCheckConfig.FullyQualifiedDomainName = "app.example.com";
  https.check.HealthCheckConfig.EnableSNI = true;
  metric.check.Id = kMetric;
  metric.check.HealthCheckConfig.Type = "CLOUDWATCH_METRIC";
  metric.check.HealthCheckConfig.AlarmIdentifier =
      r53::AlarmIdentifier{.Region = "us-east-1", .Name = "expiry"};
  metric.check.HealthCheckConfig.InsufficientDataHealthStatus = "Unhealthy";
  facts.checks = {check(kCheck1, "1.2.3.1"), check(kCheck2, "1.2.3.2"), std::move(https), std::move(metric),
                  calculated(kBoth, {kHttps, kMetric}, 2)};

  facts.traffic_policies = {{"policy-1", "global", {{1, kDocument}}}};
  r53::TrafficPolicyInstance instance;
  instance.Id = "instance-1";
  instance.HostedZoneId = "Z1";
  instance.Name = "flow.example.com.";
  instance.TTL = 60;
  instance.TrafficPolicyId = "policy-1";
  instance.TrafficPolicyVersion = 1;
  facts.instances = {std::move(instance)};
  facts.edges = {{"fra1", "live", 0}};
  return facts;
}

class HealthyWorld : public testing::Test {
 protected:
  // The record sets of a name and type, to be changed.
  std::vector<r53::ResourceRecordSet*> sets(const std::string& name, const std::string& type = "A") {
    std::vector<r53::ResourceRecordSet*> out;
    for (ZoneFacts& zone : facts.zones)
      for (r53::ResourceRecordSet& set : zone.sets)
        if (set.Name == name + "." && set.Type == type) out.push_back(&set);
    EXPECT_FALSE(out.empty()) << name;
    return out;
  }
  void add(r53::ResourceRecordSet set) { facts.zones[0].sets.push_back(std::move(set)); }
  void remove(const std::string& name, const std::string& type = "A") {
    for (ZoneFacts& zone : facts.zones)
      std::erase_if(zone.sets, [&](const auto& set) { return set.Name == name + "." && set.Type == type; });
  }
  r53::HealthCheckConfig& config(const std::string& id) { return the_check(id).check.HealthCheckConfig; }
  CheckFacts& the_check(const std::string& id) {
    return *std::ranges::find(facts.checks, id, [](const CheckFacts& each) { return each.check.Id; });
  }
  void forget_check(const std::string& id) {
    std::erase_if(facts.checks, [&](const CheckFacts& each) { return each.check.Id == id; });
  }

  // What a rule says of the facts as they are now.
  std::vector<Finding> found(Findings (*rule)(const Picture&)) {
    const Picture picture(facts);
    return rule(picture);
  }
  // The labels of what it finds, and the commands of the only finding.
  std::vector<std::string> labels(Findings (*rule)(const Picture&)) {
    std::vector<std::string> out;
    for (const Finding& finding : found(rule)) out.push_back(finding.resource.label);
    return out;
  }
  std::vector<std::string> commands(Findings (*rule)(const Picture&)) {
    std::vector<std::string> out;
    const auto findings = found(rule);
    EXPECT_EQ(findings.size(), 1u);
    for (const Finding& finding : findings)
      for (const ShellCommand& command : finding.fix.commands) out.push_back(command.line());
    return out;
  }
  // None but these rules find anything, so that one trap is told once.
  void expect_only(const std::vector<std::string>& ids) {
    const Picture picture(facts);
    std::vector<std::string> finding;
    for (const Rule& rule : all_rules())
      if (!rule.find(picture).empty()) finding.emplace_back(rule.id);
    EXPECT_THAT(finding, testing::UnorderedElementsAreArray(ids));
  }

  Facts facts = healthy_facts();
};

}  // namespace meridian::apps::doctor
