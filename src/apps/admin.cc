#include "apps/admin.h"

#include "base/percent.h"

namespace meridian::apps {
namespace {

constexpr std::string_view kHealthChecks = "/health-checks";

http::Response reply(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", std::move(type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

http::Response reply_as(Output output, std::string body) {
  return reply(200, std::move(body),
               output == Output::Json ? "application/json" : "text/plain; charset=utf-8");
}

}  // namespace

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name)
      values.push_back(equals == pair.npos ? "" : percent_decode(pair.substr(equals + 1), true).value_or(""));
  }
  return values;
}

std::string query_value(std::string_view query, std::string_view name) {
  auto values = query_values(query, name);
  return values.empty() ? "" : std::move(values.front());
}

void Admin::handle(http::Request request, http::Responder responder) {
  const http1::RequestHead& head = request.head;
  if (head.path == "/explain/http" && (head.method == "GET" || head.method == "PUT"))
    return explain_http(request, query_value(head.query, "output") == "json" ? Output::Json : Output::Table,
                        std::move(responder));
  if (head.method != "POST" || head.path != "/diff/dns" || !sources_.diff_dns)
    return responder.send(answer(request));
  const Output output = query_value(head.query, "output") == "json" ? Output::Json : Output::Table;
  sources_.diff_dns(std::move(request.body), output, std::move(responder));
}

void Admin::explain_http(const http::Request& request, Output output, http::Responder responder) {
  if (!sources_.explain_http) return responder.send(reply(404, "no distributions are served here\n"));
  if (request.field("origin")) return responder.send(reply(403, "no page may say this\n"));
  const std::string_view query = request.head.query;
  sources_.explain_http(
      {query_value(query, "url"), query_value(query, "method"), query_value(query, "from"),
       query_value(query, "location"), query_values(query, "header"), request.head.method == "PUT"},
      output, std::move(responder));
}

// A browser says in Origin whose page sent this.
http::Response Admin::change_health(const http::Request& request) {
  if (!sources_.say_health) return reply(405, "health is said at the control\n");
  if (request.field("origin")) return reply(403, "no page may say this\n");
  const auto id = percent_decode(request.head.path.substr(kHealthChecks.size() + 1), false);
  const Result<void> done = request.head.method == "DELETE"
                                ? sources_.take_back_health(id.value_or(""))
                                : sources_.say_health(id.value_or(""), request.body);
  if (done) return reply(204, "");
  const ErrorCode code = done.error().code;
  const int status = code == ErrorCode::NotFound   ? 404
                     : code == ErrorCode::Conflict ? 409
                     : code == ErrorCode::Invalid  ? 400
                                                   : 500;
  return reply(status, done.error().message + "\n");
}

http::Response Admin::answer(const http::Request& request) {
  const bool changes = request.head.method == "PUT" || request.head.method == "DELETE";
  if (changes && request.head.path.starts_with(kHealthChecks) &&
      request.head.path.substr(kHealthChecks.size()).starts_with("/"))
    return change_health(request);
  if (request.head.method != "GET" && request.head.method != "HEAD")
    return reply(405, "only GET is served here\n");
  std::string_view path = request.head.path, query = request.head.query;
  Output output = query_value(query, "output") == "json" ? Output::Json : Output::Table;
  if (path == "/metrics")
    return reply(200, metrics_.prometheus_text(), "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/ready") {
    auto ready = sources_.ready();
    return ready ? reply(200, "ready\n") : reply(503, ready.error().message + "\n");
  }
  if (path == "/status") return reply_as(output, sources_.status(output));
  if (path == "/edges" && sources_.edges) return reply_as(output, sources_.edges(output));
  if (path == kHealthChecks) return reply_as(output, sources_.health_checks(output));
  if (path == "/dns/top") return reply_as(output, sources_.busiest(output));
  if (path == "/explain/dns") {
    auto text = sources_.explain_dns(
        {query_value(query, "name"), query_value(query, "type"), query_value(query, "from"),
         query_value(query, "subnet"), query_value(query, "region"), query_value(query, "draws")},
        output);
    return text ? reply_as(output, *std::move(text)) : reply(400, text.error().message + "\n");
  }
  if (path == "/explain/s3" && sources_.explain_s3) {
    auto text = sources_.explain_s3(
        {query_value(query, "method"), query_value(query, "uri"), query_value(query, "as"),
         query_value(query, "anonymous") == "1", query_value(query, "service"),
         query_value(query, "source-arn"), query_value(query, "source-account"),
         query_value(query, "origin-access-identity"), query_value(query, "from"),
         query_value(query, "plain") == "1"},
        output);
    return text ? reply_as(output, *std::move(text)) : reply(400, text.error().message + "\n");
  }
  if (path == "/explain/health") {
    if (!sources_.explain_health) return reply(404, "health checks are explained at the control\n");
    auto text = sources_.explain_health(query_value(query, "id"), output);
    return text ? reply_as(output, *std::move(text)) : reply(404, text.error().message + "\n");
  }
  return reply(404,
               "here are /metrics, /ready, /status, /health-checks, /dns/top, /explain/dns, /explain/health, "
               "/explain/http and /explain/s3\n");
}

}  // namespace meridian::apps
