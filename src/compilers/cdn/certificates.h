// Certificates as viewers are shown them: ACM's by their ARNs, and the deployment's own, which the control
// keeps in the store beside CloudFront's resources.
//
// Rule: what viewers are to be shown changes with a commit under kCertificatesPrefix, so that it has its
// place in the order of revisions that engines are told of and acknowledge.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "snapshots/cdn/distribution.h"
#include "store/objects/master_key.h"
#include "store/store.h"

namespace meridian::compilers::cdn {

// "…/<id of a certificate of ACM>": a distribution shows it; the value changes when its text does. "…/own".
inline constexpr std::string_view kCertificatesPrefix = "cloudfront/served/certificates/";
std::string served_certificate_key(std::string_view id);
std::string own_certificate_key();

// As it is in ACM now. An error says why it cannot be shown.
Result<snapshots::cdn::SharedCertificate> read_certificate(store::Store& store,
                                                           const store::objects::Secrets& secrets,
                                                           std::string_view arn);

struct OwnCertificate {
  std::string chain_pem, key_pem;
  SystemTime expires{};
};
std::string encode(const OwnCertificate& own, const store::objects::Secrets& secrets);
Result<OwnCertificate> decode_own_certificate(std::string_view bytes, const store::objects::Secrets& secrets);

}  // namespace meridian::compilers::cdn
