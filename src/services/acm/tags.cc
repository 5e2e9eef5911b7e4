// Tags of certificates.
#include <fmt/format.h>

#include "services/acm/service.h"

namespace meridian::services::acm {

aws::Outcome<std::map<std::string, std::string>> with_tags(std::map<std::string, std::string> tags,
                                                           const std::vector<api::Tag>& added) {
  std::map<std::string, std::string> once;
  for (const api::Tag& tag : added) {
    if (tag.Key.starts_with("aws:"))
      return api::errors::InvalidTagException(
          "aws: prefixed tag key names are not allowed for external use.");
    if (!once.emplace(tag.Key, tag.Value.value_or("")).second)
      return api::errors::InvalidParameterException(fmt::format("The tag key {} is given twice.", tag.Key));
  }
  for (auto& [key, value] : once) tags.insert_or_assign(key, std::move(value));
  if (tags.size() > kTagsMax)
    return api::errors::TooManyTagsException(
        fmt::format("The certificate would have {} tags, more than {}.", tags.size(), kTagsMax));
  return tags;
}

aws::Outcome<api::AddTagsToCertificateResponse> Acm::AddTagsToCertificate(
    aws::Call& call, const api::AddTagsToCertificateRequest& input) {
  TRY(change_certificate(call, input.CertificateArn,
                         [&](CertificateResource& certificate) -> aws::Outcome<void> {
                           certificate.tags = TRY(with_tags(std::move(certificate.tags), input.Tags));
                           return {};
                         }));
  return api::AddTagsToCertificateResponse();
}

aws::Outcome<api::RemoveTagsFromCertificateResponse> Acm::RemoveTagsFromCertificate(
    aws::Call& call, const api::RemoveTagsFromCertificateRequest& input) {
  TRY(change_certificate(
      call, input.CertificateArn, [&](CertificateResource& certificate) -> aws::Outcome<void> {
        // A tag that is named with a value goes only when it has that value.
        for (const api::Tag& tag : input.Tags) {
          const auto found = certificate.tags.find(tag.Key);
          if (found != certificate.tags.end() && found->second == tag.Value.value_or(found->second))
            certificate.tags.erase(found);
        }
        return {};
      }));
  return api::RemoveTagsFromCertificateResponse();
}

aws::Outcome<api::ListTagsForCertificateResponse> Acm::ListTagsForCertificate(
    aws::Call& call, const api::ListTagsForCertificateRequest& input) {
  const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
  api::ListTagsForCertificateResponse out;
  auto& tags = out.Tags.emplace();
  for (const auto& [key, value] : found.value.tags) tags.push_back({.Key = key, .Value = value});
  return out;
}

}  // namespace meridian::services::acm
