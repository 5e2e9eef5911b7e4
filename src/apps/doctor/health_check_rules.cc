// Health checks that cannot say what they are asked.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"
#include "net/address.h"
#include "net/public_address.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::size_t kRegionsMin = 3;
constexpr std::size_t kNamedMax = 3;
constexpr std::string_view kHealthPath = "/health";

template <typename Look>
Findings for_each_check(const Picture& picture, const Look& look) {
  Findings out;
  for (const Check& check : picture.checks()) look(check, out);
  return out;
}

std::string_view path_of(const Check& check) {
  return check.config.ResourcePath ? std::string_view(*check.config.ResourcePath) : "/";
}

// The path of a page that a web server serves by itself.
bool is_page(std::string_view path) {
  path = path.substr(0, path.find('?'));
  return path.empty() || path == "/" || path.ends_with("/") || path.ends_with(".html") ||
         path.ends_with(".htm");
}

std::vector<std::string> children_of(const Check& check) {
  return check.config.ChildHealthChecks.value_or(std::vector<std::string>());
}

// The type under which the same endpoint is probed with TLS.
std::string with_tls(const Check& check) {
  return check.config.SearchString ? "HTTPS_STR_MATCH" : "HTTPS";
}

}  // namespace

Findings missing_check(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.check_id().empty() || picture.check(set.check_id())) continue;
      Fix fix = attach_check(picture, set);
      if (set.policy != Policy::Failover && fix.commands.empty())
        fix.commands = {
            put_changed(set, [](r53::ResourceRecordSet& changed) { changed.HealthCheckId.reset(); })};
      out.push_back(
          {of(set),
           fmt::format("Its health check {} was deleted: the record set counts as healthy for ever.",
                       set.check_id()),
           std::move(fix)});
    }
  return out;
}

Findings orphan_check(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!picture.users_of(check.id).none()) return;
    out.push_back(
        {of(picture, check),
         "No record set, calculated check or traffic policy in use goes by it; it is probed, and AWS "
         "charges for it.",
         {"Give it to a record set, or delete it:", {delete_check(check.id)}}});
  });
}

Findings check_disabled(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.Disabled.value_or(false)) return;
    const bool inverted = check.config.Inverted.value_or(false);
    out.push_back({of(picture, check),
                   inverted ? "It is disabled and inverted: unhealthy whatever the endpoint does."
                            : "It is disabled, which is to be healthy: nothing fails over by it. To force a "
                              "failover, invert a disabled check.",
                   {"Let it probe again:", {update_check(check).flag("no-disabled")}}});
  });
}

Findings check_inverted(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.Inverted.value_or(false) || check.config.Disabled.value_or(false)) return;
    out.push_back(
        {of(picture, check),
         "It is inverted: healthy while the endpoint is down. That is for endpoints that are expected "
         "to be down, and often what is left of a forced failover.",
         {"If it is not meant:", {update_check(check).flag("no-inverted")}}});
  });
}

Findings check_private_address(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.IPAddress) return;
    const auto address = net::IpAddress::parse(*check.config.IPAddress);
    if (!address || net::is_public(*address)) return;
    out.push_back(
        {of(picture, check),
         fmt::format("{} is no public address: checkers elsewhere cannot reach it, and AWS refuses such "
                     "a check.",
                     *check.config.IPAddress),
         {"Probe a public address, or watch a metric with a CLOUDWATCH_METRIC check.", {}}});
  });
}

Findings http_check_on_tls_port(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.Type.starts_with("HTTP") || check.is_https() || check.config.Port != 443) return;
    r53::HealthCheckConfig config = check.config;
    config.Type = with_tls(check);
    out.push_back({of(picture, check),
                   "It speaks HTTP without TLS to port 443, where servers refuse that or answer an error.",
                   {"The type of a check cannot be changed, so a new one takes its place:",
                    replace_check(picture, check, config)}});
  });
}

Findings tcp_check_of_web_port(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    const std::int32_t port = check.config.Port.value_or(0);
    if (check.config.Type != "TCP" || (port != 80 && port != 443 && port != 8080 && port != 8443)) return;
    r53::HealthCheckConfig config = check.config;
    config.Type = port == 443 || port == 8443 ? "HTTPS" : "HTTP";
    config.ResourcePath = std::string(kHealthPath);
    out.push_back(
        {of(picture, check),
         fmt::format("It asks only whether port {} opens: a web server that answers nothing but errors "
                     "is healthy to it.",
                     port),
         {"Ask for a path that tells the server's health; a new check takes its place:",
          replace_check(picture, check, config)}});
  });
}

Findings shallow_check(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.Type.starts_with("HTTP") || check.config.SearchString || !is_page(path_of(check)))
      return;
    out.push_back(
        {of(picture, check),
         fmt::format("{} is a page that is there while what it needs is not. A path of its own can say "
                     "more; it should be light, and not fail with what many servers share.",
                     path_of(check)),
         {fmt::format("When the endpoint has one, such as {}:", kHealthPath),
          {update_check(check).option("resource-path", kHealthPath)}}});
  });
}

Findings search_string_in_page(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.config.SearchString || !is_page(path_of(check))) return;
    out.push_back(
        {of(picture, check),
         fmt::format("It looks for a string in {}. Only the first 5,120 bytes of a body count, and case "
                     "does: a longer header of the page pushes the string out of them.",
                     path_of(check)),
         {fmt::format("Look for it in a short answer, such as {}:", kHealthPath),
          {update_check(check).option("resource-path", kHealthPath)}}});
  });
}

