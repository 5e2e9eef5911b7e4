// Form parameters from outside, through the query codec and a small model: what is accepted means the same
// after being written and read again.
#include "aws/protocol.h"
#include "base/bytes.h"
#include "base/check.h"
#include "gen/toy/api.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  static const auto codec = aws::make_codec(aws::Protocol::Query, gen::toy::service_model());
  aws::HttpRequest request{.method = "POST", .path = "/", .query = "", .headers = {}, .body = ""};
  request.body = as_text({data, size});
  auto operation = codec->find_operation(request);
  if (!operation) return 0;
  auto input = codec->decode_request(**operation, request);
  if (!input) return 0;
  // A structure that came without members is not written at all, so only the second writing repeats itself.
  auto again = codec->decode_request(**operation, codec->encode_request(**operation, *input));
  if (!again) return 0;
  CHECK(codec->encode_request(**operation, *again).body == codec->encode_request(**operation, *input).body);
  return 0;
}
