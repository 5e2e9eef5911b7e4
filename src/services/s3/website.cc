#include "services/s3/website.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "formats/http1/message.h"
#include "services/s3/service.h"
#include "services/s3/website_configuration.h"

namespace meridian::services::s3 {
namespace {

constexpr int kMovedPermanently = 301, kFound = 302, kNotModified = 304;
// What a visitor may say about an object; nothing of the API's own.
constexpr std::string_view kPassedOn[] = {"if-match", "if-none-match", "if-modified-since",
                                          "if-unmodified-since", "range"};

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

void add_item(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("<li>{}: {}</li>\n", html_text(name), html_text(value));
}

void add_items(std::string& out, const aws::ServiceError& error) {
  add_item(out, "Code", error.code);
  add_item(out, "Message", error.message);
  for (const auto& [name, value] : error.facts) add_item(out, name, value);
}

class WebsiteCall final : public aws::UnmodelledCall {
 public:
  WebsiteCall(S3& service, std::string bucket, aws::HttpRequest head)
      : service_(service), bucket_(std::move(bucket)), head_(std::move(head)) {}

  const char* name() const override { return "WebsiteGetObject"; }
  aws::Outcome<std::shared_ptr<aws::BodySink>> receive(aws::Call&) override { return nullptr; }
  aws::Outcome<aws::HttpResponse> answer(aws::Call& call) override;

 private:
  using Fetched = aws::Outcome<aws::HttpResponse>;
  enum class Conditions : std::uint8_t { AsAsked, None };

  Fetched fetch(aws::Call& call, const char* method, std::string_view key, Conditions conditions);
  aws::HttpResponse serve(aws::Call& call, const gen::s3::GetBucketWebsiteOutput& website);
  aws::HttpResponse fail(aws::Call& call, const gen::s3::GetBucketWebsiteOutput& website,
                         const aws::ServiceError& error);
  static aws::HttpResponse start(const aws::Call& call, int status);
  static aws::HttpResponse redirect(aws::Call& call, int status, std::string location);
  static aws::HttpResponse page(const aws::Call& call, const aws::ServiceError& error,
                                const aws::ServiceError* of_document = nullptr);

