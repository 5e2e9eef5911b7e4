// What requests under an access control are signed with on one day (UTC): derived of a secret that stays
// where the control plane is, and good for that day and service alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace meridian::snapshots::cdn {

struct OriginKey {
  std::string date;     // "20260101"
  std::string service;  // "s3"
  std::string key;      // 32 bytes
  bool operator==(const OriginKey&) const = default;
};
struct OriginKeys {
  std::string access_key_id;
  std::vector<OriginKey> keys;
  bool operator==(const OriginKeys&) const = default;
};
using SharedOriginKeys = std::shared_ptr<const OriginKeys>;

}  // namespace meridian::snapshots::cdn
