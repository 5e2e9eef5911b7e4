#include "services/s3/website_configuration.h"

#include <fmt/format.h>

#include <charconv>

#include "base/percent.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kRoutingRulesMax = 50;

// A code of three digits, or 0.
int status_of(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  return error == std::errc() && end == text.data() + text.size() && text.size() == 3 ? status : 0;
}

aws::Outcome<void> check_protocol(const std::optional<std::string>& protocol) {
  if (!protocol || *protocol == "http" || *protocol == "https") return {};
  return errors::invalid_request(
      "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
      "automatically.");
}

aws::Outcome<void> check_condition(const gen::s3::Condition& condition) {
  if (!condition.HttpErrorCodeReturnedEquals && !condition.KeyPrefixEquals)
    return errors::invalid_request(
        "Condition cannot be empty. To redirect all requests without a condition, the condition element "
        "shouldn't be present.");
  if (!condition.HttpErrorCodeReturnedEquals) return {};
  const int status = status_of(*condition.HttpErrorCodeReturnedEquals);
  if (status >= 400 && status < 600) return {};
  return errors::invalid_request(
      fmt::format("The provided HTTP error code ({}) is not valid. Valid codes are 4XX or 5XX.",
                  *condition.HttpErrorCodeReturnedEquals));
}

aws::Outcome<void> check_redirect(const gen::s3::Redirect& redirect) {
  if (!redirect.HostName && !redirect.HttpRedirectCode && !redirect.Protocol &&
      !redirect.ReplaceKeyPrefixWith && !redirect.ReplaceKeyWith)
    return errors::malformed_xml();
  if (redirect.ReplaceKeyPrefixWith && redirect.ReplaceKeyWith)
    return errors::invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  TRY(check_protocol(redirect.Protocol));
  if (!redirect.HttpRedirectCode) return {};
  const int status = status_of(*redirect.HttpRedirectCode);
  if (status > 300 && status < 400) return {};
  return errors::invalid_request(
      fmt::format("The provided HTTP redirect code ({}) is not valid. Valid codes are 3XX except 300.",
                  *redirect.HttpRedirectCode));
}

// Of a path or what stands in one: what a URL may hold stays, so that "#!/" may be a replacement.
std::string url_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool stays = static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F;
    out += stays ? std::string(1, c) : percent_encode(std::string_view(&c, 1));
  }
  return out;
}

std::string url(const std::optional<std::string>& protocol, const std::optional<std::string>& host,
                const WebsiteUrl& asked, std::string_view path) {
  std::string out =
      fmt::format("{}://{}/{}", protocol.value_or(asked.scheme), url_text(host.value_or(asked.host)), path);
  if (!asked.query.empty()) out.append("?").append(asked.query);
  return out;
}

}  // namespace

aws::Outcome<void> check_website(const gen::s3::WebsiteConfiguration& website) {
  if (website.RedirectAllRequestsTo) {
    if (website.IndexDocument || website.ErrorDocument || website.RoutingRules)
      return errors::invalid_argument(
          "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
          "RedirectAllRequestsTo", "not null");
    if (website.RedirectAllRequestsTo->HostName.empty()) return errors::malformed_xml();
    return check_protocol(website.RedirectAllRequestsTo->Protocol);
  }
  if (!website.IndexDocument)
    return errors::invalid_argument(
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
        "IndexDocument", "null");
  const std::string& suffix = website.IndexDocument->Suffix;
  if (suffix.empty() || suffix.find('/') != std::string::npos)
    return errors::invalid_argument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);
  TRY(check_key(suffix));
  if (website.ErrorDocument) {
    if (website.ErrorDocument->Key.empty()) return errors::malformed_xml();
    TRY(check_key(website.ErrorDocument->Key));
  }
  if (!website.RoutingRules) return {};
  const auto& rules = *website.RoutingRules;
  if (rules.empty()) return errors::malformed_xml();
  if (rules.size() > kRoutingRulesMax)
    return errors::invalid_request(fmt::format(
        "{} routing rules provided, the number of routing rules in a website configuration is limited to {}.",
        rules.size(), kRoutingRulesMax));
  for (const gen::s3::RoutingRule& rule : rules) {
    if (rule.Condition) TRY(check_condition(*rule.Condition));
    TRY(check_redirect(rule.Redirect));
  }
  return {};
}