  S3& service_;
  const std::string bucket_;
  const aws::HttpRequest head_;
  WebsiteUrl url_;
};

aws::Outcome<aws::HttpResponse> WebsiteCall::answer(aws::Call& call) {
  if (head_.method != "GET" && head_.method != "HEAD") {
    aws::ServiceError error =
        aws::refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
            .error();
    error.facts = {{"Method", head_.method}, {"ResourceType", "OBJECT"}};
    error.headers = {{"Allow", "GET, HEAD"}};
    return page(call, error);
  }
  auto website = service_.website_of(bucket_);
  if (!website) return page(call, website.error());
  const auto key = percent_decode(head_.path.starts_with('/') ? std::string_view(head_.path).substr(1) : "");
  if (!key) return page(call, aws::refuse("InvalidURI", "Couldn't parse the specified URI.").error());
  url_ = {call.secure_transport ? "https" : "http", std::string(head_.headers.get("host")), *key,
          head_.query};
  if (website->RedirectAllRequestsTo)
    return redirect(call, kMovedPermanently, redirected_url(*website->RedirectAllRequestsTo, url_));
  return serve(call, *website);
}

aws::HttpResponse WebsiteCall::serve(aws::Call& call, const gen::s3::GetBucketWebsiteOutput& website) {
  const std::string& key = url_.key;
  if (const auto* rule = find_routing_rule(website, key, 0))
    return redirect(call, redirect_status(*rule), redirected_url(*rule, url_));
  const std::string suffix = website.IndexDocument ? website.IndexDocument->Suffix : "";
  const bool is_folder = key.empty() || key.ends_with('/');
  auto fetched = fetch(call, head_.method.c_str(), is_folder ? key + suffix : key, Conditions::AsAsked);
  if (fetched) {
    if (const std::string* location = fetched->headers.find("x-amz-website-redirect-location"))
      return redirect(call, kMovedPermanently, *location);
    return *std::move(fetched);
  }
  const aws::ServiceError& error = fetched.error();
  // Who may not list the bucket is not told that there is no such key.
  const bool is_absent = error.status == 404 || error.status == 403;
  if (!is_folder && is_absent && fetch(call, "HEAD", key + "/" + suffix, Conditions::None))
    return redirect(call, kFound, "/" + percent_encode(key, true) + "/");
  return fail(call, website, error);
}

// An object through the API's own way in: decoded, allowed, vetted and answered like any request without a
// signature.
WebsiteCall::Fetched WebsiteCall::fetch(aws::Call& call, const char* method, std::string_view key,
                                        Conditions conditions) {
  aws::HttpRequest request;
  request.method = method;
  request.path = fmt::format("/{}/{}", percent_encode(bucket_), percent_encode(key, true));
  if (conditions == Conditions::AsAsked)
    for (const std::string_view name : kPassedOn)
      if (const std::string* value = head_.headers.find(name)) request.headers.add(std::string(name), *value);
  call.status = 0;
  call.answer.reset();
  const aws::Operation* operation = TRY(service_.codec().find_operation(request));
  const aws::Value input = TRY(service_.codec().decode_request(*operation, request));
  TRY(service_.authorize(call, *operation, input));
  TRY(service_.vet(*operation, input));
  const aws::Value output = TRY(service_.invoke(call, *operation, input));
  aws::HttpResponse response = service_.codec().encode_response(*operation, output, call.request_id);
  if (call.status != 0) response.status = call.status;
  return response;
}

aws::HttpResponse WebsiteCall::fail(aws::Call& call, const gen::s3::GetBucketWebsiteOutput& website,
                                    const aws::ServiceError& error) {
  if (error.status == kNotModified) return page(call, error);
  if (const auto* rule = find_routing_rule(website, url_.key, error.status))
    return redirect(call, redirect_status(*rule), redirected_url(*rule, url_));
  if (!website.ErrorDocument || error.status < 400 || error.status >= 500) return page(call, error);
  auto document = fetch(call, head_.method.c_str(), website.ErrorDocument->Key, Conditions::None);
  if (!document) return page(call, error, &document.error());
  if (const std::string* location = document->headers.find("x-amz-website-redirect-location"))
    return redirect(call, kMovedPermanently, *location);
  document->status = error.status;
  document->headers.set("x-amz-error-code", error.code);
  document->headers.set("x-amz-error-message", error.message);
  return *std::move(document);
}

aws::HttpResponse WebsiteCall::start(const aws::Call& call, int status) {
  aws::HttpResponse response;
  response.status = status;
  response.headers.add("x-amz-request-id", call.request_id);
  response.headers.add("x-amz-id-2", aws::host_id(call.request_id));
  return response;
}

aws::HttpResponse WebsiteCall::redirect(aws::Call& call, int status, std::string location) {
  call.answer.reset();
  aws::HttpResponse response = start(call, status);
  response.headers.add("Location", std::move(location));
  return response;
}

aws::HttpResponse WebsiteCall::page(const aws::Call& call, const aws::ServiceError& error,
                                    const aws::ServiceError* of_document) {
  aws::HttpResponse response = start(call, error.status);
  for (const auto& [name, value] : error.headers) response.headers.set(name, value);
  if (error.status == kNotModified) return response;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("x-amz-error-code", error.code);
  response.headers.add("x-amz-error-message", error.message);
  const std::string title = fmt::format("{} {}", error.status, http1::reason_phrase(error.status));
  std::string& out = response.body;
  out = fmt::format("<html>\n<head><title>{}</title></head>\n<body>\n<h1>{}</h1>\n<ul>\n", title, title);
  add_items(out, error);
  add_item(out, "RequestId", call.request_id);
  add_item(out, "HostId", aws::host_id(call.request_id));
  out += "</ul>\n";
  if (of_document != nullptr) {
    out += "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n";
    add_items(out, *of_document);
    out += "</ul>\n";
  }
  out += "<hr/>\n</body>\n</html>\n";
  return response;
}

}  // namespace

std::unique_ptr<aws::UnmodelledCall> make_website_call(S3& service, std::string bucket,
                                                       aws::HttpRequest head) {
  return std::make_unique<WebsiteCall>(service, std::move(bucket), std::move(head));
}

}  // namespace meridian::services::s3
