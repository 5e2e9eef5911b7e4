// Where files of logs go: an object in somebody's bucket.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::apps {

struct LogObject {
  std::string account, bucket, key;

  auto operator<=>(const LogObject&) const = default;
};

class LogBucket {
 public:
  virtual ~LogBucket() = default;
  // Durable when it returns; the same object again replaces it.
  virtual Result<void> put(const LogObject& object, std::string_view bytes) = 0;
};

}  // namespace meridian::apps
