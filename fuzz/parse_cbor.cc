// CBOR from outside: alone, and as the body of a call. Besides not crashing, what was accepted is written to
// bytes that read back as the same bytes.
#include <string>

#include "aws/protocol.h"
#include "base/bytes.h"
#include "base/check.h"
#include "formats/cbor/cbor.h"
#include "gen/toy_rpc/api.h"

namespace {

using namespace meridian;

void check_tree(Bytes given) {
  auto tree = cbor::parse(given);
  if (!tree) return;
  const std::string bytes = cbor::to_bytes(*tree);
  auto again = cbor::parse(as_bytes(bytes));
  CHECK(again);
  // Bytes are compared: a NaN is not equal to itself.
  CHECK(cbor::to_bytes(*again) == bytes);
}

void check_call(Bytes given) {
  const aws::ServiceModel& model = gen::toy_rpc::service_model();
  static const auto codec = aws::make_codec(aws::Protocol::RpcCbor, model);
  const aws::Operation& echo = *model.find("Echo");
  const std::string body(as_text(given));
  auto input = codec->decode_request(echo, {"POST", "/", "", {}, body});
  (void)codec->decode_response(echo, {200, {}, body});
  (void)codec->decode_response(echo, {409, {}, body});
  if (!input) return;
  const aws::HttpRequest sent = codec->encode_request(echo, *input);
  auto again = codec->decode_request(echo, sent);
  CHECK(again);
  CHECK(codec->encode_request(echo, *again).body == sent.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_tree({data, size});
  check_call({data, size});
  return 0;
}
