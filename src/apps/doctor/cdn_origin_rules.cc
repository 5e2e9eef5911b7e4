// Names and certificates of distributions, and the buckets behind them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/doctor/cdn_fixes.h"
#include "apps/doctor/cdn_rules.h"
#include "apps/doctor/fixes.h"
#include "aws/iam_policy/evaluate.h"

namespace meridian::apps::doctor {
namespace {

using dns::Type;

constexpr const char* kSafeTls = "TLSv1.2_2021";
constexpr std::string_view kOldTls[] = {"SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"};
constexpr std::string_view kIdentityPath = "origin-access-identity/cloudfront/";

bool leads_to(const RecordSet& set, const std::string& domain_name) {
  const auto wanted = parse_name(domain_name);
  if (set.is_alias()) return parse_name(set.shown.AliasTarget->DNSName) == wanted;
  if (set.type != Type::CNAME) return false;
  const auto values = set.values();
  return !values.empty() && parse_name(values.front()) == wanted;
}

r53::ResourceRecordSet alias_record(const std::string& name, const char* type,
                                    const std::string& domain_name) {
  r53::ResourceRecordSet set;
  set.Name = name + ".";
  set.Type = type;
  set.AliasTarget = r53::AliasTarget{
      .HostedZoneId = kDistributionZone, .DNSName = domain_name + ".", .EvaluateTargetHealth = false};
  return set;
}

// An origin that is a bucket which could be read, with what the distribution may do there.
struct BucketOrigin {
  const DistributionFacts& distribution;
  const cf::Origin& origin;
  std::string name;
  const BucketFacts& bucket;
};

template <typename Each>
void for_each_bucket(const Picture& picture, Each each) {
  for (const DistributionFacts& distribution : picture.cdn().distributions)
    for (const cf::Origin& origin : distribution.config.Origins.Items)
      if (const auto name = bucket_of(origin))
        if (const auto bucket = picture.cdn().buckets.find(*name); bucket != picture.cdn().buckets.end())
          each(BucketOrigin{distribution, origin, *name, bucket->second});
}

bool is_signed_by_control(const cf::Origin& origin) {
  return !origin.OriginAccessControlId.value_or("").empty();
}
bool is_signed_by_identity(const cf::Origin& origin) {
  return origin.S3OriginConfig && !origin.S3OriginConfig->OriginAccessIdentity.empty();
}

aws::iam_policy::Request request_of(const BucketOrigin& at, std::string_view action, const std::string& arn) {
  aws::iam_policy::Request request;
  request.caller = aws::iam_policy::Caller::of_service("cloudfront.amazonaws.com");
  request.action = action;
  request.resource =
      fmt::format("arn:aws:s3:::{}{}", at.name, action == "s3:ListBucket" ? "" : "/index.html");
  request.context.set("aws:SourceArn", arn);
  const auto account = arn.find("::");
  if (account != arn.npos) request.context.set("aws:SourceAccount", arn.substr(account + 2, 12));
  request.context.set("aws:SecureTransport", "true");
  return request;
}

// By the decision that the request meets in S3.
bool may(const BucketOrigin& at, std::string_view action) {
  if (at.bucket.policy.empty()) return false;
  const auto policy = aws::iam_policy::parse_policy(at.bucket.policy, aws::iam_policy::PolicyKind::Resource);
  return policy && evaluate(*policy, request_of(at, action, at.distribution.arn)).kind ==
                       aws::iam_policy::Verdict::Kind::Allow;
}

// Some statement lets CloudFront read, were it not for a condition.
bool allows_another(const BucketOrigin& at) {
  const auto policy = aws::iam_policy::parse_policy(at.bucket.policy, aws::iam_policy::PolicyKind::Resource);
  if (!policy) return false;
  const auto request = request_of(at, "s3:GetObject", at.distribution.arn);
  return std::ranges::any_of(policy->statements, [&](const aws::iam_policy::Statement& statement) {
    return statement.effect == aws::iam_policy::Effect::Allow &&
           look(*policy, statement, request).mismatch == aws::iam_policy::Mismatch::Condition;
  });
}

Fix make_control(const DistributionFacts& distribution, const cf::Origin& origin, std::string words) {
  Fix fix{std::move(words), {}};
  fix.commands.push_back(ShellCommand("aws cloudfront create-origin-access-control")
                             .option("origin-access-control-config",
                                     fmt::format("Name={}-{},SigningProtocol=sigv4,SigningBehavior=always,"
                                                 "OriginAccessControlOriginType=s3",
                                                 distribution.id, origin.Id))
                             .option("query", "OriginAccessControl.Id")
                             .option("output", "text")
                             .keep_as("control"));
  for (ShellCommand& command : put_origin(distribution, origin.Id, [](cf::Origin& changed) {
         changed.OriginAccessControlId = shell_variable("control");
         changed.S3OriginConfig->OriginAccessIdentity.clear();
       }))
    fix.commands.push_back(std::move(command));
  return fix;
}

}  // namespace

Findings cdn_alias_without_record(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions)
    for (const std::string& alias : aliases_of(distribution.config)) {
      const auto name = parse_name(alias);
      const Zone* const zone = name && distribution.config.Enabled ? picture.zone_of(*name) : nullptr;
      if (!zone) continue;
      const auto sets = picture.sets_at(*zone, *name);
      if (std::ranges::any_of(sets,
                              [&](const RecordSet* set) { return leads_to(*set, distribution.domain_name); }))
        continue;
      const bool free = std::ranges::none_of(sets, [](const RecordSet* set) {
        return set->is_address() || set->type == Type::CNAME || set->is_alias();
      });
      Fix fix{free ? "Lead the name to the distribution:"
                   : "Other records answer for the name; replace them when viewers are to come here.",
              {}};
      if (free)
        fix.commands.push_back(ChangeBatch(*zone)
                                   .put(alias_record(alias, "A", distribution.domain_name))
                                   .put(alias_record(alias, "AAAA", distribution.domain_name))
                                   .command());
      out.push_back(
          {of(picture, distribution, alias),
           fmt::format("The distribution has the alias {}, but no record of the zone leads from that "
                       "name to {}.",
                       alias, distribution.domain_name),
           std::move(fix)});
    }
  return out;
}

