// ImportCertificate: a certificate of another authority, with its key and chain, held against one another
// before any of it is kept.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

using api::errors::ValidationException;

constexpr std::array<std::string_view, 7> kKeyAlgorithms = {
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"};

struct Imported {
  x509::Certificate certificate;
  x509::PrivateKey key;
  std::vector<x509::Certificate> chain;
  x509::Facts facts;
};

aws::Outcome<x509::Certificate> read_body(std::string_view pem) {
  auto read = x509::Certificate::parse(pem);
  if (read) return *std::move(read);
  if (read.error().code == ErrorCode::Limit)
    return ValidationException(
        "The certificate field contains more than one certificate. You can specify only one certificate in "
        "this field.");
  return ValidationException("Unable to parse certificate. Please ensure the certificate is in PEM format.");
}

aws::Outcome<x509::PrivateKey> read_key(std::string_view pem) {
  if (x509::PrivateKey::is_encrypted(pem))
    return ValidationException(
        "The private key is not supported. It is encrypted: remove its passphrase first.");
  auto key = x509::PrivateKey::parse(pem);
  if (!key) return ValidationException("The private key is not supported.");
  if (std::ranges::find(kKeyAlgorithms, key->algorithm()) != kKeyAlgorithms.end()) return *std::move(key);
  if (key->is_rsa())
    return ValidationException(
        fmt::format("The private key length {} is not supported for key algorithm.", key->bits()));
  return ValidationException("The private key is not supported.");
}

aws::Failure broken_chain(std::size_t index) {
  return ValidationException(
      fmt::format("Unable to validate certificate chain. The certificate chain must start with the immediate "
                  "signing certificate, followed by any intermediaries in order. The index within the chain "
                  "of the invalid certificate is: {}",
                  index));
}

aws::Outcome<std::vector<x509::Certificate>> read_chain(const x509::Certificate& certificate,
                                                        std::string_view pem) {
  auto chain = x509::Certificate::parse_all(pem);
  if (!chain) return ValidationException("The certificate body/chain provided is not in a valid PEM format");
  if (chain->front() == certificate) return broken_chain(0);
  if (!certificate.is_issued_by(chain->front()))
    return ValidationException("Could not validate the certificate with the certificate chain.");
  for (std::size_t i = 1; i < chain->size(); ++i)
    if (!(*chain)[i - 1].is_issued_by((*chain)[i])) return broken_chain(i);
  return *std::move(chain);
}

bool names_host(const x509::Facts& facts) {
  using Kind = x509::AlternativeName::Kind;
  return std::ranges::any_of(facts.alternative_names, [](const x509::AlternativeName& name) {
    return name.kind == Kind::Dns || name.kind == Kind::Address;
  });
}

aws::Outcome<Imported> read_all(const api::ImportCertificateRequest& input, SystemTime now) {
  auto certificate = TRY(read_body(input.Certificate));
  auto key = TRY(read_key(input.PrivateKey));
  if (!key.belongs_to(certificate))
    return ValidationException("The certificate and the private key do not match.");
  std::vector<x509::Certificate> chain;
  if (input.CertificateChain) chain = TRY(read_chain(certificate, *input.CertificateChain));
  x509::Facts facts = certificate.facts();
  if (!certificate.is_version_3())
    return ValidationException("The certificate is not valid: it is not an X.509 version 3 certificate.");
  if (facts.common_name.empty() && !names_host(facts))
    return ValidationException("The certificate is not valid: it names no domain and no address.");
  if (now < facts.not_before) return ValidationException("The certificate is not valid yet.");
  if (now >= facts.not_after) return ValidationException("The certificate has expired.");
  return Imported{std::move(certificate), std::move(key), std::move(chain), std::move(facts)};
}

// The first is the certificate's name, as ACM shows it: the common name, or else the first alternative one.
std::vector<std::string> domains_of(const x509::Facts& facts) {
  std::vector<std::string> domains = facts.dns_names;
  if (facts.common_name.empty()) return domains;
  std::erase(domains, facts.common_name);
  domains.insert(domains.begin(), facts.common_name);
  return domains;
}

void keep(const Imported& imported, SystemTime now, CertificateResource& into) {
  into.domains = domains_of(imported.facts);
  into.key_algorithm = imported.facts.key_algorithm;
  into.changed_at = now;
  into.certificate_pem = imported.certificate.pem();
  into.chain_pem.clear();
  for (const x509::Certificate& each : imported.chain) into.chain_pem += each.pem();
  into.not_before = imported.facts.not_before;
  into.not_after = imported.facts.not_after;
}

// What a certificate that is in use may lose by the one that replaces it: nothing that its users rely on.
aws::Outcome<void> check_replacement(const CertificateResource& old, const Imported& imported) {
  if (old.type != CertificateType::Imported)
    return ValidationException(fmt::format("The certificate {} was not imported and cannot be re-imported.",
                                           certificate_arn(old.place, old.id)));
  if (old.key_algorithm != imported.facts.key_algorithm)
    return ValidationException("The key type and size of a certificate cannot be changed by a re-import.");
  const x509::Facts before = facts_of(old);
  const auto keeps = [](const auto& now, const auto& all) {
    return std::ranges::all_of(all,
                               [&](const auto& each) { return std::ranges::find(now, each) != now.end(); });
  };
  if (!keeps(imported.facts.key_usages, before.key_usages) ||
      !keeps(imported.facts.extended_key_usages, before.extended_key_usages))
    return ValidationException(
        "The key usages and extended key usages of a certificate cannot be removed by a re-import.");
  return {};
}

}  // namespace

aws::Outcome<api::ImportCertificateResponse> Acm::ImportCertificate(
    aws::Call& call, const api::ImportCertificateRequest& input) {
  if (input.CertificateArn && input.Tags)
    return ValidationException("Tagging is not permitted on re-import.");
  const Imported imported = TRY(read_all(input, call.time));
  CertificateResource made;
  made.place = place_of(call);
  made.id = make_uuid(random_);
  made.created_at = call.time;
  if (input.Tags) made.tags = TRY(with_tags({}, *input.Tags));
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        if (input.CertificateArn) {
          StoredCertificate found = TRY(certificate(call, *input.CertificateArn));
          TRY(check_replacement(found.value, imported));
          made = std::move(found.value);
          keep(imported, call.time, made);
          const std::string key = certificate_key(made.place, made.id);
          transaction.preconditions = {{key, found.modified}};
          transaction.puts = {{key, encode(made)}};
        } else {
          keep(imported, call.time, made);
          transaction = TRY(make_certificate(made));
        }
        const std::string key = private_key_key(made.place, made.id);
        transaction.puts.push_back({key, secrets_.seal(key, imported.key.pem())});
        return transaction;
      },
      overtaken()));
  return api::ImportCertificateResponse{.CertificateArn = certificate_arn(made.place, made.id)};
}

}  // namespace meridian::services::acm
