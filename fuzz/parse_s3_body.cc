// Bodies of S3 in their wrapping: the first byte says how they are cut, the first line what they are said to be.
// Whatever comes, a body is taken whole or refused, the same however it was cut.
#include <algorithm>
#include <string>

#include "aws/payload.h"
#include "base/bytes.h"
#include "base/check.h"

namespace {

using namespace meridian;
using namespace meridian::aws;

class Collected final : public BodySink {
 public:
  Outcome<void> take(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  Outcome<void> end(const Headers& came) override {
    trailers = came.size();
    return {};
  }
  std::string text;
  std::size_t trailers = 0;
};

// The body, or the code of the refusal.
std::string run(const HttpRequest& request, std::string_view body, std::size_t piece) {
  auto payload = Payload::of(request, nullptr, "");
  if (!payload) return payload.error().code;
  Collected sink;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    if (auto taken = payload->take(body.substr(0, piece), sink); !taken) return "refused";
  if (auto ended = payload->end(sink); !ended) return "refused";
  CHECK(sink.trailers <= Payload::kTrailersMax);
  return "=" + sink.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 32;
  std::string_view rest = as_text({data + 1, size - 1});
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  const std::size_t space = line.find(' ');
  HttpRequest request{"PUT", "/b/k", "", {}, ""};
  request.headers.add("x-amz-content-sha256", std::string(line.substr(0, space)));
  if (space != std::string_view::npos)
    request.headers.add("x-amz-decoded-content-length", std::string(line.substr(space + 1)));
  CHECK(run(request, rest, piece) == run(request, rest, size));
  return 0;
}
