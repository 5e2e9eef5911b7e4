// The operator's endpoint: /metrics, /ready, /status, /edges, /health-checks, /dns/top, /explain/dns,
// /explain/health, /explain/http and /explain/s3 over HTTP, unsigned, on an address of its own. Rule: nothing
// here changes anything, but for PUT and DELETE /health-checks/ID and PUT /explain/http, which asks origins:
// no browser can be led to send those.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "apps/command_line.h"
#include "base/metrics.h"
#include "http/server.h"

namespace meridian::apps {

// A question to explain, in the words of the request.
struct ExplainDnsQuery {
  std::string name, type = {}, from = {}, subnet = {}, region = {}, draws = {};
};

struct ExplainHttpQuery {
  std::string url, method = {}, from = {}, location = {};
  std::vector<std::string> fields = {};  // "Name: value"
  bool fetch = false;                    // origins may be asked
};

struct ExplainS3Query {
  std::string method, uri;
  std::string as = {};  // ARN, name of a user, account; empty: the account's root
  bool anonymous = false;
  std::string service = {}, source_arn = {}, source_account = {};
  std::string identity = {};  // an origin access identity's id
  std::string from = {};      // address
  bool plain = false;         // without TLS
};

// What the endpoint shows; each is called on its loop's thread.
struct AdminSources {
  std::function<Result<void>()> ready;  // the error says what is missing
  std::function<std::string(Output)> status;
  std::function<std::string(Output)> busiest;  // DNS clients and zones
  std::function<std::string(Output)> edges;    // null: there is no feed here
  std::function<std::string(Output)> health_checks;
  // What an operator says of a health check, as JSON, or takes back; null: that is not said here.
  std::function<Result<void>(std::string_view id, std::string_view words)> say_health;
  std::function<Result<void>(std::string_view id)> take_back_health;
  std::function<Result<std::string>(const ExplainDnsQuery&, Output)> explain_dns;
  // Replies when it is done; null: no distribution is served here.
  std::function<void(const ExplainHttpQuery&, Output, http::Responder)> explain_http;
  // Null: there is no store here.
  std::function<Result<std::string>(const ExplainS3Query&, Output)> explain_s3;
  // Null: health checks are explained at the control. The error is NotFound.
  std::function<Result<std::string>(std::string_view id, Output)> explain_health;
  // Replies when it is done; null: there is no store here.
  std::function<void(std::string body, Output, http::Responder)> diff_dns;
};

class Admin final : public http::Handler {
 public:
  Admin(Metrics& metrics, AdminSources sources) : metrics_(metrics), sources_(std::move(sources)) {}
  void handle(http::Request request, http::Responder responder) override;

 private:
  http::Response answer(const http::Request& request);
  void explain_http(const http::Request& request, Output output, http::Responder responder);
  http::Response change_health(const http::Request& request);
  Metrics& metrics_;
  AdminSources sources_;
};

// All values of `name`, in their order.
std::vector<std::string> query_values(std::string_view query, std::string_view name);
// The value of `name` in the query of a request, percent-decoded; "" when absent.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace meridian::apps
