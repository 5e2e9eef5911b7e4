// What explain says of the steps up to the cache: who is asked, by which behavior, and whether he serves.
#include <fmt/format.h>

#include "engines/cdn/request.h"

namespace meridian::engines::cdn {
namespace {

std::string methods_text(std::uint8_t allowed) {
  using namespace snapshots::cdn;
  constexpr std::pair<Method, const char*> kNames[] = {
      {kGet, "GET"},   {kHead, "HEAD"},   {kOptions, "OPTIONS"}, {kPut, "PUT"},
      {kPost, "POST"}, {kPatch, "PATCH"}, {kDelete, "DELETE"}};
  std::string text;
  for (const auto& [bit, name] : kNames)
    if (allowed & bit) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

const char* policy_text(snapshots::cdn::ViewerProtocol policy) {
  switch (policy) {
    case snapshots::cdn::ViewerProtocol::AllowAll:
      return "allow-all";
    case snapshots::cdn::ViewerProtocol::RedirectToHttps:
      return "redirect-to-https";
    case snapshots::cdn::ViewerProtocol::HttpsOnly:
      return "https-only";
  }
  return "";
}

std::string geo_text(const snapshots::cdn::GeoRestriction& geo, bool blocked, bool known) {
  using Kind = snapshots::cdn::GeoRestriction::Kind;
  if (geo.kind == Kind::None) return "no geo restriction";
  if (!known) return "so the geo restriction lets it pass";
  if (geo.kind == Kind::Allow)
    return fmt::format("{} of the {} countries that are served", blocked ? "none" : "one",
                       geo.countries.size());
  return fmt::format("{} of the {} countries that are blocked", blocked ? "one" : "none",
                     geo.countries.size());
}

}  // namespace

void Request::tell_distribution() {
  if (!served_) return;
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  const std::string host = host_name(request_.host);
  const std::string name = site_.served.name_of(host);
  const std::string why = name == distribution.domain_name ? fmt::format("{} is its domain name", host)
                          : name == host                   ? fmt::format("{} is one of its aliases", host)
                                         : fmt::format("{} matches its alias {}", host, name);
  trace_->add("distribution", fmt::format("{}: {}", distribution.id, why),
              {{"id", distribution.id},
               {"domain_name", distribution.domain_name},
               {"matched", name},
               {"revision", static_cast<std::int64_t>(distribution.revision)}});
}

void Request::tell_staging() {
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  if (distribution.staging)
    trace_->add("staging", fmt::format("{}, the staging distribution, serves this viewer", distribution.id),
                {{"id", distribution.id}});
  else if (const auto& policy = distribution.continuous_deployment)
    trace_->add(
        "staging",
        policy->header_name.empty()
            ? fmt::format("not {}, which was drawn with {} %", policy->staging_id, 100 * policy->weight)
            : fmt::format("not {}: the header {} would lead there", policy->staging_id, policy->header_name));
}

void Request::tell_behavior() {
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  if (path_ != request_.path)
    trace_->add("path", fmt::format("{} stands for {}, the default root object", request_.path, path_));
  else if (path_ == "/")
    trace_->add("path", "/ as it is: there is no default root object");
  std::vector<std::string> lines;
  const std::size_t index = served_->match.explain(path_, lines);
  const std::string last = std::move(lines.back());
  lines.pop_back();
  trace_->add_lines("behavior", lines);
  trace_->add("behavior", last,
              {{"path_pattern", behavior_->path_pattern},
               {"index", static_cast<std::int64_t>(index)},
               {"behaviors", static_cast<std::int64_t>(distribution.behaviors.size())}});
}

void Request::tell_viewer() {
  const std::string country(place().country.text());
  const std::string address = viewer_->connection().peer.ip.to_string();
  const bool blocked = refusal_ == rules::Refusal::GeoBlocked;
  trace_->add("viewer",
              fmt::format("{}, {}: {}", address,
                          country.empty() ? "whose country is not known" : "in country " + country,
                          geo_text(served_->distribution->geo, blocked, !country.empty())),
              {{"address", address}, {"country", country}, {"blocked", blocked}});
  for (const rules::Field& field : generated_.fields())
    if (rules::starts_with_name(field.name, "cloudfront-"))
      trace_->add("generated", fmt::format("{}: {}", field.name, field.value));
}

void Request::tell_protocol() {
  const bool tls = viewer_->connection().tls;
  const std::string what = redirected_ ? fmt::format("redirected with {}", status_)
                           : refusal_  ? "refused"
                                       : "served";
  trace_->add(
      "protocol",
      fmt::format("{}, {}: {}", tls ? "HTTPS" : "HTTP", policy_text(behavior_->viewer_protocol), what),
      {{"tls", tls}, {"policy", policy_text(behavior_->viewer_protocol)}});
  if (redirected_) tell_reply();
}

void Request::tell_method() {
  trace_->add("method",
              fmt::format("{} is {} ({})", request_.method, refusal_ ? "refused" : "allowed",
                          methods_text(behavior_->allowed_methods)),
              {{"method", std::string(request_.method)}, {"allowed", !refusal_}});
}

void Request::tell_signature() {
  if (!behavior_->restricted) {
    trace_->add("signature", "not asked for: no key group is trusted", {{"required", false}});
    return;
  }
  trace_->add("signature",
              signature_refusal_
                  ? fmt::format("required, and refused: {}", signing::reason_of(*signature_refusal_))
                  : std::string("required, and valid"),
              {{"required", true}, {"valid", !signature_refusal_}});
}

}  // namespace meridian::engines::cdn