Findings cdn_record_without_alias(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions)
    for (const Zone& zone : picture.zones())
      for (const Group& group : zone.groups) {
        const RecordSet& set = group.first();
        const std::string name = shown_name(set.name);
        const auto& aliases = aliases_of(distribution.config);
        if (!leads_to(set, distribution.domain_name) || set.type == Type::AAAA ||
            std::ranges::any_of(aliases, [&](const std::string& alias) { return covers(alias, name); }))
          continue;
        Resource resource = of(set);
        Fix fix{"Give the distribution the alias (and a certificate that covers it):", {}};
        fix.commands = put_changed(distribution, [&](cf::DistributionConfig& config) {
          if (!config.Aliases) config.Aliases.emplace();
          if (!config.Aliases->Items) config.Aliases->Items.emplace();
          config.Aliases->Items->push_back(name);
          config.Aliases->Quantity = static_cast<std::int32_t>(config.Aliases->Items->size());
        });
        out.push_back(
            {std::move(resource),
             fmt::format("It leads to the distribution {}, which does not have {} as an alias: viewers "
                         "get 403.",
                         distribution.id, name),
             std::move(fix)});
      }
  return out;
}

Findings cdn_alias_without_certificate(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto& viewer = distribution.config.ViewerCertificate;
    const std::string arn = viewer ? viewer->ACMCertificateArn.value_or("") : "";
    const auto found = picture.cdn().certificates.find(arn);
    for (const std::string& alias : aliases_of(distribution.config)) {
      std::string why;
      if (arn.empty() && !(viewer && viewer->IAMCertificateId))
        why = "the distribution has CloudFront's own certificate, which has no such name";
      else if (found == picture.cdn().certificates.end())
        continue;
      else if (found->second.status != "ISSUED")
        why = fmt::format("its certificate is {}", found->second.status);
      else if (std::ranges::none_of(found->second.names, [&](const std::string& name) {
                 // RFC 6125 §6.4.3: a wildcard stands for one label.
                 return name == alias ||
                        (name.starts_with("*.") &&
                         alias.substr(std::min(alias.find('.'), alias.size())) == name.substr(1));
               }))
        why = fmt::format("its certificate has only {}", fmt::join(found->second.names, ", "));
      else
        continue;
      out.push_back(
          {of(picture, distribution, alias),
           fmt::format("Browsers refuse https://{}: {}.", alias, why),
           {"Ask ACM in us-east-1 for a certificate, put the record that it names into the zone, and give "
            "its ARN to the distribution (ViewerCertificate):",
            {ShellCommand("aws acm request-certificate")
                 .option("domain-name", alias)
                 .option("validation-method", "DNS")
                 .option("region", "us-east-1")}}});
    }
  }
  return out;
}

