#include "apps/diff/diff_service.h"

#include "apps/diff/difference_words.h"

namespace meridian::apps {
namespace {

http::Response text(int status, std::string body) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::move(body)};
}

}  // namespace

void DiffService::answer(std::string body, Output output, http::Responder responder) {
  // std::function wants what it holds to be copied.
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  std::function<void()> task = [this, body = std::move(body), output, shared] {
    shared->send(made(body, output));
  };
  if (!pool_.submit(task)) shared->send(text(503, "other diffs are being made; try again\n"));
}

http::Response DiffService::made(const std::string& body, Output output) const {
  const auto query = read_diff_query(body, parts_.store);
  const auto report = query ? dns_difference(query->request, parts_) : std::unexpected(query.error());
  if (!report) {
    const ErrorCode code = report.error().code;
    return text(code == ErrorCode::NotFound  ? 404
                : code == ErrorCode::Invalid ? 400
                                             : 500,
                report.error().message + "\n");
  }
  http::Response out =
      text(200, output == Output::Json ? to_json(*report, *query) : to_text(*report, *query));
  if (output == Output::Json) out.headers[0].value = "application/json";
  out.headers.push_back({kDiffVerdictHeader, verdict(*report)});
  return out;
}

}  // namespace meridian::apps
