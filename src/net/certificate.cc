// Certificates over OpenSSL 3: making, signing and reading them.
// Rule: what a request says about its subject is never copied into a certificate.
#include "net/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "net/address.h"
#include "net/openssl_handles.h"

namespace meridian::net {
namespace {

constexpr Duration kSelfSignedLifetime = std::chrono::years(10);
constexpr Duration kClockSkew = std::chrono::hours(1);  // valid this long before `now`, for peers behind us
constexpr std::size_t kCommonNameBytesMax = 64;         // ub-common-name, RFC 5280 appendix A
constexpr int kKeyStrengthBitsMin = 112;                // RSA of 2048 bits, P-224

Error openssl_error(std::string what) {
  ERR_clear_error();
  return Error{ErrorCode::Internal, std::move(what), ErrorSource::Self, false};
}

OpensslHandle<BIO> reader(std::string_view text) {
  return OpensslHandle<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key must not make OpenSSL ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

template <typename Write>
Result<std::string> to_pem(Write write) {
  OpensslHandle<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return std::unexpected(openssl_error("cannot write PEM"));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> to_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

Result<std::string> to_pem(EVP_PKEY* key) {
  return to_pem(
      [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::time_t to_time_t(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// Certificates may end in 9999, SystemTime in 2262.
SystemTime to_system_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::seconds since(timegm(&parts));
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(SystemTime::max().time_since_epoch());
  constexpr auto kFirst = std::chrono::ceil<std::chrono::seconds>(SystemTime::min().time_since_epoch());
  return SystemTime(std::clamp(since, kFirst, kLast));
}

Result<void> check_common_name(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (name.empty() || name.size() > kCommonNameBytesMax || !plain)
    return invalid("a certificate's common name has 1 to 64 printable ASCII characters");
  return {};
}

Result<void> check_names(std::span<const std::string> names) {
  for (const std::string& name : names)
    if (name.empty() || name.find_first_of(",;\n\r") != std::string::npos)
      return invalid("not a certificate name: " + name);
  return {};
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

bool set_serial(X509* certificate) {
  std::uint8_t bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  std::uint64_t serial = 0;
  for (std::uint8_t byte : bytes) serial = serial << 8 | byte;
  // Positive and never zero (RFC 5280 §4.1.2.2).
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (serial >> 1) | 1) == 1;
}

struct Extension {
  int nid;
  std::string value;
};

// What every certificate of ours is made of.
struct Draft {
  std::string_view common_name;
  EVP_PKEY* public_key;
  SystemTime begin, end;
  std::vector<Extension> extensions;
};

bool add_extension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  OpensslHandle<X509_EXTENSION> made(
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool fill(X509* certificate, const Draft& draft, X509* issuer) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* name = reinterpret_cast<const unsigned char*>(draft.common_name.data());
  const int name_size = static_cast<int>(draft.common_name.size());
  if (X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate) ||
      ASN1_TIME_set(X509_getm_notBefore(certificate), to_time_t(draft.begin)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), to_time_t(draft.end)) == nullptr ||
      X509_set_pubkey(certificate, draft.public_key) != 1 ||
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, name_size, -1, 0) != 1 ||
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1)
    return false;
  return std::ranges::all_of(draft.extensions,
                             [&](const Extension& each) { return add_extension(certificate, issuer, each); });
}

// `issuer` is nullptr when the certificate signs itself.
Result<OpensslHandle<X509>> sign(const Draft& draft, X509* issuer, EVP_PKEY* issuer_key) {
  OpensslHandle<X509> certificate(X509_new());
  if (!certificate || !fill(certificate.get(), draft, issuer != nullptr ? issuer : certificate.get()) ||
      X509_sign(certificate.get(), issuer_key, EVP_sha256()) <= 0)
    return std::unexpected(openssl_error("cannot make a certificate"));
  return certificate;
}

Result<CertificateAndKey> sign_itself(Draft draft) {
  OpensslHandle<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return std::unexpected(openssl_error("cannot make a key"));
  draft.public_key = key.get();
  const auto certificate = TRY(sign(draft, nullptr, key.get()));
  CertificateAndKey made;
  made.certificate_pem = TRY(to_pem(certificate.get()));
  made.key_pem = TRY(to_pem(key.get()));
  return made;
}

bool add_names(X509_REQ* request, std::span<const std::string> names) {
  if (names.empty()) return true;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, nullptr, request, nullptr, 0);
  OpensslHandle<STACK_OF(X509_EXTENSION)> all(sk_X509_EXTENSION_new_null());
  OpensslHandle<X509_EXTENSION> made(
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, alternative_names(names).c_str()));
  return made && sk_X509_EXTENSION_push(all.get(), made.get()) > 0 &&
         X509_REQ_add_extensions(request, all.get()) == 1;
}

Result<std::string> request_for(EVP_PKEY* key, std::span<const std::string> names = {}) {
  OpensslHandle<X509_REQ> request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key) != 1 || !add_names(request.get(), names) ||
      X509_REQ_sign(request.get(), key, EVP_sha256()) <= 0)
    return std::unexpected(openssl_error("cannot make a certificate request"));
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request.get()); });
}

// The public key of a request whose sender has shown to hold the private one.
Result<OpensslHandle<EVP_PKEY>> requested_key(std::string_view request_pem) {
  if (request_pem.size() > kCertificateTextBytesMax) return invalid("certificate request: too long");
  const auto bio = reader(request_pem);
  OpensslHandle<X509_REQ> request(PEM_read_bio_X509_REQ(bio.get(), nullptr, no_passphrase, nullptr));
  OpensslHandle<EVP_PKEY> key(request ? X509_REQ_get_pubkey(request.get()) : nullptr);
  ERR_clear_error();
  if (!key) return invalid("not a certificate request");
  if (EVP_PKEY_get_security_bits(key.get()) < kKeyStrengthBitsMin)
    return invalid("certificate request: the key is too weak");
  const bool proven = X509_REQ_verify(request.get(), key.get()) == 1;
  ERR_clear_error();
  if (!proven) return invalid("certificate request: its signature is wrong");
  return key;
}

}  // namespace

