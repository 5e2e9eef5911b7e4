#include "apps/explain_http.h"

#include <fmt/format.h>

#include "base/log.h"
#include "http/client.h"

namespace meridian::apps {
namespace {

using engines::cdn::ExplainAsk;
using engines::cdn::Explanation;

constexpr std::string_view kHost = "host:";

// The request as a viewer would send it. What cannot be one is the engine's to refuse.
Result<ExplainAsk> read(const ExplainHttpQuery& query) {
  const http::Url url = TRY(http::Url::parse(query.url));
  ExplainAsk ask;
  ask.tls = url.tls;
  ask.location = query.location;
  ask.viewer.ip = TRY(net::IpAddress::parse(query.from.empty() ? "127.0.0.1" : query.from));
  if (query.fetch) ask.origins = engines::cdn::Trace::Origins::Asked;
  std::string host = fmt::format("Host: {}\r\n", url.authority()), fields;
  for (const std::string& field : query.fields) {
    if (field.find(':') == field.npos)
      return invalid(fmt::format("'{}' is no header: 'Name: value' is one", field));
    if (field.find_first_of("\r\n") != field.npos) return invalid("a header is one line");
    const bool is_host = http1::equal_ignoring_case(std::string_view(field).substr(0, kHost.size()), kHost);
    (is_host ? host : fields) = (is_host ? "" : fields) + field + "\r\n";
  }
  ask.head = fmt::format("{} {} HTTP/1.1\r\n{}{}\r\n", query.method.empty() ? "GET" : query.method,
                         url.target, host, fields);
  return ask;
}

std::string as_text(const ExplainHttpQuery& query, const Explanation& explained) {
  std::string out = fmt::format("{} {} at {}\n\n{}", query.method.empty() ? "GET" : query.method, query.url,
                                explained.location, explained.trace.to_text());
  if (explained.status == 0) return out;
  out += fmt::format("\nHTTP {} {}\n", explained.status, http1::reason_phrase(explained.status));
  for (const auto& [name, value] : explained.fields) out += fmt::format("  {}: {}\n", name, value);
  if (explained.cut) out += "The body broke off: the origin sent less than it had announced.\n";
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string as_json(const ExplainHttpQuery& query, const Explanation& explained) {
  std::string out = fmt::format(R"({{"method":{},"url":{},"location":{},"steps":{},"answer":)",
                                json_text(query.method.empty() ? "GET" : query.method), json_text(query.url),
                                json_text(explained.location), explained.trace.to_json());
  if (explained.status == 0) return out + "null}\n";
  out += fmt::format(R"({{"status":{},"headers":[)", explained.status);
  for (const auto& [name, value] : explained.fields)
    out += fmt::format(R"({}{{"name":{},"value":{}}})", out.ends_with('[') ? "" : ",", json_text(name),
                       json_text(value));
  out += "]";
  if (query.fetch) out += fmt::format(R"(,"body_bytes":{},"whole":{})", explained.body_bytes, !explained.cut);
  return out + "}}\n";
}

http::Response reply(int status, std::string body, const char* type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", type}, {"Cache-Control", "no-store"}}, std::move(body)};
}

http::Response refusal(const Error& error) {
  const int status = error.code == ErrorCode::NotFound ? 404 : error.code == ErrorCode::Invalid ? 400 : 503;
  return reply(status, error.message + "\n");
}

}  // namespace

void explain_http(engines::cdn::CdnEngine& engine, const ExplainHttpQuery& query, Output output,
                  http::Responder responder) {
  auto ask = read(query);
  if (!ask) return responder.send(refusal(ask.error()));
  const auto to = std::make_shared<http::Responder>(std::move(responder));
  engine.explain(*std::move(ask), [query, output, to](Result<Explanation> explained) {
    if (!explained) return to->send(refusal(explained.error()));
    if (output == Output::Json) return to->send(reply(200, as_json(query, *explained), "application/json"));
    to->send(reply(200, as_text(query, *explained)));
  });
}

}  // namespace meridian::apps