Findings cdn_old_tls(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto& viewer = distribution.config.ViewerCertificate;
    const std::string oldest = viewer ? viewer->MinimumProtocolVersion.value_or("") : "";
    // With CloudFront's own certificate it is TLSv1, whatever is said.
    if (!viewer || viewer->CloudFrontDefaultCertificate.value_or(false) ||
        std::ranges::find(kOldTls, oldest) == std::end(kOldTls))
      continue;
    out.push_back({of(picture, distribution),
                   fmt::format("Viewers may still speak what {} allows: TLS before 1.2.", oldest),
                   {"Ask for TLS 1.2:", put_changed(distribution, [](cf::DistributionConfig& config) {
                      config.ViewerCertificate->MinimumProtocolVersion = kSafeTls;
                    })}});
  }
  return out;
}

Findings cdn_bucket_unsigned(const Picture& picture) {
  Findings out;
  for_each_bucket(picture, [&](const BucketOrigin& at) {
    if (is_signed_by_control(at.origin) || is_signed_by_identity(at.origin)) return;
    const auto policy =
        aws::iam_policy::parse_policy(at.bucket.policy, aws::iam_policy::PolicyKind::Resource);
    aws::iam_policy::Request anonymous = request_of(at, "s3:GetObject", at.distribution.arn);
    anonymous.caller = aws::iam_policy::Caller::anonymous();
    const bool is_public =
        policy && evaluate(*policy, anonymous).kind == aws::iam_policy::Verdict::Kind::Allow;
    Fix fix =
        make_control(at.distribution, at.origin, "Sign its requests, and let only the distribution read:");
    if (!may(at, "s3:GetObject"))
      fix.commands.push_back(allow_distribution(at.distribution, at.name, at.bucket.policy, "s3:GetObject"));
    out.push_back(
        {of(picture, at.distribution, "origin " + at.origin.Id),
         is_public
             ? fmt::format("The bucket {} is public, so viewers may go around the distribution.", at.name)
             : fmt::format("The bucket {} is private, and requests to it are not signed: all that "
                           "viewers get is 403.",
                           at.name),
         std::move(fix)});
  });
  return out;
}

Findings cdn_bucket_policy(const Picture& picture) {
  Findings out;
  for_each_bucket(picture, [&](const BucketOrigin& at) {
    if (!is_signed_by_control(at.origin) || may(at, "s3:GetObject") || allows_another(at)) return;
    out.push_back(
        {of(picture, at.distribution, "origin " + at.origin.Id),
         fmt::format("Nothing in the policy of the bucket {} lets the distribution read: viewers get 403.",
                     at.name),
         {"Let it:", {allow_distribution(at.distribution, at.name, at.bucket.policy, "s3:GetObject")}}});
  });
  return out;
}

