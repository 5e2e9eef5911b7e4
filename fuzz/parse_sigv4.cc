// Signatures from outside: the header and query forms, and the canonical request made of whatever came with
// them. The input is a request as text: method, path, query, then header lines "name:value", an empty line
// and the body.
#include <string>

#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "base/bytes.h"
#include "base/check.h"
#include "formats/http1/message.h"

namespace {

using namespace meridian;
using namespace meridian::aws;

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = as_text({data, size});
  HttpRequest request;
  request.method = take_line(rest);
  request.path = take_line(rest);
  request.query = take_line(rest);
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = line.find(':');
    // The HTTP scanner lets only tokens through as names.
    if (colon == std::string_view::npos || !http1::is_token(line.substr(0, colon))) continue;
    request.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
  }
  request.body = rest;

  sigv4::Rules rules;
  rules.service = "sts";
  rules.s3 = size % 2 == 0;
  const SystemTime now{std::chrono::seconds(1'767'270'896)};
  if (auto claim = sigv4::read_claim(request); claim && *claim) {
    if (!sigv4::check_claim(**claim, rules, now)) return 0;
    // Without knowing the secret, no request is a good one.
    CHECK(!sigv4::verify(request, **claim, {"a secret nobody has guessed", ""}, rules));
  }

  // What we sign ourselves must verify, whatever the request is made of.
  request.headers.set("Host", "localhost");
  request.headers.set("X-Amz-Security-Token", "token");
  sigv4::sign(request, {"AKIAIOSFODNN7EXAMPLE", "secret", "token"}, "us-east-1", rules, now);
  if (auto claim = sigv4::read_claim(request); claim && *claim) {
    const bool good = sigv4::verify(request, **claim, {"secret", "token"}, rules).has_value();
    CHECK(good || !sigv4::check_claim(**claim, rules, now));
  }
  std::string query, again;
  sigv4::append_canonical_query(query, request.query);
  sigv4::append_canonical_query(again, query);
  CHECK(again == query);
  return 0;
}
