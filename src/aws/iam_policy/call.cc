#include "aws/iam_policy/call.h"

#include <fmt/format.h>

#include "aws/canonical_user.h"
#include "aws/protocols/scalar_text.h"

namespace meridian::aws::iam_policy {
namespace {

constexpr const char* text(bool value) {
  return value ? "true" : "false";
}

std::string last_part(std::string_view arn) {
  return std::string(arn.substr(arn.rfind('/') + 1));
}

const char* principal_type(const Call& call) {
  if (!call.on_behalf.service.empty()) return "Service";
  if (call.principal_arn.empty()) return "Anonymous";
  if (call.principal_arn.ends_with(":root")) return "Account";
  return call.principal_arn.find(":assumed-role/") == std::string::npos ? "User" : "AssumedRole";
}

}  // namespace

std::string origin_access_identity_arn(std::string_view id) {
  return fmt::format("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {}", id);
}

Caller caller_of(const Call& call) {
  Caller caller;
  const OnBehalf& on_behalf = call.on_behalf;
  if (!on_behalf.origin_access_identity.empty()) {
    caller.arn = origin_access_identity_arn(on_behalf.origin_access_identity);
    caller.canonical_user = on_behalf.canonical_user;
  } else if (!on_behalf.service.empty()) {
    caller.service = on_behalf.service;
  } else if (!call.account_id.empty()) {
    caller.arn = call.principal_arn;
    caller.account = call.account_id;
    caller.canonical_user = canonical_user_of_account(call.account_id);
  }
  return caller;
}

Context context_of(const Call& call) {
  Context context;
  const auto set = [&](std::string_view key, std::string value) {
    if (!value.empty()) context.set(key, std::move(value));
  };
  set("aws:SourceIp", call.source_address);
  set("aws:UserAgent", call.user_agent);
  set("aws:Referer", call.referer);
  set("aws:RequestedRegion", call.region);
  set("aws:PrincipalType", principal_type(call));
  set("aws:SecureTransport", text(call.secure_transport));
  set("aws:CurrentTime", format_iso8601(call.time));
  set("aws:EpochTime",
      fmt::format("{}",
                  std::chrono::duration_cast<std::chrono::seconds>(call.time.time_since_epoch()).count()));
  const bool is_service = !call.on_behalf.service.empty();
  set("aws:PrincipalIsAWSService", text(is_service && call.on_behalf.origin_access_identity.empty()));
  if (is_service) {
    set("aws:PrincipalServiceName", call.on_behalf.service);
    set("aws:SourceArn", call.on_behalf.source_arn);
    set("aws:SourceAccount", call.on_behalf.source_account);
    return context;
  }
  set("aws:PrincipalArn", call.principal_arn);
  set("aws:PrincipalAccount", call.account_id);
  if (call.principal_arn.ends_with(":root")) {
    set("aws:userid", call.account_id);
  } else if (call.principal_arn.find(":user/") != std::string::npos) {
    set("aws:username", last_part(call.principal_arn));
  }
  return context;
}

}  // namespace meridian::aws::iam_policy
