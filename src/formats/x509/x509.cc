// X.509 over OpenSSL 3; it stays in this file.
#include "formats/x509/x509.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "base/check.h"

namespace meridian::x509 {
namespace {

struct Free {
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(GENERAL_NAMES* object) const { GENERAL_NAMES_free(object); }
  void operator()(EXTENDED_KEY_USAGE* object) const { EXTENDED_KEY_USAGE_free(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr std::string_view kBegin = "-----BEGIN ", kDashes = "-----";
constexpr std::string_view kWhiteSpace = " \t\r\n";

// The first block of a text and what follows it; nothing when the text is not blocks with white space around.
struct Block {
  std::string_view label, whole, rest;
};
std::optional<Block> first_block(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos || !text.substr(begin).starts_with(kBegin)) return std::nullopt;
  const std::size_t name = begin + kBegin.size(), name_end = text.find(kDashes, name);
  if (name_end == text.npos) return std::nullopt;
  const std::string_view label = text.substr(name, name_end - name);
  const std::string end = "-----END " + std::string(label) + "-----";
  const std::size_t at = text.find(end, name_end);
  if (at == text.npos) return std::nullopt;
  return Block{label, text.substr(begin, at + end.size() - begin), text.substr(at + end.size())};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kWhiteSpace) == text.npos;
}

// OpenSSL must not ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Owned<BIO> reader(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

template <typename Write>
std::string to_pem(Write write) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  CHECK(bio && write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string text_of(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  std::string text;
  if (size > 0) text.assign(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

std::string name_part(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  return at < 0 ? "" : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::vector<NamePart> parts_of(const X509_NAME* name) {
  std::vector<NamePart> out;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    char oid[80];
    const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
    const int nid = OBJ_obj2nid(object);
    OBJ_obj2txt(oid, sizeof oid, object, 1);
    out.push_back({nid != NID_undef ? OBJ_nid2sn(nid) : oid, oid, text_of(X509_NAME_ENTRY_get_data(entry))});
  }
  return out;
}

std::string whole_name(const std::vector<NamePart>& parts) {
  std::string out;
  for (const NamePart& part : parts) {
    if (!out.empty()) out += ", ";
    out.append(part.type).append("=").append(part.value);
  }
  return out;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  std::string out;
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) {
    const unsigned char byte = ASN1_STRING_get0_data(serial)[i];
    if (i > 0) out += ':';
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

// Certificates may end in 9999, SystemTime in 2262.
SystemTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::seconds since(timegm(&parts));
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(SystemTime::max().time_since_epoch());
  constexpr auto kFirst = std::chrono::ceil<std::chrono::seconds>(SystemTime::min().time_since_epoch());
  return SystemTime(std::clamp(since, kFirst, kLast));
}

struct Curve {
  int nid;
  const char* group;  // as OpenSSL calls it
  const char* name;
};
constexpr Curve kCurves[] = {{NID_X9_62_prime256v1, "prime256v1", "EC_prime256v1"},
                             {NID_secp384r1, "secp384r1", "EC_secp384r1"},
                             {NID_secp521r1, "secp521r1", "EC_secp521r1"}};

std::string algorithm_of(EVP_PKEY* key) {
  if (key == nullptr) return "";
  if (EVP_PKEY_is_a(key, "RSA")) return "RSA_" + std::to_string(EVP_PKEY_get_bits(key));
  char group[80];
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1) {
    for (const Curve& curve : kCurves)
      if (std::string_view(group) == curve.group) return curve.name;
    return "EC_" + std::string(group);
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return name != nullptr ? name : "";
}

std::string signature_of(const X509* certificate) {
  int digest = NID_undef, key = NID_undef;
  if (X509_get_signature_info(const_cast<X509*>(certificate), &digest, &key, nullptr, nullptr) != 1)
    return OBJ_nid2sn(X509_get_signature_nid(certificate));
  std::string out = digest == NID_undef ? "" : OBJ_nid2sn(digest);
  if (key == NID_rsaEncryption || key == NID_rsassaPss) out += "WITHRSA";
  if (key == NID_X9_62_id_ecPublicKey) out += "WITHECDSA";
  return out.empty() ? OBJ_nid2sn(X509_get_signature_nid(certificate)) : out;
}

std::vector<std::string> key_usages_of(X509* certificate) {
  static constexpr std::pair<std::uint32_t, const char*> kNames[] = {
      {KU_DIGITAL_SIGNATURE, "DIGITAL_SIGNATURE"},
      {KU_NON_REPUDIATION, "NON_REPUDIATION"},
      {KU_KEY_ENCIPHERMENT, "KEY_ENCIPHERMENT"},
      {KU_DATA_ENCIPHERMENT, "DATA_ENCIPHERMENT"},
      {KU_KEY_AGREEMENT, "KEY_AGREEMENT"},
      {KU_KEY_CERT_SIGN, "CERTIFICATE_SIGNING"},
      {KU_CRL_SIGN, "CRL_SIGNING"},
      {KU_ENCIPHER_ONLY, "ENCIPHER_ONLY"},
      {KU_DECIPHER_ONLY, "DECIPHER_ONLY"}};
  std::vector<std::string> out;
  const std::uint32_t bits = X509_get_key_usage(certificate);
  if (bits == UINT32_MAX) return out;  // the extension is absent
  for (const auto& [bit, name] : kNames)
    if (bits & bit) out.emplace_back(name);
  return out;
}

std::vector<ExtendedKeyUsage> extended_usages_of(const X509* certificate) {
  static constexpr std::pair<int, const char*> kNames[] = {{NID_server_auth, "TLS_WEB_SERVER_AUTHENTICATION"},
                                                           {NID_client_auth, "TLS_WEB_CLIENT_AUTHENTICATION"},
                                                           {NID_code_sign, "CODE_SIGNING"},
                                                           {NID_email_protect, "EMAIL_PROTECTION"},
                                                           {NID_time_stamp, "TIME_STAMPING"},
                                                           {NID_OCSP_sign, "OCSP_SIGNING"},
                                                           {NID_ipsecEndSystem, "IPSEC_END_SYSTEM"},
                                                           {NID_ipsecTunnel, "IPSEC_TUNNEL"},
                                                           {NID_ipsecUser, "IPSEC_USER"},
                                                           {NID_anyExtendedKeyUsage, "ANY"}};
  std::vector<ExtendedKeyUsage> out;
  const Owned<EXTENDED_KEY_USAGE> usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const ASN1_OBJECT* object = sk_ASN1_OBJECT_value(usages.get(), i);
    char oid[80];
    OBJ_obj2txt(oid, sizeof oid, object, 1);
    const int nid = OBJ_obj2nid(object);
    const auto* known = std::ranges::find(kNames, nid, &std::pair<int, const char*>::first);
    out.push_back({known != std::end(kNames) ? known->second : "CUSTOM", oid});
  }
  return out;
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET || ASN1_STRING_length(bytes) == 16)
    inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::optional<AlternativeName> alternative_name_of(const GENERAL_NAME& name) {
  using Kind = AlternativeName::Kind;
  switch (name.type) {
    case GEN_DNS:
      return AlternativeName{Kind::Dns, text_of(name.d.dNSName)};
    case GEN_IPADD:
      return AlternativeName{Kind::Address, address_of(name.d.iPAddress)};
    case GEN_EMAIL:
      return AlternativeName{Kind::Email, text_of(name.d.rfc822Name)};
    case GEN_URI:
      return AlternativeName{Kind::Uri, text_of(name.d.uniformResourceIdentifier)};
    case GEN_RID: {
      char oid[80];
      OBJ_obj2txt(oid, sizeof oid, name.d.registeredID, 1);
      return AlternativeName{Kind::RegisteredId, oid};
    }
    default:
      return std::nullopt;
  }
}

void read_alternative_names(const X509* certificate, Facts& facts) {
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto name = alternative_name_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name) continue;
    if (name->kind == AlternativeName::Kind::Dns) facts.dns_names.push_back(name->value);
    facts.alternative_names.push_back(*std::move(name));
  }
}

}  // namespace

struct Certificate::Handle {
  Owned<X509> x509;
};
struct PrivateKey::Handle {
  Owned<EVP_PKEY> key;
};

Result<std::vector<Certificate>> Certificate::parse_all(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return invalid("certificates: the text is too long");
  std::vector<Certificate> out;
  while (!is_blank(pem)) {
    const auto block = first_block(pem);
    if (!block || block->label != "CERTIFICATE") return invalid("not a certificate in PEM form");
    if (out.size() == kCertificatesMax) return invalid("certificates: too many in one text");
    const auto bio = reader(block->whole);
    Owned<X509> read(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    if (!read) return invalid("not a certificate in PEM form");
    out.push_back(Certificate(std::make_shared<Handle>(Handle{std::move(read)})));
    pem = block->rest;
  }
  if (out.empty()) return invalid("not a certificate in PEM form");
  return out;
}

Result<Certificate> Certificate::parse(std::string_view pem) {
  auto all = TRY(parse_all(pem));
  if (all.size() != 1) return fail(ErrorCode::Limit, "more than one certificate");
  return std::move(all.front());
}

Facts Certificate::facts() const {
  X509* const x509 = handle_->x509.get();
  Facts facts;
  const X509_NAME* subject = X509_get_subject_name(x509);
  const X509_NAME* issuer = X509_get_issuer_name(x509);
  facts.subject_parts = parts_of(subject);
  facts.issuer_parts = parts_of(issuer);
  facts.subject = whole_name(facts.subject_parts);
  facts.common_name = name_part(subject, NID_commonName);
  facts.issuer = name_part(issuer, NID_organizationName);
  if (facts.issuer.empty()) facts.issuer = name_part(issuer, NID_commonName);
  facts.serial = serial_of(x509);
  read_alternative_names(x509, facts);
  facts.not_before = time_of(X509_get0_notBefore(x509));
  facts.not_after = time_of(X509_get0_notAfter(x509));
  facts.key_algorithm = algorithm_of(X509_get0_pubkey(x509));
  facts.signature_algorithm = signature_of(x509);
  facts.key_usages = key_usages_of(x509);
  facts.extended_key_usages = extended_usages_of(x509);
  ERR_clear_error();
  return facts;
}

bool Certificate::is_version_3() const {
  return X509_get_version(handle_->x509.get()) == X509_VERSION_3;
}

bool Certificate::is_issued_by(const Certificate& issuer) const {
  X509* const above = issuer.handle_->x509.get();
  EVP_PKEY* const key = X509_get0_pubkey(above);
  const bool issued = key != nullptr && X509_check_ca(above) != 0 &&
                      X509_check_issued(above, handle_->x509.get()) == X509_V_OK &&
                      X509_verify(handle_->x509.get(), key) == 1;
  ERR_clear_error();
  return issued;
}

bool Certificate::operator==(const Certificate& other) const {
  return X509_cmp(handle_->x509.get(), other.handle_->x509.get()) == 0;
}

std::string Certificate::pem() const {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, handle_->x509.get()); });
}

