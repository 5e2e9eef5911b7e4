// The key of a data directory under which all other keys are wrapped: 32 bytes in a file of mode 0600.
// Rule: none is made where something is kept that an older one sealed.
#pragma once

#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::store::objects {

// Everything under it in the store is sealed by Secrets.
inline constexpr std::string_view kSecretsPrefix = "sealed/";

// Reads DIRECTORY/master-key, or makes it. Corrupt: it is gone or spoilt, and what it sealed is there.
Result<std::string> open_master_key(Disk& disk, Store& store, Random& random, const std::string& directory);

// Small texts at rest, such as private keys: each under a key of its own.
class Secrets {
 public:
  Secrets(std::string master_key, Random& random) : master_key_(std::move(master_key)), random_(random) {}

  // `id` is authenticated with it: what was sealed for one does not open for another.
  std::string seal(std::string_view id, std::string_view plain) const;
  Result<std::string> open(std::string_view id, std::string_view sealed) const;

 private:
  const std::string master_key_;
  Random& random_;
};

}  // namespace meridian::store::objects
