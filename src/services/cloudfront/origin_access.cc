// Who an origin sees: origin access controls (SigV4), and the older origin access identities.
#include <algorithm>

#include "aws/canonical_user.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Control = api::OriginAccessControlConfig;
using Identity = api::CloudFrontOriginAccessIdentityConfig;

constexpr std::size_t kControlNameCharsMax = 64, kDescriptionCharsMax = 256, kCommentCharsMax = 128;

aws::Outcome<Control> checked(Control config) {
  if (config.Name.empty() || config.Name.size() > kControlNameCharsMax)
    return invalid_argument("The parameter Name must have 1 to 64 characters.");
  if (!config.Description) config.Description = "";
  if (config.Description->size() > kDescriptionCharsMax)
    return invalid_argument("The parameter Description is longer than 256 characters.");
  return config;
}

aws::Outcome<void> check_identity(const Identity& config) {
  if (config.CallerReference.empty() || config.CallerReference.size() > kCommentCharsMax)
    return invalid_argument("The parameter CallerReference must have 1 to 128 characters.");
  if (config.Comment.size() > kCommentCharsMax)
    return invalid_argument("The parameter Comment is longer than 128 characters.");
  return {};
}

api::OriginAccessControl shown(OriginAccessControlResource control) {
  return {.Id = std::move(control.id), .OriginAccessControlConfig = std::move(control.config)};
}

api::CloudFrontOriginAccessIdentity shown(OriginAccessIdentityResource identity) {
  return {.Id = std::move(identity.id),
          .S3CanonicalUserId = std::move(identity.public_name),
          .CloudFrontOriginAccessIdentityConfig = std::move(identity.config)};
}

}  // namespace

