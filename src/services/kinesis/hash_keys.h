// Which shard a record belongs to: the MD5 of its partition key, a number of 128 bits, among the shards'
// ranges, which are as equal as they can be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meridian::services::kinesis {

using HashKey = unsigned __int128;

HashKey hash_of(std::string_view partition_key);
std::string to_text(HashKey key);                              // decimal
std::optional<HashKey> parse_hash_key(std::string_view text);  // decimal, below 2^128

struct HashRange {
  HashKey first = 0, last = 0;
};
HashRange range_of(std::uint32_t shard, std::uint32_t shards);
std::uint32_t shard_of(HashKey key, std::uint32_t shards);

std::string shard_name(std::uint32_t shard);  // "shardId-000000000000"
std::optional<std::uint32_t> parse_shard_name(std::string_view name);

}  // namespace meridian::services::kinesis
