#include "store/objects/master_key.h"

#include <fmt/format.h>

#include "store/objects/blob_record.h"
#include "store/objects/seal.h"

namespace meridian::store::objects {
namespace {

constexpr std::size_t kWrappedKeyBytes = 12 + kKeyBytes + kTagBytes;  // with its nonce
// In the store: something that the key sealed, by which a spoilt or foreign key file is known for what it is
// before anything is sealed under it.
constexpr std::string_view kCheckKey = "master-key/check", kCheckId = "key-check";

Result<bool> holds_any(Store& store, std::string_view prefix) {
  RangeOptions one;
  one.limit = 1;
  return !TRY(store.range(prefix, one)).items.empty();
}

Result<void> check_key(Store& store, Random& random, std::string_view key, const std::string& path) {
  if (const auto check = TRY(store.get(kCheckKey))) {
    if (unwrap_key(key, check->value, kCheckId)) return {};
    return fail(ErrorCode::Corrupt, path + " is not the key that this directory's objects are sealed under",
                ErrorSource::Storage);
  }
  TRY(store.commit({{}, {{std::string(kCheckKey), wrap_key(key, new_key(random), kCheckId, random)}}, {}}));
  return {};
}

}  // namespace

Result<std::string> open_master_key(Disk& disk, Store& store, Random& random, const std::string& directory) {
  const std::string path = directory + "/master-key";
  auto key = disk.read(path);
  if (!key && key.error().code != ErrorCode::NotFound) return std::unexpected(std::move(key).error());
  if (!key) {
    if (TRY(holds_any(store, kBlobsPrefix)) || TRY(holds_any(store, kSecretsPrefix)))
      return fail(ErrorCode::Corrupt,
                  path + " is gone, and no object and no private key can be read without it",
                  ErrorSource::Storage);
    key = new_key(random);
    TRY(disk.make_directories(directory));
    TRY(disk.replace(path, as_bytes(*key)));
  }
  if (key->size() != kKeyBytes)
    return fail(ErrorCode::Corrupt, fmt::format("{} is not {} bytes long", path, kKeyBytes),
                ErrorSource::Storage);
  TRY(check_key(store, random, *key, path));
  return *std::move(key);
}

std::string Secrets::seal(std::string_view id, std::string_view plain) const {
  const std::string key = new_key(random_);
  std::string sealed = wrap_key(master_key_, key, id, random_);
  BlockCipher(key).seal(0, true, as_bytes(plain), sealed);
  return sealed;
}

Result<std::string> Secrets::open(std::string_view id, std::string_view sealed) const {
  if (sealed.size() < kWrappedKeyBytes)
    return fail(ErrorCode::Corrupt, "a sealed secret is too short", ErrorSource::Storage);
  const std::string key = TRY(unwrap_key(master_key_, sealed.substr(0, kWrappedKeyBytes), id));
  std::string plain;
  TRY(BlockCipher(key).open(0, true, as_bytes(sealed.substr(kWrappedKeyBytes)), plain));
  return plain;
}

}  // namespace meridian::store::objects
