#include "apps/doctor/cdn_fixes.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/protocols/json_body.h"
#include "formats/json/json.h"
#include "gen/cloudfront/api.h"

namespace meridian::apps::doctor {
namespace {

constexpr const char* kEtag = "etag";
constexpr std::int32_t kOriginReadTimeout = 30;  // seconds, unless it is said

// A list with a Quantity must tell it, and is absent where it is empty and may be.
std::string config_json(const cf::DistributionConfig& config) {
  cf::UpdateDistributionRequest request;
  request.DistributionConfig = config;
  std::string body;
  aws::encode_json(body, shape_of(&request), &request, aws::Members::All);
  const auto tree = json::parse(body);
  const json::Value* found = tree ? tree->find("DistributionConfig") : nullptr;
  std::string text = found ? json::to_text(*found) : "";
  // JSON escapes the mark of a variable; the shell needs it bare.
  constexpr std::string_view kEscaped = "\\u0001";
  for (std::size_t at = 0; (at = text.find(kEscaped, at)) != text.npos; ++at)
    text.replace(at, kEscaped.size(), "\x01");
  return text;
}

// Members that older clients do not know, where they say nothing.
void leave_out_defaults(cf::DistributionConfig& config) {
  const auto forget_grpc = [](auto& settings) {
    if (settings.GrpcConfig && !settings.GrpcConfig->Enabled) settings.GrpcConfig.reset();
  };
  for (cf::Origin& origin : config.Origins.Items)
    if (origin.S3OriginConfig && origin.S3OriginConfig->OriginReadTimeout == kOriginReadTimeout)
      origin.S3OriginConfig->OriginReadTimeout.reset();
  forget_grpc(config.DefaultCacheBehavior);
  if (config.CacheBehaviors && config.CacheBehaviors->Items)
    for (cf::CacheBehavior& behavior : *config.CacheBehaviors->Items) forget_grpc(behavior);
}

}  // namespace

std::vector<ShellCommand> put_changed(const DistributionFacts& distribution,
                                      const std::function<void(cf::DistributionConfig&)>& change) {
  cf::DistributionConfig config = distribution.config;
  change(config);
  leave_out_defaults(config);
  return {ShellCommand("aws cloudfront get-distribution-config")
              .option("id", distribution.id)
              .option("query", "ETag")
              .option("output", "text")
              .keep_as(kEtag),
          ShellCommand("aws cloudfront update-distribution")
              .option("id", distribution.id)
              .option("if-match", shell_variable(kEtag))
              .option("distribution-config", config_json(config))};
}

std::vector<ShellCommand> put_origin(const DistributionFacts& distribution, const std::string& origin_id,
                                     const std::function<void(cf::Origin&)>& change) {
  return put_changed(distribution, [&](cf::DistributionConfig& config) {
    for (cf::Origin& origin : config.Origins.Items)
      if (origin.Id == origin_id) change(origin);
  });
}

ShellCommand allow_distribution(const DistributionFacts& distribution, const std::string& bucket,
                                const std::string& policy, std::string_view action) {
  const bool listing = action == "s3:ListBucket";
  std::string statements;
  if (const auto tree = policy.empty() ? fail(ErrorCode::NotFound, "") : json::parse(policy))
    if (const json::Value* found = tree->find("Statement")) {
      statements = json::to_text(*found);
      if (statements.starts_with('[')) statements = statements.substr(1, statements.size() - 2);
      if (!statements.empty()) statements += ",";
    }
  return ShellCommand("aws s3api put-bucket-policy")
      .option("bucket", bucket)
      .option("policy", fmt::format(R"({{"Version":"2012-10-17","Statement":[{}{{"Effect":"Allow",)"
                                    R"("Principal":{{"Service":"cloudfront.amazonaws.com"}},"Action":"{}",)"
                                    R"("Resource":"arn:aws:s3:::{}{}",)"
                                    R"("Condition":{{"StringEquals":{{"AWS:SourceArn":"{}"}}}}}}]}})",
                                    statements, action, bucket, listing ? "" : "/*", distribution.arn));
}

// It concerns the zones that its names are in.
Resource of(const Picture& picture, const DistributionFacts& distribution, const std::string& part) {
  const auto& aliases = aliases_of(distribution.config);
  const std::string name = aliases.empty() ? distribution.domain_name : aliases.front();
  Resource out{.kind = "distribution",
               .label = fmt::format("{} ({}){}", distribution.id, name, part.empty() ? "" : " " + part),
               .id = distribution.id,
               .zone_ids = {}};
  for (const std::string& alias : aliases)
    if (const auto parsed = parse_name(alias.starts_with("*.") ? alias.substr(2) : alias))
      if (const Zone* zone = picture.zone_of(*parsed)) out.zone_ids.push_back(zone->id);
  std::ranges::sort(out.zone_ids);
  const auto rest = std::ranges::unique(out.zone_ids);
  out.zone_ids.erase(rest.begin(), rest.end());
  return out;
}

}  // namespace meridian::apps::doctor
