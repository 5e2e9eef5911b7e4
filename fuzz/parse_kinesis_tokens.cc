// What callers of Kinesis send back or make up: iterators, sequence numbers, hash keys, names of shards,
// ARNs.
#include <string>

#include "base/check.h"
#include "services/kinesis/hash_keys.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/resources.h"
#include "services/kinesis/shard_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::services::kinesis;
  const std::string_view text = as_text({data, size});
  if (const auto iterator = decode_iterator(text)) CHECK(encode(*iterator) == text);
  if (const auto iterator = decode_iterator(to_base64({data, size})))
    CHECK(encode(*iterator) == to_base64({data, size}));
  if (const auto at = parse_sequence_number(text); at && at->time_ms >= 0)
    CHECK(sequence_number(*at) == text);
  if (const auto key = parse_hash_key(text)) {
    CHECK(to_text(*key) == text);
    CHECK(shard_of(*key, 7) < 7);
  }
  if (const auto shard = parse_shard_name(text)) CHECK(shard_name(*shard) == text);
  if (const auto named = parse_stream_arn(text)) CHECK(stream_arn(named->place, named->name) == text);
  return 0;
}
