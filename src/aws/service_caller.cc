#include "aws/service_caller.h"

#include <algorithm>

namespace meridian::aws {

void write_on_behalf(HttpRequest& request, const OnBehalf& on_behalf) {
  if (!on_behalf.source_arn.empty()) request.headers.set(kSourceArn, on_behalf.source_arn);
  if (!on_behalf.source_account.empty()) request.headers.set(kSourceAccount, on_behalf.source_account);
  if (!on_behalf.origin_access_identity.empty())
    request.headers.set(kActsAs, on_behalf.origin_access_identity + " " + on_behalf.canonical_user);
}

OnBehalf read_on_behalf(const HttpRequest& request, const sigv4::Claim& claim, std::string_view service) {
  const auto field = [&](std::string_view name) {
    return std::ranges::find(claim.signed_headers, name) == claim.signed_headers.end()
               ? std::string()
               : std::string(request.headers.get(name));
  };
  OnBehalf out;
  out.service = service;
  out.source_arn = field(kSourceArn);
  out.source_account = field(kSourceAccount);
  const std::string acts_as = field(kActsAs);
  const std::size_t space = acts_as.find(' ');
  out.origin_access_identity = acts_as.substr(0, space);
  if (space != acts_as.npos) out.canonical_user = acts_as.substr(space + 1);
  return out;
}

}  // namespace meridian::aws