Findings cdn_bucket_policy_other(const Picture& picture) {
  Findings out;
  for_each_bucket(picture, [&](const BucketOrigin& at) {
    if (!is_signed_by_control(at.origin) || may(at, "s3:GetObject") || !allows_another(at)) return;
    out.push_back(
        {of(picture, at.distribution, "origin " + at.origin.Id),
         fmt::format("The policy of the bucket {} lets another one read: its condition does not hold for "
                     "{}.",
                     at.name, at.distribution.arn),
         {"Let this one, too:",
          {allow_distribution(at.distribution, at.name, at.bucket.policy, "s3:GetObject")},
          {ShellCommand("meridian explain s3 GET")
               .word(fmt::format("s3://{}/index.html", at.name))
               .option("service", "cloudfront.amazonaws.com")
               .option("source-arn", at.distribution.arn)}}});
  });
  return out;
}

Findings cdn_website_endpoint_signed(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions)
    for (const cf::Origin& origin : distribution.config.Origins.Items) {
      if (!is_website_endpoint(origin) || !(is_signed_by_control(origin) || origin.S3OriginConfig)) continue;
      const std::string bucket = origin.DomainName.substr(0, origin.DomainName.find(".s3-website"));
      out.push_back(
          {of(picture, distribution, "origin " + origin.Id),
           "A website endpoint knows no signatures: an access control needs the bucket's REST endpoint.",
           {fmt::format("Name {}.s3.us-east-1.amazonaws.com (with the bucket's Region) as the origin, "
                        "and let the distribution do what the website did: DefaultRootObject, "
                        "CustomErrorResponses.",
                        bucket),
            {}}});
    }
  return out;
}

Findings cdn_legacy_identity(const Picture& picture) {
  Findings out;
  for_each_bucket(picture, [&](const BucketOrigin& at) {
    if (!is_signed_by_identity(at.origin) || is_signed_by_control(at.origin)) return;
    Fix fix =
        make_control(at.distribution, at.origin, "First let the distribution itself read, then change over:");
    if (!may(at, "s3:GetObject"))
      fix.commands.insert(fix.commands.begin(),
                          allow_distribution(at.distribution, at.name, at.bucket.policy, "s3:GetObject"));
    const std::string& identity = at.origin.S3OriginConfig->OriginAccessIdentity;
    out.push_back(
        {of(picture, at.distribution, "origin " + at.origin.Id),
         fmt::format("It is signed as the origin access identity {}, which knows neither SSE-KMS nor every "
                     "Region; access controls have taken the place of identities.",
                     identity.starts_with(kIdentityPath) ? identity.substr(kIdentityPath.size()) : identity),
         std::move(fix)});
  });
  return out;
}

Findings cdn_forbidden_for_missing(const Picture& picture) {
  Findings out;
  for_each_bucket(picture, [&](const BucketOrigin& at) {
    const auto& pages = error_pages_of(at.distribution.config);
    const auto page_of = [&](int code) {
      return std::ranges::find_if(pages, [&](const auto& page) {
        return page.ErrorCode == code && !page.ResponsePagePath.value_or("").empty();
      });
    };
    const auto page = page_of(404);
    if (page == pages.end() || page_of(403) != pages.end() || !may(at, "s3:GetObject") ||
        may(at, "s3:ListBucket"))
      return;
    out.push_back(
        {of(picture, at.distribution, "origin " + at.origin.Id),
         fmt::format("404 has the page {}, but who may not list a bucket hears 403 of what is not there, "
                     "and the page is never shown.",
                     *page->ResponsePagePath),
         {"Let the distribution list the bucket, so that it hears 404:",
          {allow_distribution(at.distribution, at.name, at.bucket.policy, "s3:ListBucket")}}});
  });
  return out;
}

