#include "apps/control/origin_signer.h"

#include "aws/canonical_user.h"
#include "aws/service_caller.h"

namespace meridian::apps {
namespace {

using snapshots::cdn::OriginAccess;
using snapshots::cdn::SigningBehavior;

constexpr const char* kPayloadHash = "x-amz-content-sha256";
// Stand-ins answer for every Region.
constexpr const char* kRegion = "us-east-1";

aws::OnBehalf on_behalf(const snapshots::cdn::Distribution& distribution, const OriginAccess& access) {
  aws::OnBehalf out;
  out.service = ServiceSigner::kPrincipal;
  out.source_arn = distribution.arn;
  out.source_account = distribution.account;
  if (access.kind == OriginAccess::Kind::Identity) {
    out.origin_access_identity = access.identity_id;
    out.canonical_user = aws::canonical_user_of_origin_access_identity(access.identity_id);
  }
  return out;
}

}  // namespace

void ServiceSigner::sign(const snapshots::cdn::Distribution& distribution,
                         const snapshots::cdn::Origin& origin, std::string_view method,
                         std::string_view target, engines::cdn::rules::FieldList& fields) const {
  const OriginAccess& access = origin.access;
  if (access.signing == SigningBehavior::Never) return;
  if (access.signing == SigningBehavior::NoOverride &&
      engines::cdn::rules::has(fields.fields(), "authorization"))
    return;
  aws::HttpRequest request;
  request.method = method;
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.query = target.substr(question + 1);
  request.headers.add("Host", std::string(engines::cdn::rules::value_of(fields.fields(), "host")));
  // The body has not come yet.
  request.headers.add(kPayloadHash, "UNSIGNED-PAYLOAD");
  aws::write_on_behalf(request, on_behalf(distribution, access));
  aws::sigv4::sign(request, key_, kRegion,
                   {.service = access.signed_service, .s3 = access.signed_service == "s3"}, clock_.now());
  for (const auto& [name, value] : request.headers) {
    if (aws::equal_ignoring_case(name, "host")) continue;
    fields.remove(name);
    fields.add_copy(name, value);
  }
}

}  // namespace meridian::apps
