// HTTP/1.1 from outside: heads and chunked bodies. Besides not crashing, a message must mean the same however
// its bytes are cut on the way.
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/http1/message.h"

namespace {

using namespace meridian;
using namespace meridian::http1;

// The size of the head found, -1 when refused, 0 when incomplete, fed in growing prefixes.
long find_end(std::string_view bytes, std::size_t step) {
  HeadEnd end{Limits()};
  for (std::size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
    auto found = end.find(bytes.substr(0, size));
    if (!found) return -1;
    if (*found > 0) return static_cast<long>(*found);
    if (size == bytes.size()) return 0;
  }
}

struct Body {
  std::string bytes;
  bool done = false, refused = false;
  bool operator==(const Body&) const = default;
};

Body decode(std::string_view bytes, std::size_t piece) {
  ChunkedDecoder decoder;
  Body body;
  while (!bytes.empty() && !decoder.done()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      auto step = decoder.next(part);
      if (!step) {
        body.refused = true;
        return body;
      }
      if (step->consumed == 0) break;
      body.bytes += step->data;
      part.remove_prefix(step->consumed);
    }
  }
  body.done = decoder.done();
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text({data, size});
  const long end = find_end(bytes, bytes.size() + 1);
  // A refusal may come later than in one piece, or earlier, but a complete head is where it is.
  const long cut = find_end(bytes, 3);
  CHECK(end <= 0 || cut == end);
  if (end > 0) {
    const std::string_view head = bytes.substr(0, static_cast<std::size_t>(end));
    RequestHead request;
    if (parse_request(head, request)) {
      CHECK(!request.method.empty() && !request.path.empty());
      CHECK(!(request.framing.chunked && request.framing.content_length));
    }
    ResponseHead response;
    if (parse_response(head, response)) response_body(response, "GET");
  }
  const std::string_view rest = end > 0 ? bytes.substr(static_cast<std::size_t>(end)) : bytes;
  CHECK(decode(rest, rest.size() + 1) == decode(rest, 1));
  return 0;
}
