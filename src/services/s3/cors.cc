#include "services/s3/cors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kRulesMax = 100;
constexpr std::size_t kIdBytesMax = 255;
constexpr std::size_t kConfigurationBytesMax = 64 * 1024;
constexpr std::string_view kMethods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};

bool is_method(std::string_view name) {
  return std::ranges::find(kMethods, name) != std::end(kMethods);
}

// At most one "*" stands for anything, also nothing.
bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return text.size() >= head.size() + tail.size() && text.starts_with(head) && text.ends_with(tail);
}

aws::Outcome<void> check_wildcards(const char* element, const std::vector<std::string>& values) {
  for (const std::string& value : values)
    if (std::ranges::count(value, '*') > 1)
      return errors::invalid_request(
          fmt::format("{} \"{}\" can not have more than one wildcard.", element, value));
  return {};
}

// The field names of a list, lower case.
std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.push_back(to_lower(name));
  }
  return names;
}

bool allows(const gen::s3::CORSRule& rule, const CrossOriginRequest& request) {
  const auto is_origin = [&](const std::string& pattern) { return matches(pattern, request.origin); };
  if (std::ranges::find(rule.AllowedMethods, request.method) == rule.AllowedMethods.end()) return false;
  if (std::ranges::none_of(rule.AllowedOrigins, is_origin)) return false;
  return std::ranges::all_of(names_in(request.headers), [&](const std::string& name) {
    return rule.AllowedHeaders && std::ranges::any_of(*rule.AllowedHeaders, [&](const std::string& pattern) {
             return matches(to_lower(pattern), name);
           });
  });
}

}  // namespace

aws::Outcome<void> check_cors(const gen::s3::CORSConfiguration& configuration) {
  if (configuration.CORSRules.empty() || configuration.CORSRules.size() > kRulesMax)
    return errors::malformed_xml();
  for (const gen::s3::CORSRule& rule : configuration.CORSRules) {
    if (rule.AllowedMethods.empty() || rule.AllowedOrigins.empty()) return errors::malformed_xml();
    for (const std::string& method : rule.AllowedMethods)
      if (!is_method(method))
        return errors::invalid_request(
            "Found unsupported HTTP method in CORS config. Unsupported method is " + method);
    TRY(check_wildcards("AllowedOrigin", rule.AllowedOrigins));
    if (rule.AllowedHeaders) TRY(check_wildcards("AllowedHeader", *rule.AllowedHeaders));
    for (const std::string& name : rule.ExposeHeaders.value_or(std::vector<std::string>()))
      if (name.find('*') != std::string::npos)
        return errors::invalid_request(fmt::format(
            "ExposeHeader \"{}\" contains wildcard. We currently do not support wildcard for ExposeHeader.",
            name));
    if (rule.ID && rule.ID->size() > kIdBytesMax)
      return errors::invalid_request("The ID of a CORS rule can not be longer than 255 characters.");
    if (rule.MaxAgeSeconds && *rule.MaxAgeSeconds < 0) return errors::malformed_xml();
  }
  return {};
}

const gen::s3::CORSRule* find_cors_rule(const gen::s3::GetBucketCorsOutput& configuration,
                                        const CrossOriginRequest& request) {
  if (!configuration.CORSRules) return nullptr;
  for (const gen::s3::CORSRule& rule : *configuration.CORSRules)
    if (allows(rule, request)) return &rule;
  return nullptr;
}

void add_cors_headers(aws::Headers& headers, const gen::s3::CORSRule* rule,
                      const CrossOriginRequest& request) {
  if (rule != nullptr) {
    const bool anybody = std::ranges::find(rule->AllowedOrigins, "*") != rule->AllowedOrigins.end();
    headers.add("Access-Control-Allow-Origin", anybody ? "*" : std::string(request.origin));
    headers.add("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(rule->AllowedMethods, ", ")));
    if (const auto names = names_in(request.headers); !names.empty())
      headers.add("Access-Control-Allow-Headers", fmt::format("{}", fmt::join(names, ", ")));
    if (rule->ExposeHeaders && !rule->ExposeHeaders->empty())
      headers.add("Access-Control-Expose-Headers", fmt::format("{}", fmt::join(*rule->ExposeHeaders, ", ")));
    if (rule->MaxAgeSeconds) headers.add("Access-Control-Max-Age", std::to_string(*rule->MaxAgeSeconds));
    if (!anybody) headers.add("Access-Control-Allow-Credentials", "true");
  }
  headers.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

aws::Outcome<api::PutBucketCorsResponse> S3::PutBucketCors(aws::Call& call,
                                                           const api::PutBucketCorsRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_cors(input.CORSConfiguration));
  api::GetBucketCorsOutput kept;
  kept.CORSRules = input.CORSConfiguration.CORSRules;
  const aws::Value value = aws::Value::of(kept);
  if (encode_setting(*codec_, kCorsSetting, value).size() > kConfigurationBytesMax)
    return errors::malformed_xml();
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kCorsSetting, value));
  return api::PutBucketCorsResponse{};
}

aws::Outcome<api::GetBucketCorsOutput> S3::GetBucketCors(aws::Call& call,
                                                         const api::GetBucketCorsRequest& input) {
  return TRY(get_setting(call, input.Bucket, input.ExpectedBucketOwner, kCorsSetting))
      .as<api::GetBucketCorsOutput>();
}

aws::Outcome<api::DeleteBucketCorsResponse> S3::DeleteBucketCors(aws::Call& call,
                                                                 const api::DeleteBucketCorsRequest& input) {
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kCorsSetting, std::nullopt));
  return api::DeleteBucketCorsResponse{};
}

}  // namespace meridian::services::s3
