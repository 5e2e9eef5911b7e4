// Whole rest-xml requests from outside: the first line is the path and query, the rest the body.
#include "aws/protocol.h"
#include "base/bytes.h"
#include "base/check.h"
#include "gen/toy/api.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  static const auto codec = aws::make_codec(aws::Protocol::RestXml, gen::toy::service_model());
  std::string_view text = as_text({data, size});
  std::size_t line = text.find('\n');
  std::string_view target = text.substr(0, line);
  std::size_t mark = target.find('?');
  aws::HttpRequest request{.method = "", .path = "", .query = "", .headers = {}, .body = ""};
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  if (line != std::string_view::npos) request.body = text.substr(line + 1);
  request.headers.add("X-Token", request.query);
  request.headers.add("X-Tags", request.query);
  for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
    request.method = method;
    auto operation = codec->find_operation(request);
    if (!operation) continue;
    auto input = codec->decode_request(**operation, request);
    if (!input) continue;
    auto again = codec->decode_request(**operation, codec->encode_request(**operation, *input));
    // Only a label that is dots or slashes can be lost on the way.
    if (again)
      CHECK(codec->encode_request(**operation, *again).body ==
            codec->encode_request(**operation, *input).body);
  }
  return 0;
}
