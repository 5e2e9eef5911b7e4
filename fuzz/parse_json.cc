// JSON from outside: alone, and as the body of a call. Besides not crashing, what was accepted is written to
// text that reads back as the same text.
#include <string>

#include "aws/protocol.h"
#include "base/bytes.h"
#include "base/check.h"
#include "formats/json/json.h"
#include "gen/toy_rpc/api.h"

namespace {

using namespace meridian;

void check_tree(std::string_view bytes) {
  auto tree = json::parse(bytes);
  if (!tree) return;
  const std::string text = json::to_text(*tree);
  auto again = json::parse(text);
  CHECK(again);
  // Texts are compared: 1.0 is written as 1, which reads back as an integer.
  CHECK(json::to_text(*again) == text);
}

void check_call(std::string_view bytes) {
  const aws::ServiceModel& model = gen::toy_rpc::service_model();
  static const auto codec = aws::make_codec(aws::Protocol::Json, model);
  const aws::Operation& echo = *model.find("Echo");
  auto input = codec->decode_request(echo, {"POST", "/", "", {}, std::string(bytes)});
  (void)codec->decode_response(echo, {200, {}, std::string(bytes)});
  (void)codec->decode_response(echo, {409, {}, std::string(bytes)});
  if (!input) return;
  const aws::HttpRequest sent = codec->encode_request(echo, *input);
  auto again = codec->decode_request(echo, sent);
  CHECK(again);
  CHECK(codec->encode_request(echo, *again).body == sent.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_tree(as_text({data, size}));
  check_call(as_text({data, size}));
  return 0;
}
