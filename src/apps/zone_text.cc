#include "apps/zone_text.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/log.h"
#include "formats/dns/name.h"
#include "formats/dns/rdata.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;

// Route 53 writes octal escapes, zone files decimal ones.
std::string master_file_value(const std::string& type_name, const std::string& value) {
  auto type = dns::parse_type(type_name);
  if (!type) return value;
  auto wire = dns::parse_rdata(*type, value, dns::Name(), dns::Escapes::Octal);
  if (!wire) return value;
  return dns::print_rdata(*type, *wire).value_or(value);
}

// " (SetIdentifier="blue", Weight="80")": quoted, for an identifier may hold anything, the end of a line too.
class Policy {
 public:
  explicit Policy(const r53::ResourceRecordSet& set) {
    add("SetIdentifier", set.SetIdentifier);
    if (set.Weight) add("Weight", std::to_string(*set.Weight));
    add("Region", set.Region);
    add("Failover", set.Failover);
    if (set.MultiValueAnswer) add("MultiValueAnswer", "true");
    if (const auto& at = set.GeoLocation) {
      add("ContinentCode", at->ContinentCode);
      add("CountryCode", at->CountryCode);
      add("SubdivisionCode", at->SubdivisionCode);
    }
    if (const auto& at = set.GeoProximityLocation) {
      add("AWSRegion", at->AWSRegion);
      if (at->Coordinates) add("Coordinates", at->Coordinates->Latitude + ' ' + at->Coordinates->Longitude);
      if (at->Bias) add("Bias", std::to_string(*at->Bias));
    }
    if (const auto& cidr = set.CidrRoutingConfig) {
      add("CollectionId", cidr->CollectionId);
      add("LocationName", cidr->LocationName);
    }
    add("HealthCheckId", set.HealthCheckId);
  }
  std::string text() const { return text_.empty() ? "" : " (" + text_ + ')'; }

 private:
  void add(std::string_view member, const std::optional<std::string>& value) {
    if (!value) return;
    text_ += fmt::format("{}{}=", text_.empty() ? "" : ", ", member);
    append_json_string(text_, *value);
  }
  std::string text_;
};

}  // namespace

std::string zone_text(const r53::ResourceRecordSet& set) {
  auto name = dns::Name::parse(set.Name, dns::Name(), dns::Escapes::Octal);
  std::string owner = name ? name->to_string() : set.Name, policy = Policy(set).text();
  if (set.AliasTarget)
    return fmt::format("; {} ALIAS {} {}{}\n", owner, set.Type, set.AliasTarget->DNSName, policy);
  std::string out;
  // A health check alone takes nothing from the zone file's meaning.
  std::string_view comment = set.SetIdentifier ? "; " : "";
  if (!set.SetIdentifier && !policy.empty()) out = fmt::format("; {} {}{}\n", owner, set.Type, policy);
  for (const auto& record : set.ResourceRecords.value_or(std::vector<r53::ResourceRecord>()))
    out += fmt::format("{}{}\t{}\tIN\t{}\t{}{}\n", comment, owner, set.TTL.value_or(0), set.Type,
                       master_file_value(set.Type, record.Value), set.SetIdentifier ? policy : "");
  return out;
}

}  // namespace meridian::apps
