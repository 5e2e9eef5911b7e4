#include "services/s3/preflight.h"

#include <algorithm>

#include "aws/virtual_host.h"
#include "base/percent.h"
#include "services/s3/cors.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

// Of a request to the API as it came, in either style; "" when it names none.
std::string bucket_named(const aws::HttpRequest& head) {
  if (auto bucket = aws::bucket_of_host(head.headers.get("host"))) return *std::move(bucket);
  std::string_view path = head.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  return percent_decode(path.substr(0, path.find('/'))).value_or("");
}

CrossOriginRequest cross_origin_request(const aws::HttpRequest& head) {
  CrossOriginRequest request{head.headers.get("origin"), head.headers.get("access-control-request-method"),
                             head.headers.get("access-control-request-headers")};
  if (request.method.empty()) request.method = head.method;
  return request;
}

aws::Failure forbidden(std::string message, std::string_view method, const char* type) {
  aws::Failure failure = aws::refuse("AccessForbidden", "CORSResponse: " + std::move(message), 403);
  failure.error().facts = {{"Method", std::string(method)}, {"ResourceType", type}};
  return failure;
}

class PreflightCall final : public aws::UnmodelledCall {
 public:
  PreflightCall(S3& service, aws::HttpRequest head) : service_(service), head_(std::move(head)) {}
  const char* name() const override { return "PreflightObject"; }
  aws::Outcome<std::shared_ptr<aws::BodySink>> receive(aws::Call&) override { return nullptr; }
  aws::Outcome<aws::HttpResponse> answer(aws::Call& call) override;

 private:
  S3& service_;
  const aws::HttpRequest head_;
};

aws::Outcome<aws::HttpResponse> PreflightCall::answer(aws::Call& call) {
  if (head_.headers.get("origin").empty())
    return aws::refuse("BadRequest", "Insufficient information. Origin request header needed.");
  const CrossOriginRequest request = cross_origin_request(head_);
  constexpr std::string_view kAsked[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
  if (std::ranges::find(kAsked, request.method) == std::end(kAsked)) {
    const std::string* asked = head_.headers.find("access-control-request-method");
    return aws::refuse("BadRequest",
                       "Invalid Access-Control-Request-Method: " + (asked != nullptr ? *asked : "null"));
  }
  const std::string bucket = bucket_named(head_);
  const auto cors = TRY(service_.cors_of(bucket));
  if (!cors.bucket_exists) return forbidden("Bucket not found", request.method, "BUCKET");
  if (!cors.configuration) return forbidden("CORS is not enabled for this bucket.", request.method, "BUCKET");
  const api::CORSRule* rule = find_cors_rule(*cors.configuration, request);
  if (rule == nullptr)
    return forbidden(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
        "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
        "resource's CORS spec.",
        request.method, "OBJECT");
  aws::HttpResponse response;
  response.headers.add("x-amz-request-id", call.request_id);
  response.headers.add("x-amz-id-2", aws::host_id(call.request_id));
  add_cors_headers(response.headers, rule, request);
  return response;
}

}  // namespace

std::unique_ptr<aws::UnmodelledCall> make_preflight_call(S3& service, aws::HttpRequest head) {
  return std::make_unique<PreflightCall>(service, std::move(head));
}

aws::Outcome<S3::Cors> S3::cors_of(std::string_view bucket) {
  const auto found = TRY(aws::read(store_, bucket_key(bucket), decode_bucket));
  if (!found || found->value.deleting) return Cors{};
  Cors cors{true, std::nullopt};
  if (const auto value = TRY(find_setting(bucket, kCorsSetting)))
    cors.configuration = value->as<api::GetBucketCorsOutput>();
  return cors;
}

aws::Headers S3::cross_origin(const aws::HttpRequest& head, aws::Listener listener) {
  aws::Headers headers;
  const CrossOriginRequest request = cross_origin_request(head);
  // A preflight's answer is about another request.
  if (request.origin.empty() || head.method == "OPTIONS") return headers;
  const auto website = website_bucket(head, listener);
  const auto cors = cors_of(website ? *website : bucket_named(head));
  // What cannot be read now is no reason to fail the call: the page is told nothing, so it may not look.
  if (cors && cors->configuration)
    add_cors_headers(headers, find_cors_rule(*cors->configuration, request), request);
  return headers;
}

}  // namespace meridian::services::s3