aws::Outcome<api::CreateOriginAccessControlResult> CloudFront::CreateOriginAccessControl(
    aws::Call& call, const api::CreateOriginAccessControlRequest& input) {
  OriginAccessControlResource control;
  control.id = Kind<Control>::new_id(random_);
  control.config = TRY(checked(input.OriginAccessControlConfig));
  auto made = TRY(Entities<Control>(store_).create(call, random_, std::move(control))).value;
  api::CreateOriginAccessControlResult out;
  out.Location = location("origin-access-control", made.id);
  out.ETag = made.etag;
  out.OriginAccessControl = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetOriginAccessControlResult> CloudFront::GetOriginAccessControl(
    aws::Call& call, const api::GetOriginAccessControlRequest& input) {
  auto found = TRY(Entities<Control>(store_).get(call.account_id, input.Id)).value;
  api::GetOriginAccessControlResult out;
  out.ETag = found.etag;
  out.OriginAccessControl = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetOriginAccessControlConfigResult> CloudFront::GetOriginAccessControlConfig(
    aws::Call& call, const api::GetOriginAccessControlConfigRequest& input) {
  auto found = TRY(Entities<Control>(store_).get(call.account_id, input.Id)).value;
  return api::GetOriginAccessControlConfigResult{.OriginAccessControlConfig = std::move(found.config),
                                                 .ETag = found.etag};
}

aws::Outcome<api::UpdateOriginAccessControlResult> CloudFront::UpdateOriginAccessControl(
    aws::Call& call, const api::UpdateOriginAccessControlRequest& input) {
  const Control config = TRY(checked(input.OriginAccessControlConfig));
  auto changed =
      TRY(Entities<Control>(store_).update(
              call, random_, input.Id, input.IfMatch,
              [&](OriginAccessControlResource& control, store::Transaction&) -> aws::Outcome<void> {
                if (control.config.OriginAccessControlOriginType != config.OriginAccessControlOriginType)
                  return api::errors::IllegalUpdate(
                      "The update contains modifications that are not allowed.");
                control.config = config;
                return {};
              }))
          .value;
  api::UpdateOriginAccessControlResult out;
  out.ETag = changed.etag;
  out.OriginAccessControl = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteOriginAccessControlResponse> CloudFront::DeleteOriginAccessControl(
    aws::Call& call, const api::DeleteOriginAccessControlRequest& input) {
  TRY(Entities<Control>(store_).remove(
      call, input.Id, input.IfMatch, [&](const auto&, store::Transaction& transaction) {
        return check_unused<Control>(store_, call.account_id, input.Id, transaction);
      }));
  return api::DeleteOriginAccessControlResponse();
}

aws::Outcome<api::ListOriginAccessControlsResult> CloudFront::ListOriginAccessControls(
    aws::Call& call, const api::ListOriginAccessControlsRequest& input) {
  const auto page = TRY(Entities<Control>(store_).page(call, input.Marker, input.MaxItems));
  api::OriginAccessControlList list;
  list.Marker = page.marker;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.IsTruncated = page.truncated();
  list.Quantity = page.quantity();
  for (const OriginAccessControlResource& control : page.items) {
    if (!list.Items) list.Items.emplace();
    const Control& config = control.config;
    list.Items->push_back({.Id = control.id,
                           .Description = *config.Description,
                           .Name = config.Name,
                           .SigningProtocol = config.SigningProtocol,
                           .SigningBehavior = config.SigningBehavior,
                           .OriginAccessControlOriginType = config.OriginAccessControlOriginType});
  }
  return api::ListOriginAccessControlsResult{.OriginAccessControlList = std::move(list)};
}

aws::Outcome<api::CreateCloudFrontOriginAccessIdentityResult>
CloudFront::CreateCloudFrontOriginAccessIdentity(
    aws::Call& call, const api::CreateCloudFrontOriginAccessIdentityRequest& input) {
  TRY(check_identity(input.CloudFrontOriginAccessIdentityConfig));
  OriginAccessIdentityResource identity;
  identity.id = Kind<Identity>::new_id(random_);
  identity.config = input.CloudFrontOriginAccessIdentityConfig;
  identity.public_name = aws::canonical_user_of_origin_access_identity(identity.id);
  auto made = TRY(Entities<Identity>(store_).create(call, random_, std::move(identity))).value;
  api::CreateCloudFrontOriginAccessIdentityResult out;
  out.Location = location("origin-access-identity/cloudfront", made.id);
  out.ETag = made.etag;
  out.CloudFrontOriginAccessIdentity = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetCloudFrontOriginAccessIdentityResult> CloudFront::GetCloudFrontOriginAccessIdentity(
    aws::Call& call, const api::GetCloudFrontOriginAccessIdentityRequest& input) {
  auto found = TRY(Entities<Identity>(store_).get(call.account_id, input.Id)).value;
  api::GetCloudFrontOriginAccessIdentityResult out;
  out.ETag = found.etag;
  out.CloudFrontOriginAccessIdentity = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetCloudFrontOriginAccessIdentityConfigResult>
CloudFront::GetCloudFrontOriginAccessIdentityConfig(
    aws::Call& call, const api::GetCloudFrontOriginAccessIdentityConfigRequest& input) {
  auto found = TRY(Entities<Identity>(store_).get(call.account_id, input.Id)).value;
  return api::GetCloudFrontOriginAccessIdentityConfigResult{
      .CloudFrontOriginAccessIdentityConfig = std::move(found.config), .ETag = found.etag};
}

aws::Outcome<api::UpdateCloudFrontOriginAccessIdentityResult>
CloudFront::UpdateCloudFrontOriginAccessIdentity(
    aws::Call& call, const api::UpdateCloudFrontOriginAccessIdentityRequest& input) {
  const Identity& config = input.CloudFrontOriginAccessIdentityConfig;
  TRY(check_identity(config));
  auto changed =
      TRY(Entities<Identity>(store_).update(
              call, random_, input.Id, input.IfMatch,
              [&](OriginAccessIdentityResource& identity, store::Transaction&) -> aws::Outcome<void> {
                if (identity.config.CallerReference != config.CallerReference)
                  return api::errors::IllegalUpdate(
                      "The update contains modifications that are not allowed.");
                identity.config = config;
                return {};
              }))
          .value;
  api::UpdateCloudFrontOriginAccessIdentityResult out;
  out.ETag = changed.etag;
  out.CloudFrontOriginAccessIdentity = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteCloudFrontOriginAccessIdentityResponse>
CloudFront::DeleteCloudFrontOriginAccessIdentity(
    aws::Call& call, const api::DeleteCloudFrontOriginAccessIdentityRequest& input) {
  TRY(Entities<Identity>(store_).remove(
      call, input.Id, input.IfMatch, [&](const auto&, store::Transaction& transaction) {
        return check_unused<Identity>(store_, call.account_id, input.Id, transaction);
      }));
  return api::DeleteCloudFrontOriginAccessIdentityResponse();
}

aws::Outcome<api::ListCloudFrontOriginAccessIdentitiesResult>
CloudFront::ListCloudFrontOriginAccessIdentities(
    aws::Call& call, const api::ListCloudFrontOriginAccessIdentitiesRequest& input) {
  const auto page = TRY(Entities<Identity>(store_).page(call, input.Marker, input.MaxItems));
  api::CloudFrontOriginAccessIdentityList list;
  list.Marker = page.marker;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.IsTruncated = page.truncated();
  list.Quantity = page.quantity();
  for (const OriginAccessIdentityResource& identity : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back(
        {.Id = identity.id, .S3CanonicalUserId = identity.public_name, .Comment = identity.config.Comment});
  }
  return api::ListCloudFrontOriginAccessIdentitiesResult{.CloudFrontOriginAccessIdentityList =
                                                             std::move(list)};
}

}  // namespace meridian::services::cloudfront
