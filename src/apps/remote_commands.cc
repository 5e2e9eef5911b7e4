#include "apps/remote_commands.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "http/client.h"

namespace meridian::apps {
namespace {

int ask(const ClientOptions& options, const std::string& target, std::string method, std::string body) {
  auto url = http::Url::parse(options.admin + target + (target.find('?') == target.npos ? "?" : "&") +
                              (options.output == Output::Json ? "output=json" : "output=table"));
  if (!url) {
    fmt::print(stderr, "meridian: {}\n", url.error().message);
    return 2;
  }
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = *url;
  request.body = std::move(body);
  auto reply = http::fetch(request);
  if (!reply) {
    fmt::print(stderr, "meridian: no server answers: {}\n", reply.error().message);
    return 1;
  }
  if (reply->status != 200 && reply->status != 204) {
    fmt::print(stderr, "meridian: {}", reply->body);
    return 1;
  }
  fmt::print("{}", reply->body);
  return 0;
}

int show(const ClientOptions& options, const std::string& target) {
  return ask(options, target, "GET", "");
}

}  // namespace

int status(const StatusOptions& options) {
  return show(options.client, "/status");
}

int edges(const EdgesOptions& options) {
  return show(options.client, "/edges");
}

int health_list(const HealthListOptions& options) {
  return show(options.client, "/health-checks");
}

int health_set(const HealthSetOptions& options) {
  return ask(options.client, "/health-checks/" + percent_encode(options.id), "PUT",
             fmt::format(R"({{"healthy":{}}})", options.healthy));
}

int health_clear(const HealthClearOptions& options) {
  return ask(options.client, "/health-checks/" + percent_encode(options.id), "DELETE", "");
}

int explain_dns(const ExplainDnsOptions& options) {
  return show(options.client, fmt::format("/explain/dns?name={}&type={}&from={}&subnet={}&region={}&draws={}",
                                          percent_encode(options.name), percent_encode(options.type),
                                          percent_encode(options.from), percent_encode(options.subnet),
                                          percent_encode(options.region), options.draws));
}

int explain_http(const ExplainHttpOptions& options) {
  std::string target = "/explain/http?url=" + percent_encode(options.url);
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) target += fmt::format("&{}={}", name, percent_encode(value));
  };
  add("method", options.method);
  add("from", options.from);
  add("location", options.location);
  for (const std::string& field : options.fields) add("header", field);
  return ask(options.client, target, options.fetch ? "PUT" : "GET", "");
}

int explain_s3(const ExplainS3Options& options) {
  std::string target = "/explain/s3?method=" + percent_encode(options.method);
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) target += fmt::format("&{}={}", name, percent_encode(value));
  };
  add("uri", options.uri);
  add("as", options.as);
  add("anonymous", options.anonymous ? "1" : "");
  add("service", options.service);
  add("source-arn", options.source_arn);
  add("source-account", options.source_account);
  add("origin-access-identity", options.identity);
  add("from", options.from);
  add("plain", options.plain ? "1" : "");
  return show(options.client, target);
}

int explain_health(const ExplainHealthOptions& options) {
  return show(options.client, "/explain/health?id=" + percent_encode(options.id));
}

}  // namespace meridian::apps
