// What ACM stores, for whom others may include this header. Rules: a private key lies beside its certificate,
// sealed, never in it; whoever serves a certificate puts an in_use_key(), and the certificate's row again in
// the same transaction: it is renewed then, and no deletion overlooks it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::acm {

// Whose and where: an ARN names both.
struct Place {
  std::string account;  // 12 digits
  std::string region;

  bool operator==(const Place&) const = default;
};

enum class CertificateType : std::uint8_t { Imported, AmazonIssued };
enum class CertificateStatus : std::uint8_t { PendingValidation, Issued, ValidationTimedOut, Failed };
enum class DomainStatus : std::uint8_t { Pending, Success, Failed };
enum class RenewalStatus : std::uint8_t { None, PendingAutoRenewal, PendingValidation, Success, Failed };

// The CNAME that proves that whoever asks for a certificate holds the domain.
struct DomainValidation {
  std::string domain;
  std::string record_name, record_value;  // absolute, with the last dot
  DomainStatus status = DomainStatus::Pending;
};

struct Renewal {
  RenewalStatus status = RenewalStatus::None;
  std::string failure_reason;
  SystemTime updated_at{};
};

struct CertificateResource {
  Place place;
  std::string id;  // a UUID
  CertificateType type = CertificateType::Imported;
  CertificateStatus status = CertificateStatus::Issued;
  std::string failure_reason;
  std::vector<std::string> domains;  // as requested; the first is the certificate's name
  std::string key_algorithm;         // "RSA_2048"
  SystemTime created_at{};
  SystemTime changed_at{};      // imported, issued or failed last
  std::string certificate_pem;  // empty until it is issued
  std::string chain_pem;        // empty: none
  SystemTime not_before{}, not_after{};
  bool exportable = false, exported = false, transparency_logging = true;
  std::vector<DomainValidation> validations;
  Renewal renewal;
  std::map<std::string, std::string> tags;
};

struct AccountResource {
  std::int32_t days_before_expiry = 45;
  std::string token;  // of the last change, and when it was made
  SystemTime changed_at{};
};

// What a request with an idempotency token has made.
struct RequestResource {
  std::string certificate_id;
  std::string request;  // a digest of all that was asked
  SystemTime made_at{};
};

inline constexpr std::string_view kCertificatesPrefix = "acm/certificates/";
inline constexpr std::string_view kInUsePrefix = "acm/in-use/";
inline constexpr std::string_view kRequestsPrefix = "acm/index/requests/";
std::string certificates_prefix(const Place& place);
std::string certificate_key(const Place& place, std::string_view id);
std::string account_key(const Place& place);
std::string request_key(const Place& place, std::string_view token);
// Of what is sealed for a certificate: the place in the store, and what it is sealed with.
std::string private_key_key(const Place& place, std::string_view id);
// Each key ends with the ARN of a user of the certificate and has no value.
std::string in_use_prefix(const Place& place, std::string_view id);
std::string in_use_key(const Place& place, std::string_view id, std::string_view user_arn);

std::string certificate_arn(const Place& place, std::string_view id);
struct CertificateName {
  Place place;
  std::string id;
};
std::optional<CertificateName> parse_certificate_arn(std::string_view arn);

std::string encode(const CertificateResource& certificate);
std::string encode(const AccountResource& account);
std::string encode(const RequestResource& request);
Result<CertificateResource> decode_certificate(std::string_view bytes);
Result<AccountResource> decode_account(std::string_view bytes);
Result<RequestResource> decode_request(std::string_view bytes);

}  // namespace meridian::services::acm