Findings cdn_root_object(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto behaviors = behaviors_of(picture.cdn(), distribution);
    const std::string root = distribution.config.DefaultRootObject.value_or("");
    const CdnBehavior& behavior = behavior_for(behaviors, "/" + root);
    if (!behavior.origin) continue;
    const auto name = bucket_of(*behavior.origin);
    const auto bucket = name ? picture.cdn().buckets.find(*name) : picture.cdn().buckets.end();
    if (bucket == picture.cdn().buckets.end()) continue;
    const std::string key = key_of(*behavior.origin, root.empty() ? "index.html" : root);
    if (root.empty()) {
      out.push_back(
          {of(picture, distribution),
           "There is no default root object: https://…/ asks the bucket for its listing, and viewers "
           "see an error or the names of all objects.",
           {"Name one:", put_changed(distribution, [](cf::DistributionConfig& config) {
              config.DefaultRootObject = "index.html";
            })}});
    } else if (bucket->second.missing.contains(key)) {
      out.push_back({of(picture, distribution),
                     fmt::format("The default root object {} is not in the bucket {}.", root, *name),
                     {"Put it there:",
                      {ShellCommand("aws s3 cp").word(root).word(fmt::format("s3://{}/{}", *name, key))}}});
    }
  }
  return out;
}

Findings cdn_error_page_missing(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto behaviors = behaviors_of(picture.cdn(), distribution);
    std::set<std::string> told;
    for (const cf::CustomErrorResponse& page : error_pages_of(distribution.config)) {
      const std::string path = page.ResponsePagePath.value_or("");
      if (path.empty() || !told.insert(path).second) continue;
      const CdnBehavior& behavior = behavior_for(behaviors, path);
      const auto name = behavior.origin ? bucket_of(*behavior.origin) : std::nullopt;
      const auto bucket = name ? picture.cdn().buckets.find(*name) : picture.cdn().buckets.end();
      if (bucket == picture.cdn().buckets.end()) continue;
      const std::string key = key_of(*behavior.origin, path);
      if (!bucket->second.missing.contains(key)) continue;
      out.push_back(
          {of(picture, distribution, "error page " + path),
           fmt::format("The behavior {} takes it from the bucket {}, which has no {}: viewers see the "
                       "error itself.",
                       behavior.pattern, *name, key),
           {"Put it there:",
            {ShellCommand("aws s3 cp")
                 .word(path.substr(path.rfind('/') + 1))
                 .word(fmt::format("s3://{}/{}", *name, key))}}});
    }
  }
  return out;
}

Findings cdn_error_page_from_failing_origin(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto behaviors = behaviors_of(picture.cdn(), distribution);
    std::set<std::string> told;
    for (const cf::CustomErrorResponse& page : error_pages_of(distribution.config)) {
      const std::string path = page.ResponsePagePath.value_or("");
      if (page.ErrorCode < 500 || path.empty()) continue;
      const CdnBehavior& behavior = behavior_for(behaviors, path);
      if (!behavior.origin || bucket_of(*behavior.origin) || !told.insert(path).second) continue;
      out.push_back(
          {of(picture, distribution, "error page " + path),
           fmt::format("It is for when an origin fails, and comes from the origin {} itself.",
                       behavior.origin->Id),
           {"Keep it in a bucket: one more origin, and a behavior for its path before the others.", {}}});
    }
  }
  return out;
}

Findings cdn_origin_match_viewer(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto behaviors = behaviors_of(picture.cdn(), distribution);
    for (const cf::Origin& origin : distribution.config.Origins.Items) {
      const bool plain_comes = std::ranges::any_of(behaviors, [&](const CdnBehavior& behavior) {
        return behavior.origin == &origin && behavior.settings.ViewerProtocolPolicy == "allow-all";
      });
      if (!plain_comes || !origin.CustomOriginConfig ||
          origin.CustomOriginConfig->OriginProtocolPolicy != "match-viewer")
        continue;
      out.push_back(
          {of(picture, distribution, "origin " + origin.Id),
           "match-viewer: what a viewer asks over HTTP goes on in plain text, and the origin must serve "
           "both alike, for one copy answers both.",
           {"Go to it over HTTPS alone:", put_origin(distribution, origin.Id, [](cf::Origin& changed) {
              changed.CustomOriginConfig->OriginProtocolPolicy = "https-only";
            })}});
    }
  }
  return out;
}

}  // namespace meridian::apps::doctor