std::string sha256_of(const X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(&certificate, EVP_sha256(), digest, &size);
  std::string text;
  for (const unsigned char byte : std::span(digest, size)) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

CertificateSummary summarize(const X509& certificate) {
  CertificateSummary summary;
  summary.for_server = (X509_get_extended_key_usage(const_cast<X509*>(&certificate)) & XKU_SSL_SERVER) != 0;
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  unsigned char* name = nullptr;
  if (at >= 0) {
    const int size = ASN1_STRING_to_UTF8(&name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size > 0) summary.common_name.assign(reinterpret_cast<char*>(name), static_cast<std::size_t>(size));
    OPENSSL_free(name);
  }
  summary.sha256 = sha256_of(certificate);
  summary.expires = to_system_time(X509_get0_notAfter(&certificate));
  ERR_clear_error();
  return summary;
}

Result<std::vector<OpensslHandle<X509>>> parse_certificates(std::string_view pem, CertificateLimits limits) {
  if (pem.size() > limits.bytes) return invalid("certificates: the text is too long");
  const auto bio = reader(pem);
  std::vector<OpensslHandle<X509>> chain;
  while (OpensslHandle<X509> next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    if (chain.size() == limits.count) return invalid("certificates: too many in one text");
    chain.push_back(std::move(next));
  }
  // The end of the text is an error there too; anything else is something unreadable in it.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (chain.empty() || !at_end) return invalid("not a certificate in PEM form");
  return chain;
}

Result<OpensslHandle<EVP_PKEY>> parse_key(std::string_view pem) {
  if (pem.size() > kCertificateTextBytesMax) return invalid("private key: the text is too long");
  const auto bio = reader(pem);
  OpensslHandle<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!key) return invalid("not a private key in PEM form, or one with a passphrase");
  return key;
}

Result<CertificateAndKey> make_self_signed_certificate(std::span<const std::string> names, SystemTime now) {
  if (names.empty()) return invalid("a certificate needs at least one name");
  TRY(check_names(names));
  return sign_itself({"Meridian",
                      nullptr,
                      now - kClockSkew,
                      now - kClockSkew + kSelfSignedLifetime,
                      {{NID_subject_alt_name, alternative_names(names)},
                       {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                       {NID_key_usage, "critical,digitalSignature,keyCertSign"},
                       {NID_ext_key_usage, "serverAuth"}}});
}

Result<CertificateAndKey> make_certificate_authority(std::string_view common_name, SystemTime now,
                                                     Duration lifetime) {
  TRY(check_common_name(common_name));
  return sign_itself({common_name,
                      nullptr,
                      now - kClockSkew,
                      now + lifetime,
                      {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                       {NID_key_usage, "critical,keyCertSign,cRLSign"},
                       {NID_subject_key_identifier, "hash"}}});
}

Result<KeyAndRequest> make_certificate_request() {
  OpensslHandle<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return std::unexpected(openssl_error("cannot make a key"));
  KeyAndRequest made;
  made.key_pem = TRY(to_pem(key.get()));
  made.request_pem = TRY(request_for(key.get()));
  return made;
}

Result<std::string> make_certificate_request(std::string_view key_pem, std::span<const std::string> names) {
  TRY(check_names(names));
  const auto key = TRY(parse_key(key_pem));
  return request_for(key.get(), names);
}

Result<std::string> sign_certificate_request(std::string_view request_pem, const CertificateAndKey& authority,
                                             const CertificateTerms& terms) {
  TRY(check_common_name(terms.common_name));
  TRY(check_names(terms.names));
  if (!terms.for_server && !terms.for_client) return invalid("a certificate needs a use");
  const auto key = TRY(requested_key(request_pem));
  const auto issuer = TRY(parse_certificates(authority.certificate_pem));
  const auto issuer_key = TRY(parse_key(authority.key_pem));
  if (X509_check_private_key(issuer.front().get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return invalid("the authority's key is not that of its certificate");
  }
  const SystemTime last = to_system_time(X509_get0_notAfter(issuer.front().get()));
  Draft draft{
      terms.common_name,
      key.get(),
      terms.now - kClockSkew,
      std::min(terms.now + terms.lifetime, last),
      {{NID_basic_constraints, "critical,CA:FALSE"},
       // TLS 1.2 without forward secrecy encrypts to RSA keys (RFC 5246 §7.4.2); EC keys only sign.
       {NID_key_usage, EVP_PKEY_is_a(key.get(), "RSA") == 1 ? "critical,digitalSignature,keyEncipherment"
                                                            : "critical,digitalSignature"},
       {NID_subject_key_identifier, "hash"},
       {NID_authority_key_identifier, "keyid"}}};
  if (!terms.names.empty())
    draft.extensions.push_back({NID_subject_alt_name, alternative_names(terms.names)});
  std::string use = terms.for_server ? "serverAuth" : "clientAuth";
  if (terms.for_server && terms.for_client) use += ",clientAuth";
  draft.extensions.push_back({NID_ext_key_usage, use});
  const auto certificate = TRY(sign(draft, issuer.front().get(), issuer_key.get()));
  return to_pem(certificate.get());
}

Result<CertificateSummary> read_certificate(std::string_view certificate_pem) {
  const auto chain = TRY(parse_certificates(certificate_pem));
  return summarize(*chain.front());
}

}  // namespace meridian::net
