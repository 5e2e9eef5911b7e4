// Signatures by who does not know the secret: with what was derived of it for one day, Region and service.
#pragma once

#include "aws/sigv4.h"

namespace meridian::aws::sigv4 {

struct DerivedKey {
  std::string access_key_id, key;
};
// `date`: "20260101".
std::string derive_key(std::string_view secret_access_key, std::string_view date, std::string_view region,
                       std::string_view service);
// As sign() of sigv4.h; the key must be for the day of `now`, the region and the service.
void sign(HttpRequest& request, const DerivedKey& key, std::string_view region, const Rules& rules,
          SystemTime now);

}  // namespace meridian::aws::sigv4
