#include "apps/origin_signer.h"

#include "aws/canonical_user.h"
#include "aws/derived_key.h"
#include "aws/service_caller.h"

namespace meridian::apps {
namespace {

using snapshots::cdn::OriginAccess;
using snapshots::cdn::SigningBehavior;

constexpr const char* kPayloadHash = "x-amz-content-sha256";

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

// Null: none is for that.
const snapshots::cdn::OriginKey* key_of(const snapshots::cdn::OriginKeys& keys, std::string_view date,
                                        std::string_view service) {
  const auto found = std::ranges::find_if(
      keys.keys, [&](const auto& key) { return key.date == date && key.service == service; });
  return found == keys.keys.end() ? nullptr : &*found;
}

}  // namespace

void ServiceSigner::use(snapshots::cdn::SharedOriginKeys keys) {
  std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
}

snapshots::cdn::SharedOriginKeys ServiceSigner::keys() const {
  std::lock_guard lock(mutex_);
  return keys_;
}

void ServiceSigner::sign(const snapshots::cdn::Distribution& distribution,
                         const snapshots::cdn::Origin& origin, std::string_view method,
                         std::string_view target, engines::cdn::rules::FieldList& fields) const {
  const OriginAccess& access = origin.access;
  if (access.signing == SigningBehavior::Never) return;
  if (access.signing == SigningBehavior::NoOverride &&
      engines::cdn::rules::has(fields.fields(), "authorization"))
    return;
  const SystemTime now = clock_.now();
  const snapshots::cdn::SharedOriginKeys keys = this->keys();
  const auto* const key =
      keys ? key_of(*keys, aws::sigv4::format_basic_time(now).substr(0, 8), access.signed_service) : nullptr;
  if (!key) return;
  aws::HttpRequest request;
  request.method = method;
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.query = target.substr(question + 1);
  request.headers.add("Host", std::string(engines::cdn::rules::value_of(fields.fields(), "host")));
  // The body has not come yet.
  request.headers.add(kPayloadHash, "UNSIGNED-PAYLOAD");
  aws::write_on_behalf(request, on_behalf(distribution, access));
  aws::sigv4::sign(request, aws::sigv4::DerivedKey{keys->access_key_id, key->key}, kRegion,
                   {.service = access.signed_service, .s3 = access.signed_service == "s3"}, now);
  for (const auto& [name, value] : request.headers) {
    if (aws::equal_ignoring_case(name, "host")) continue;
    fields.remove(name);
    fields.add_copy(name, value);
  }
}

}  // namespace meridian::apps
