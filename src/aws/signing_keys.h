// The keys that signatures are made with: derived from a secret for a day, a region and a service by four
// HMACs, which would be half of the work of checking a request. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aws/sigv4.h"
#include "aws/sigv4_hash.h"

namespace meridian::aws::sigv4 {

class SigningKeys {
 public:
  static constexpr std::size_t kKeysMax = 1024;  // then it forgets all and begins anew

  HmacKey find(const Claim& claim, std::string_view secret_access_key);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, HmacKey> keys_;
};

}  // namespace meridian::aws::sigv4
