// Self-signed certificates: what the API endpoint starts with when the operator brings none.
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "net/openssl_handles.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

constexpr auto kLifetime = std::chrono::years(10);

std::string take_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string alternative_names(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += IpAddress::parse(name) ? "IP:" : "DNS:";
    text += name;
  }
  return text;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  OpensslHandle<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::uint8_t bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  std::uint64_t serial = 0;
  for (std::uint8_t byte : bytes) serial = serial << 8 | byte;
  // Positive and never zero (RFC 5280 §4.1.2.2).
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (serial >> 1) | 1) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, std::span<const std::string> names, SystemTime now) {
  const auto begin = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now - std::chrono::hours(1)));
  const auto end = begin + std::chrono::duration_cast<std::chrono::seconds>(kLifetime).count();
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("Meridian");
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), begin) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), end) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(names)) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<CertificateAndKey> make_self_signed_certificate(std::span<const std::string> names, SystemTime now) {
  if (names.empty()) return invalid("a certificate needs at least one name");
  for (const std::string& name : names)
    if (name.empty() || name.find_first_of(",;\n\r") != std::string::npos)
      return invalid("not a certificate name: " + name);
  OpensslHandle<EVP_PKEY> key(EVP_EC_gen("P-256"));
  OpensslHandle<X509> certificate(X509_new());
  OpensslHandle<BIO> certificate_pem(BIO_new(BIO_s_mem())), key_pem(BIO_new(BIO_s_mem()));
  if (!key || !certificate || !certificate_pem || !key_pem ||
      !fill(certificate.get(), key.get(), names, now) ||
      PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(ErrorCode::Internal, "cannot make a certificate");
  return CertificateAndKey{take_text(certificate_pem.get()), take_text(key_pem.get())};
}

}  // namespace meridian::net
