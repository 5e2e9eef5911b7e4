#include "engines/cdn/explain.h"

#include <fmt/format.h>

#include "engines/cdn/request.h"

namespace meridian::engines::cdn {

Explained::Explained(Site& site, ExplainAsk ask, OnDone done, std::function<void()> over)
    : site_(site),
      ask_(std::move(ask)),
      done_(std::move(done)),
      over_(std::move(over)),
      explanation_(ask_.origins) {
  connection_.peer = ask_.viewer;
  connection_.tls = ask_.tls;
  if (ask_.tls) connection_.tls_version = "TLSv1.3";
  explanation_.location = site_.settings.pop;
}

Explained::~Explained() = default;

void Explained::begin() {
  if (const auto played = play(); !played) {
    done_(std::unexpected(played.error()));
    loop().post(over_);
  }
}

Result<void> Explained::play() {
  const http1::Limits limits;
  const auto end = http1::HeadEnd(limits).find(ask_.head);
  if (!end) return invalid(fmt::format("the request is refused: {}", end.error().reason));
  if (*end != ask_.head.size()) return invalid("a header's name and value are one line");
  if (const auto parsed = http1::parse_request(ask_.head, head_); !parsed)
    return invalid(fmt::format("the request is refused: {}", parsed.error().reason));
  const bool has_body = head_.framing.chunked || head_.framing.content_length.value_or(0) > 0;
  if (has_body && explanation_.trace.may_ask()) return invalid("origins are asked without a body only");
  connection_.server_name = host_name(head_.host);
  ViewerRequest request;
  request.method = head_.method;
  request.host = head_.host;
  request.target = head_.target;
  request.path = head_.path;
  request.query = head_.query;
  request.has_query = head_.has_query;
  request.fields = head_.fields;
  request.has_body = has_body;
  request.body_length = head_.framing.content_length;
  request.head_bytes = ask_.head.size();
  exchange_ = site_.explain(request, *this, explanation_.trace);
  return {};
}

void Explained::reply(const ReplyHead& head) {
  explanation_.status = head.status;
  for (const http1::Field& field : head.fields) explanation_.fields.emplace_back(field.name, field.value);
  if (head.length && head.status != 304)
    explanation_.fields.emplace_back("Content-Length", fmt::to_string(*head.length));
  if (!explanation_.trace.may_ask()) end();
}

void Explained::abort() {
  explanation_.cut = true;
  end();
}

// The exchange, whose call this is, may still tell of it.
void Explained::end() {
  if (std::exchange(ended_, true)) return;
  loop().post([this] {
    const auto over = over_;  // ends this
    done_(std::move(explanation_));
    over();
  });
}

}  // namespace meridian::engines::cdn