const gen::s3::RoutingRule* find_routing_rule(const gen::s3::GetBucketWebsiteOutput& website,
                                              std::string_view key, int status) {
  if (!website.RoutingRules) return nullptr;
  for (const gen::s3::RoutingRule& rule : *website.RoutingRules) {
    int wanted = 0;
    std::string_view prefix;
    if (rule.Condition) {
      wanted = status_of(rule.Condition->HttpErrorCodeReturnedEquals.value_or(""));
      if (rule.Condition->KeyPrefixEquals) prefix = *rule.Condition->KeyPrefixEquals;
    }
    if (wanted == status && key.starts_with(prefix)) return &rule;
  }
  return nullptr;
}

std::string redirected_url(const gen::s3::RoutingRule& rule, const WebsiteUrl& asked) {
  const gen::s3::Redirect& redirect = rule.Redirect;
  std::string path = percent_encode(asked.key, true);
  if (redirect.ReplaceKeyWith) {
    path = url_text(*redirect.ReplaceKeyWith);
  } else if (redirect.ReplaceKeyPrefixWith) {
    const std::string prefix = rule.Condition ? rule.Condition->KeyPrefixEquals.value_or("") : "";
    path = url_text(*redirect.ReplaceKeyPrefixWith) +
           percent_encode(std::string_view(asked.key).substr(prefix.size()), true);
  }
  return url(redirect.Protocol, redirect.HostName, asked, path);
}

std::string redirected_url(const gen::s3::RedirectAllRequestsTo& redirect, const WebsiteUrl& asked) {
  return url(redirect.Protocol, redirect.HostName, asked, percent_encode(asked.key, true));
}

int redirect_status(const gen::s3::RoutingRule& rule) {
  const int chosen = status_of(rule.Redirect.HttpRedirectCode.value_or(""));
  return chosen == 0 ? 301 : chosen;
}

aws::Outcome<api::PutBucketWebsiteResponse> S3::PutBucketWebsite(aws::Call& call,
                                                                 const api::PutBucketWebsiteRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_website(input.WebsiteConfiguration));
  api::GetBucketWebsiteOutput kept;
  kept.RedirectAllRequestsTo = input.WebsiteConfiguration.RedirectAllRequestsTo;
  kept.IndexDocument = input.WebsiteConfiguration.IndexDocument;
  kept.ErrorDocument = input.WebsiteConfiguration.ErrorDocument;
  kept.RoutingRules = input.WebsiteConfiguration.RoutingRules;
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kWebsiteSetting, aws::Value::of(kept)));
  return api::PutBucketWebsiteResponse{};
}

aws::Outcome<api::GetBucketWebsiteOutput> S3::GetBucketWebsite(aws::Call& call,
                                                               const api::GetBucketWebsiteRequest& input) {
  return TRY(get_setting(call, input.Bucket, input.ExpectedBucketOwner, kWebsiteSetting))
      .as<api::GetBucketWebsiteOutput>();
}

aws::Outcome<api::DeleteBucketWebsiteResponse> S3::DeleteBucketWebsite(
    aws::Call& call, const api::DeleteBucketWebsiteRequest& input) {
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kWebsiteSetting, std::nullopt));
  return api::DeleteBucketWebsiteResponse{};
}

aws::Outcome<api::GetBucketWebsiteOutput> S3::website_of(std::string_view bucket) {
  if (!is_bucket_name(bucket)) return errors::no_such_bucket(bucket);
  const auto found = TRY(aws::read(store_, bucket_key(bucket), decode_bucket));
  if (!found || found->value.deleting) return errors::no_such_bucket(bucket);
  const auto website = TRY(find_setting(bucket, kWebsiteSetting));
  if (!website) return no_such_setting(kWebsiteSetting, bucket);
  return website->as<api::GetBucketWebsiteOutput>();
}

}  // namespace meridian::services::s3
