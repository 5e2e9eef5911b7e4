// Records to a descriptor that somebody else made, usually standard output. Rule: it is not made non-blocking
// (others share it), and is still never waited for.
#pragma once

#include "engines/dns/query_log/output.h"

namespace meridian::engines::dns::query_log {

class Pipe final : public Output {
 public:
  explicit Pipe(int descriptor);  // stays the caller's

  Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime now) override;
  bool wait(Duration time) override;

 private:
  int descriptor_;
  std::size_t piece_max_;
};

}  // namespace meridian::engines::dns::query_log
