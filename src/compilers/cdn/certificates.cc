#include "compilers/cdn/certificates.h"

#include "services/acm/resources.h"
#include "store/fields.h"

namespace meridian::compilers::cdn {
namespace {

namespace acm = services::acm;

class Writer : public store::FieldWriter<Writer> {
 public:
  using FieldWriter::FieldWriter;
};

}  // namespace

std::string served_certificate_key(std::string_view id) {
  return std::string(kCertificatesPrefix).append(id);
}

std::string own_certificate_key() {
  return served_certificate_key("own");
}

Result<snapshots::cdn::SharedCertificate> read_certificate(store::Store& store,
                                                           const store::objects::Secrets& secrets,
                                                           std::string_view arn) {
  const auto name = acm::parse_certificate_arn(arn);
  if (!name) return invalid(std::string(arn) + " is not the ARN of a certificate");
  const store::Revision now = store.revision();  // of both: the key must be that of the certificate
  const auto row = TRY(store.get(acm::certificate_key(name->place, name->id), now));
  if (!row) return fail(ErrorCode::NotFound, std::string(arn) + " does not exist");
  const acm::CertificateResource certificate = TRY(acm::decode_certificate(row->value));
  const std::string key = acm::private_key_key(name->place, name->id);
  const auto sealed = TRY(store.get(key, now));
  if (!sealed) return fail(ErrorCode::Corrupt, std::string(arn) + " has no private key");
  auto out = std::make_shared<snapshots::cdn::ViewerCertificate>();
  out->chain_pem = certificate.certificate_pem + certificate.chain_pem;
  out->key_pem = TRY(secrets.open(key, sealed->value));
  return out;
}

std::string encode(const OwnCertificate& own, const store::objects::Secrets& secrets) {
  return Writer(1)
      .text(own.chain_pem)
      .text(secrets.seal(own_certificate_key(), own.key_pem))
      .time(own.expires)
      .take();
}

Result<OwnCertificate> decode_own_certificate(std::string_view bytes,
                                              const store::objects::Secrets& secrets) {
  store::FieldReader in(bytes, 1);
  OwnCertificate own;
  own.chain_pem = in.text();
  const std::string sealed = in.text();
  own.expires = in.time();
  own = TRY(in.finish(std::move(own), "certificate"));
  own.key_pem = TRY(secrets.open(own_certificate_key(), sealed));
  return own;
}

}  // namespace meridian::compilers::cdn
