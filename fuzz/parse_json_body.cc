// Whole JSON and CBOR requests from outside, through the codecs and a small model: the first byte picks the
// protocol. What is accepted is written to bytes that mean the same.
#include "aws/protocol.h"
#include "base/bytes.h"
#include "base/check.h"
#include "gen/toy/api.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  static const std::unique_ptr<aws::Codec> codecs[] = {
      aws::make_codec(aws::Protocol::Json, gen::toy::service_model()),
      aws::make_codec(aws::Protocol::RestJson, gen::toy::service_model()),
      aws::make_codec(aws::Protocol::RpcCbor, gen::toy::service_model())};
  if (size == 0) return 0;
  const aws::Codec& codec = *codecs[data[0] % 3];
  for (const char* name : {"Echo", "Check"}) {
    const aws::Operation& operation = *gen::toy::service_model().find(name);
    aws::HttpRequest request = codec.encode_request(operation, aws::Value(*operation.input));
    request.body = as_text({data + 1, size - 1});
    auto input = codec.decode_request(operation, request);
    if (!input) continue;
    aws::HttpRequest written = codec.encode_request(operation, *input);
    auto again = codec.decode_request(operation, written);
    // Bytes are compared: NaN is not equal to itself.
    CHECK(again);
    CHECK(codec.encode_request(operation, *again).body == written.body);
  }
  return 0;
}
