// Rule: a configuration is kept as the XML of the API, which names its fields: a newer model reads what an
// older one wrote, and the other way round.
#include "services/cloudfront/resources.h"

#include <fmt/format.h>

#include "aws/protocols/xml_shapes.h"
#include "base/check.h"
#include "formats/xml/xml.h"
#include "store/fields.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::uint8_t kVersion = 2;  // 2: soft invalidations

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

// The shape of a structure that is a member of an input or an output.
template <typename Whole>
const aws::Shape& member_shape(std::string_view name) {
  for (const aws::Member& member : shape_of(static_cast<const Whole*>(nullptr)).members)
    if (name == member.name) return *member.shape;
  CHECK(false);
  __builtin_unreachable();
}

const aws::Shape& config_shape(const api::DistributionConfig*) {
  return member_shape<api::CreateDistributionRequest>("DistributionConfig");
}
const aws::Shape& config_shape(const api::CachePolicyConfig*) {
  return member_shape<api::CreateCachePolicyRequest>("CachePolicyConfig");
}
const aws::Shape& config_shape(const api::OriginRequestPolicyConfig*) {
  return member_shape<api::CreateOriginRequestPolicyRequest>("OriginRequestPolicyConfig");
}
const aws::Shape& config_shape(const api::ResponseHeadersPolicyConfig*) {
  return member_shape<api::CreateResponseHeadersPolicyRequest>("ResponseHeadersPolicyConfig");
}
const aws::Shape& config_shape(const api::OriginAccessControlConfig*) {
  return member_shape<api::CreateOriginAccessControlRequest>("OriginAccessControlConfig");
}
const aws::Shape& config_shape(const api::CloudFrontOriginAccessIdentityConfig*) {
  return member_shape<api::CreateCloudFrontOriginAccessIdentityRequest>(
      "CloudFrontOriginAccessIdentityConfig");
}
const aws::Shape& config_shape(const api::PublicKeyConfig*) {
  return member_shape<api::CreatePublicKeyRequest>("PublicKeyConfig");
}
const aws::Shape& config_shape(const api::KeyGroupConfig*) {
  return member_shape<api::CreateKeyGroupRequest>("KeyGroupConfig");
}
const aws::Shape& config_shape(const api::ContinuousDeploymentPolicyConfig*) {
  return member_shape<api::CreateContinuousDeploymentPolicyRequest>("ContinuousDeploymentPolicyConfig");
}
const aws::Shape& config_shape(const api::RealtimeLogConfig*) {
  return member_shape<api::CreateRealtimeLogConfigResult>("RealtimeLogConfig");
}
const aws::Shape& config_shape(const api::InvalidationBatch*) {
  return member_shape<api::CreateInvalidationRequest>("InvalidationBatch");
}

}  // namespace

std::string key_of(std::string_view prefix, std::string_view account, std::string_view id) {
  return fmt::format("{}{}/{}", prefix, account, id);
}

std::string account_prefix(std::string_view prefix, std::string_view account) {
  return fmt::format("{}{}/", prefix, account);
}

std::string distribution_arn(std::string_view account, std::string_view id) {
  return fmt::format("arn:aws:cloudfront::{}:distribution/{}", account, id);
}

template <typename Config>
std::string encode(const Entity<Config>& entity) {
  std::string config;
  xml::Writer writer(config);
  writer.open("Config");
  aws::write_xml(writer, config_shape(&entity.config), &entity.config);
  writer.close();
  Writer out;
  out.text(entity.account).text(entity.id).text(entity.etag).time(entity.created_at).time(entity.changed_at);
  return out.text(config).text(entity.public_name).flag(entity.soft).take();
}

template <typename Config>
Result<Entity<Config>> decode(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  Entity<Config> entity;
  entity.account = in.text();
  entity.id = in.text();
  entity.etag = in.text();
  entity.created_at = in.time();
  entity.changed_at = in.time();
  const std::string config = in.text();
  entity.public_name = in.text();
  entity.soft = in.version() >= 2 && in.flag();
  const auto document = xml::Document::parse(config);
  if (!document ||
      !aws::read_xml({}, config_shape(&entity.config), document->root(), &entity.config, aws::Path{}))
    in.spoil();
  return in.finish(std::move(entity), "CloudFront configuration");
}

template std::string encode(const Entity<api::DistributionConfig>&);
template Result<Entity<api::DistributionConfig>> decode(std::string_view);
template std::string encode(const Entity<api::CachePolicyConfig>&);
template Result<Entity<api::CachePolicyConfig>> decode(std::string_view);
template std::string encode(const Entity<api::OriginRequestPolicyConfig>&);
template Result<Entity<api::OriginRequestPolicyConfig>> decode(std::string_view);
template std::string encode(const Entity<api::ResponseHeadersPolicyConfig>&);
template Result<Entity<api::ResponseHeadersPolicyConfig>> decode(std::string_view);
template std::string encode(const Entity<api::OriginAccessControlConfig>&);
template Result<Entity<api::OriginAccessControlConfig>> decode(std::string_view);
template std::string encode(const Entity<api::CloudFrontOriginAccessIdentityConfig>&);
template Result<Entity<api::CloudFrontOriginAccessIdentityConfig>> decode(std::string_view);
template std::string encode(const Entity<api::PublicKeyConfig>&);
template Result<Entity<api::PublicKeyConfig>> decode(std::string_view);
template std::string encode(const Entity<api::KeyGroupConfig>&);
template Result<Entity<api::KeyGroupConfig>> decode(std::string_view);
template std::string encode(const Entity<api::ContinuousDeploymentPolicyConfig>&);
template Result<Entity<api::ContinuousDeploymentPolicyConfig>> decode(std::string_view);
template std::string encode(const Entity<api::RealtimeLogConfig>&);
template Result<Entity<api::RealtimeLogConfig>> decode(std::string_view);
template std::string encode(const Entity<api::InvalidationBatch>&);
template Result<Entity<api::InvalidationBatch>> decode(std::string_view);

std::string encode(const TagMap& tags) {
  Writer out;
  out.count(tags.size());
  for (const auto& [key, value] : tags) out.text(key).text(value);
  return out.take();
}

Result<TagMap> decode_tags(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  TagMap tags;
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string key = in.text();
    tags[std::move(key)] = in.text();
  }
  return in.finish(std::move(tags), "set of CloudFront tags");
}

}  // namespace meridian::services::cloudfront
