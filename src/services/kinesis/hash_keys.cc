#include "services/kinesis/hash_keys.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"

namespace meridian::services::kinesis {
namespace {

constexpr HashKey kLast = ~HashKey{0};
constexpr std::string_view kShard = "shardId-";
constexpr std::size_t kShardDigits = 12;

// 2^128 / shards, rounded down.
HashKey width(std::uint32_t shards) {
  return shards == 1 ? 0 : kLast / shards + (kLast % shards == shards - 1 ? 1 : 0);
}

}  // namespace

HashKey hash_of(std::string_view partition_key) {
  std::array<unsigned char, 16> digest{};
  CHECK(EVP_Digest(partition_key.data(), partition_key.size(), digest.data(), nullptr, EVP_md5(), nullptr) ==
        1);
  HashKey key = 0;
  for (const unsigned char byte : digest) key = key << 8 | byte;
  return key;
}

std::string to_text(HashKey key) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(key % 10));
    key /= 10;
  } while (key != 0);
  std::ranges::reverse(digits);
  return digits;
}

std::optional<HashKey> parse_hash_key(std::string_view text) {
  if (text.empty() || text.size() > 39 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  HashKey key = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<HashKey>(c - '0');
    if (key > (kLast - digit) / 10) return std::nullopt;
    key = key * 10 + digit;
  }
  return key;
}

HashRange range_of(std::uint32_t shard, std::uint32_t shards) {
  return {shard * width(shards), shard + 1 == shards ? kLast : (shard + 1) * width(shards) - 1};
}

std::uint32_t shard_of(HashKey key, std::uint32_t shards) {
  if (shards == 1) return 0;
  return static_cast<std::uint32_t>(std::min<HashKey>(key / width(shards), shards - 1));
}

std::string shard_name(std::uint32_t shard) {
  return fmt::format("{}{:0{}}", kShard, shard, kShardDigits);
}

std::optional<std::uint32_t> parse_shard_name(std::string_view name) {
  if (!name.starts_with(kShard)) return std::nullopt;
  name.remove_prefix(kShard.size());
  std::uint32_t shard = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), shard);
  if (name.size() != kShardDigits || error != std::errc() || end != name.data() + name.size())
    return std::nullopt;
  return shard;
}

}  // namespace meridian::services::kinesis
