#include "services/s3/validate.h"

#include <algorithm>

#include "base/bytes.h"
#include "net/address.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kUserMetadataBytesMax = 2048;
constexpr std::size_t kWebsiteRedirectBytesMax = 2048;

}  // namespace

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!std::ranges::all_of(name, [&](char c) { return is_alphanumeric(c) || c == '.' || c == '-'; }))
    return false;
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  if (name.find("..") != std::string_view::npos) return false;
  for (std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"})
    if (name.starts_with(prefix)) return false;
  for (std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"})
    if (name.ends_with(suffix)) return false;
  // An address begins with a digit.
  return name.front() > '9' || !net::IpAddress::parse(name);
}

aws::Outcome<void> check_key(std::string_view key) {
  if (key.size() > kKeyBytesMax) return errors::key_too_long(key.size());
  // It would end the key inside the store's keys, and no XML could name it.
  if (key.find('\0') != std::string_view::npos)
    return errors::invalid_request("A key may not have a null byte.");
  return {};
}

aws::Outcome<void> check_acl(const std::optional<std::string>& acl) {
  if (!acl || *acl == "private" || *acl == "bucket-owner-full-control") return {};
  return aws::refuse("AccessControlListNotSupported", "The bucket does not allow ACLs");
}

aws::Outcome<void> check_encryption(const std::optional<std::string>& encryption) {
  if (!encryption || *encryption == "AES256") return {};
  return errors::not_implemented("x-amz-server-side-encryption: " + *encryption);
}

aws::Outcome<std::string> storage_class_of(const std::optional<std::string>& asked) {
  if (!asked) return "STANDARD";
  for (const char* name :
       {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"})
    if (*asked == name) return *asked;
  if (*asked == "GLACIER" || *asked == "DEEP_ARCHIVE")
    return errors::not_implemented("x-amz-storage-class: " + *asked);
  return aws::refuse("InvalidStorageClass", "The storage class you specified is not valid");
}

std::optional<std::string> content_encoding_of(const std::optional<std::string>& sent) {
  if (!sent) return std::nullopt;
  std::string kept;
  for (std::string_view rest = *sent; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    std::string_view coding = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    while (coding.starts_with(' ')) coding.remove_prefix(1);
    while (coding.ends_with(' ')) coding.remove_suffix(1);
    if (coding.empty() || to_lower(coding) == "aws-chunked") continue;
    if (!kept.empty()) kept += ",";
    kept += coding;
  }
  return kept.empty() ? std::nullopt : std::optional(kept);
}

aws::Outcome<void> check_website_redirect(const std::optional<std::string>& location) {
  if (!location) return {};
  if (!location->starts_with('/') && !location->starts_with("http://") && !location->starts_with("https://"))
    return aws::refuse("InvalidRedirectLocation",
                       "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.");
  if (location->size() > kWebsiteRedirectBytesMax)
    return aws::refuse("InvalidRedirectLocation",
                       "The length of website redirect location cannot exceed 2,048 characters.");
  return {};
}

aws::Outcome<TextPairs> user_metadata_of(const std::map<std::string, std::string>& sent) {
  TextPairs pairs;
  std::size_t bytes = 0;
  for (const auto& [name, value] : sent) {
    bytes += name.size() + value.size();
    pairs.emplace_back(to_lower(name), value);
  }
  if (bytes > kUserMetadataBytesMax) return errors::metadata_too_large();
  return pairs;
}

aws::Outcome<ChecksumAlgorithm> algorithm_named(const std::optional<std::string>& name) {
  if (!name || name->empty()) return ChecksumAlgorithm::None;
  if (const auto algorithm = algorithm_of(*name)) return *algorithm;
  return errors::not_implemented("x-amz-checksum-algorithm: " + *name);
}

}  // namespace meridian::services::s3
