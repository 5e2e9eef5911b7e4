#include "apps/control/local_authority.h"

#include <fmt/format.h>

#include "formats/x509/x509.h"

namespace meridian::apps {
namespace {

constexpr Duration kRootLifetime = std::chrono::years(20);

}  // namespace

Result<std::unique_ptr<LocalAuthority>> LocalAuthority::open(Disk& disk, const std::string& data_dir,
                                                             Random& random, SystemTime now) {
  const std::string certificate_path = data_dir + std::string(kRootFile);
  const std::string key_path = data_dir + "/authority/root-key.pem";
  net::CertificateAndKey root;
  auto certificate = disk.read(certificate_path);
  if (!certificate && certificate.error().code != ErrorCode::NotFound)
    return std::unexpected(std::move(certificate).error());
  if (!certificate) {
    // Roots of several installations stand beside one another in a trust store.
    root = TRY(net::make_certificate_authority(
        fmt::format("Meridian Local Authority {:08x}", random.next() >> 32), now, kRootLifetime));
    TRY(disk.make_directories(data_dir + "/authority"));
    // The key first: the certificate's presence says that both are whole.
    TRY(disk.replace(key_path, as_bytes(root.key_pem)));
    TRY(disk.replace(certificate_path, as_bytes(root.certificate_pem)));
  } else {
    root = {*std::move(certificate), TRY(disk.read(key_path))};
  }
  return std::unique_ptr<LocalAuthority>(new LocalAuthority(std::move(root)));
}

Result<services::acm::Answer> LocalAuthority::issue(const services::acm::Wanted& wanted) {
  services::acm::Answer answer;
  answer.kind = services::acm::Answer::Kind::Issued;
  services::acm::IssuedCertificate& issued = answer.certificate;
  issued.key_pem = TRY(x509::PrivateKey::generate(wanted.key_algorithm)).pem();
  net::CertificateTerms terms;
  terms.common_name = wanted.names.front();
  terms.names.assign(wanted.names.begin(), wanted.names.end());
  terms.for_server = terms.for_client = true;
  terms.now = wanted.now;
  terms.lifetime = wanted.lifetime;
  const std::string request = TRY(net::make_certificate_request(issued.key_pem));
  issued.certificate_pem = TRY(net::sign_certificate_request(request, root_, terms));
  issued.chain_pem = root_.certificate_pem;
  return answer;
}

}  // namespace meridian::apps