Findings sni_off(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.is_https() || check.config.EnableSNI.value_or(true) || !check.config.FullyQualifiedDomainName)
      return;
    out.push_back({of(picture, check),
                   "It does not send the server's name (SNI): servers of several names, and CDNs, refuse the "
                   "handshake or show another certificate.",
                   {"Send it:", {update_check(check).flag("enable-sni")}}});
  });
}

Findings certificate_expiry_unnoticed(const Picture& picture) {
  std::vector<const Check*> blind;
  std::vector<std::string> zone_ids;
  for (const Check& check : picture.checks()) {
    if (!check.is_https()) continue;
    const bool beside_a_metric =
        std::ranges::any_of(picture.users_of(check.id).parents, [&](const Check* parent) {
          return std::ranges::any_of(children_of(*parent), [&](const std::string& child) {
            const Check* sibling = picture.check(child);
            return sibling && sibling->config.Type == "CLOUDWATCH_METRIC";
          });
        });
    if (beside_a_metric) continue;
    blind.push_back(&check);
    for (const std::string& zone_id : of(picture, check).zone_ids)
      if (std::ranges::find(zone_ids, zone_id) == zone_ids.end()) zone_ids.push_back(zone_id);
  }
  if (blind.empty()) return {};
  std::vector<std::string> named;
  for (const Check* check : blind)
    if (named.size() < kNamedMax) named.push_back(of(picture, *check).label);
  Resource resource{
      .kind = "health check", .label = named.front(), .id = blind.front()->id, .zone_ids = zone_ids};
  if (blind.size() > 1) {
    resource.label = fmt::format("{} HTTPS health checks", blind.size());
    resource.id = "";
  }
  return {
      {std::move(resource),
       "HTTPS checks do not look at the certificate: they pass when it has expired, while browsers fail.",
       {"Watch the days that are left as a metric with an alarm, and make that a child of a calculated check "
        "beside this one.",
        {}}}};
}

Findings regions_fewer_than_three(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    const std::size_t count = check.config.Regions ? check.config.Regions->size() : 0;
    if (count == 0 || count >= kRegionsMin) return;
    out.push_back({of(picture, check),
                   fmt::format("It is probed from {} Region{}: one that is cut off decides.", count,
                               count == 1 ? "" : "s"),
                   {"Probe from all of them:", {update_check(check).option("reset-elements", "Regions")}}});
  });
}

Findings threshold_of_one(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.is_endpoint() || check.config.FailureThreshold != 1) return;
    out.push_back({of(picture, check),
                   "One lost probe makes it unhealthy, and one good one healthy again: answers flap.",
                   {"Three in a row are the default, two the least that outlasts a lost packet:",
                    {update_check(check).option("failure-threshold", "3")}}});
  });
}

Findings calculated_always_healthy(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    const auto children = children_of(check);
    if (!check.is_calculated() || check.config.HealthThreshold.value_or(0) != 0) return;
    Fix fix{"It has no children: give it some, with a threshold of at least 1.", {}};
    if (!children.empty())
      fix = {"Healthy when all children are; take a smaller number if fewer will do:",
             {update_check(check).option("health-threshold", std::to_string(children.size()))}};
    out.push_back({of(picture, check), "Its threshold is 0: it is healthy when every child is unhealthy.",
                   std::move(fix)});
  });
}

Findings calculated_never_healthy(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    const auto children = children_of(check);
    const auto threshold = static_cast<std::size_t>(std::max(0, check.config.HealthThreshold.value_or(0)));
    if (!check.is_calculated() || threshold <= children.size()) return;
    Fix fix{"It has no children: give it some.", {}};
    if (!children.empty())
      fix = {"Healthy when all children are:",
             {update_check(check).option("health-threshold", std::to_string(children.size()))}};
    out.push_back({of(picture, check),
                   fmt::format("{} of its {} children would have to be healthy: it never is.", threshold,
                               children.size()),
                   std::move(fix)});
  });
}

Findings calculated_child_missing(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    if (!check.is_calculated()) return;
    std::vector<std::string> there, gone;
    for (const std::string& child : children_of(check))
      (picture.check(child) ? there : gone).push_back(child);
    if (gone.empty()) return;
    Fix fix{"None of its children is left: delete it, or give it others.", {}};
    if (!there.empty()) {
      ShellCommand command = update_check(check).flag("child-health-checks");
      for (const std::string& child : there) command.word(child);
      const auto threshold = static_cast<std::size_t>(std::max(0, check.config.HealthThreshold.value_or(0)));
      if (threshold > there.size()) command.option("health-threshold", std::to_string(there.size()));
      fix = {"Go by those that are left:", {std::move(command)}};
    }
    out.push_back({of(picture, check),
                   fmt::format("{} of its children {} deleted, and deleted ones count as healthy: {}.",
                               gone.size(), gone.size() == 1 ? "was" : "were", fmt::join(gone, ", ")),
                   std::move(fix)});
  });
}

Findings metric_check_without_data(const Picture& picture) {
  return for_each_check(picture, [&](const Check& check, Findings& out) {
    const std::string& status = check.config.InsufficientDataHealthStatus.value_or("LastKnownStatus");
    if (check.config.Type != "CLOUDWATCH_METRIC" || status == "Unhealthy") return;
    out.push_back(
        {of(picture, check),
         status == "Healthy"
             ? "When the metric falls silent, as it does when what sends it dies, this check is healthy."
             : "When the metric falls silent, as it does when what sends it dies, this check stays what "
               "it was last, which is healthy.",
         {"Take silence for failure:",
          {update_check(check).option("insufficient-data-health-status", "Unhealthy")}}});
  });
}

}  // namespace meridian::apps::doctor
