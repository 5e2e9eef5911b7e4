#include "aws/signing_keys.h"

namespace meridian::aws::sigv4 {

HmacKey SigningKeys::find(const Claim& claim, std::string_view secret_access_key) {
  // The secret itself is in the name: one that changed has other keys.
  thread_local std::string name;
  name = secret_access_key;
  for (const std::string* part : {&claim.date, &claim.region, &claim.service}) (name += '\0') += *part;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = keys_.find(name); found != keys_.end()) return found->second;
  }
  const HmacKey key(signing_key(claim, secret_access_key));
  std::lock_guard lock(mutex_);
  if (keys_.size() >= kKeysMax) keys_.clear();
  keys_.emplace(name, key);
  return key;
}

}  // namespace meridian::aws::sigv4
