// AWS Certificate Manager: certificates imported, requested, described, exported; their tags and options.
// Rules: a private key is sealed before it is stored and opened for an export or a listener only; the calls
// decide from the store alone, issuing and renewing are issuance.h's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "base/random.h"
#include "formats/x509/x509.h"
#include "gen/acm/api.h"
#include "gen/acm/errors.h"
#include "services/acm/resources.h"
#include "store/objects/master_key.h"
#include "store/store.h"

namespace meridian::services::acm {

namespace api = gen::acm;

inline constexpr std::size_t kCertificatesMax = 2500;  // of an account in a region, AWS's default
inline constexpr std::size_t kDomainsMax = 10;         // of a request, AWS's default
inline constexpr std::size_t kTagsMax = 50;            // of a certificate

using StoredCertificate = aws::Stored<CertificateResource>;

class Acm final : public api::Api {
 public:
  Acm(store::Store& store, const store::objects::Secrets& secrets, Random& random)
      : store_(store), secrets_(secrets), random_(random) {}

  // import_certificate.cc
  aws::Outcome<api::ImportCertificateResponse> ImportCertificate(
      aws::Call&, const api::ImportCertificateRequest&) override;

  // request_certificate.cc
  aws::Outcome<api::RequestCertificateResponse> RequestCertificate(
      aws::Call&, const api::RequestCertificateRequest&) override;

  // certificates.cc
  aws::Outcome<api::DescribeCertificateResponse> DescribeCertificate(
      aws::Call&, const api::DescribeCertificateRequest&) override;
  aws::Outcome<api::GetCertificateResponse> GetCertificate(aws::Call&,
                                                           const api::GetCertificateRequest&) override;
  aws::Outcome<api::ExportCertificateResponse> ExportCertificate(
      aws::Call&, const api::ExportCertificateRequest&) override;
  aws::Outcome<api::DeleteCertificateResponse> DeleteCertificate(
      aws::Call&, const api::DeleteCertificateRequest&) override;

  // list_certificates.cc
  aws::Outcome<api::ListCertificatesResponse> ListCertificates(aws::Call&,
                                                               const api::ListCertificatesRequest&) override;

  // search_certificates.cc
  aws::Outcome<api::SearchCertificatesResponse> SearchCertificates(
      aws::Call&, const api::SearchCertificatesRequest&) override;

  // tags.cc
  aws::Outcome<api::AddTagsToCertificateResponse> AddTagsToCertificate(
      aws::Call&, const api::AddTagsToCertificateRequest&) override;
  aws::Outcome<api::RemoveTagsFromCertificateResponse> RemoveTagsFromCertificate(
      aws::Call&, const api::RemoveTagsFromCertificateRequest&) override;
  aws::Outcome<api::ListTagsForCertificateResponse> ListTagsForCertificate(
      aws::Call&, const api::ListTagsForCertificateRequest&) override;

  // options.cc
  aws::Outcome<api::UpdateCertificateOptionsResponse> UpdateCertificateOptions(
      aws::Call&, const api::UpdateCertificateOptionsRequest&) override;
  aws::Outcome<api::GetAccountConfigurationResponse> GetAccountConfiguration(
      aws::Call&, const api::GetAccountConfigurationRequest&) override;
  aws::Outcome<api::PutAccountConfigurationResponse> PutAccountConfiguration(
      aws::Call&, const api::PutAccountConfigurationRequest&) override;
  aws::Outcome<api::ResendValidationEmailResponse> ResendValidationEmail(
      aws::Call&, const api::ResendValidationEmailRequest&) override;
  aws::Outcome<api::RenewCertificateResponse> RenewCertificate(aws::Call&,
                                                               const api::RenewCertificateRequest&) override;

 private:
  aws::Outcome<StoredCertificate> certificate(const aws::Call& call, std::string_view arn);
  aws::Outcome<std::vector<std::string>> users(const CertificateResource& certificate);
  aws::Outcome<std::string> private_key(const CertificateResource& certificate);
  // Changes a certificate; `change` may refuse.
  template <typename Change>
  aws::Outcome<void> change_certificate(const aws::Call& call, std::string_view arn, Change change);
  // A transaction that makes a certificate, unless there are too many.
  aws::Outcome<store::Transaction> make_certificate(const CertificateResource& certificate);

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  Random& random_;
};

// Others changed the same certificate faster every time.
aws::Failure overtaken();

inline Place place_of(const aws::Call& call) {
  return {call.account_id, call.region};
}

// tags.cc
aws::Outcome<std::map<std::string, std::string>> with_tags(std::map<std::string, std::string> tags,
                                                           const std::vector<api::Tag>& added);

// certificates.cc
std::string_view to_string(CertificateType type);
std::string_view to_string(RenewalStatus status);  // "": it was never to be renewed
// ISSUED certificates expire without anybody's doing.
std::string_view status_at(const CertificateResource& certificate, SystemTime now);
bool is_exported_or_used(const CertificateResource& certificate, bool in_use);
// Of one that there is.
x509::Facts facts_of(const CertificateResource& certificate);

template <typename Change>
aws::Outcome<void> Acm::change_certificate(const aws::Call& call, std::string_view arn, Change change) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredCertificate found = TRY(certificate(call, arn));
        const std::string key = certificate_key(found.value.place, found.value.id);
        TRY(change(found.value));
        return store::Transaction{
            .preconditions = {{key, found.modified}}, .puts = {{key, encode(found.value)}}, .deletes = {}};
      },
      overtaken()));
  return {};
}

}  // namespace meridian::services::acm