bool PrivateKey::is_encrypted(std::string_view pem) {
  const auto block = first_block(pem);
  return block && (block->label == "ENCRYPTED PRIVATE KEY" ||
                   block->whole.find("Proc-Type: 4,ENCRYPTED") != block->whole.npos);
}

Result<PrivateKey> PrivateKey::parse(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return invalid("private key: the text is too long");
  // `openssl ecparam -genkey` writes the curve before the key.
  auto block = first_block(pem);
  if (block && block->label == "EC PARAMETERS") block = first_block(block->rest);
  if (!block || !block->label.ends_with("PRIVATE KEY") || !is_blank(block->rest))
    return invalid("not a private key in PEM form");
  const auto bio = reader(block->whole);
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!key) return invalid("not a private key in PEM form, or one with a passphrase");
  return PrivateKey(std::make_shared<Handle>(Handle{std::move(key)}));
}

Result<PrivateKey> PrivateKey::generate(std::string_view algorithm) {
  Owned<EVP_PKEY> key;
  for (const Curve& curve : kCurves)
    if (algorithm == curve.name) key.reset(EVP_EC_gen(curve.group));
  for (const unsigned bits : {1024U, 2048U, 3072U, 4096U})
    if (algorithm == "RSA_" + std::to_string(bits)) key.reset(EVP_RSA_gen(bits));
  ERR_clear_error();
  if (!key) return invalid("no key can be made of the algorithm " + std::string(algorithm));
  return PrivateKey(std::make_shared<Handle>(Handle{std::move(key)}));
}

std::string PrivateKey::algorithm() const {
  return algorithm_of(handle_->key.get());
}
bool PrivateKey::is_rsa() const {
  return EVP_PKEY_is_a(handle_->key.get(), "RSA") == 1;
}
int PrivateKey::bits() const {
  return EVP_PKEY_get_bits(handle_->key.get());
}

bool PrivateKey::belongs_to(const Certificate& certificate) const {
  const bool fits = X509_check_private_key(certificate.handle_->x509.get(), handle_->key.get()) == 1;
  ERR_clear_error();
  return fits;
}

std::string PrivateKey::pem() const {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, handle_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string PrivateKey::encrypted_pem(std::string_view passphrase) const {
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, handle_->key.get(), EVP_aes_256_cbc(), passphrase.data(),
                                         static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

Result<std::string> public_key_algorithm(std::string_view pem) {
  const auto block = pem.size() > kPemBytesMax ? std::nullopt : first_block(pem);
  if (!block || block->label != "PUBLIC KEY" || !is_blank(block->rest))
    return invalid("not a public key in PEM form");
  const auto bio = reader(block->whole);
  const Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!key) return invalid("not a public key in PEM form");
  return algorithm_of(key.get());
}

}  // namespace meridian::x509
