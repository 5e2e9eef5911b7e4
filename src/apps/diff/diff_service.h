// Diffs as the operator's endpoint serves them: one at a time, on a thread of its own, as one may take
// seconds.
#pragma once

#include <string>

#include "apps/command_line.h"
#include "apps/diff/dns_difference.h"
#include "aws/call_pool.h"
#include "http/server.h"

namespace meridian::apps {

inline constexpr std::size_t kDiffsQueuedMax = 4;
// "same", "changes" or "errors", of a diff that was made.
inline constexpr const char* kDiffVerdictHeader = "x-meridian-diff";

class DiffService {
 public:
  explicit DiffService(DiffParts parts) : parts_(std::move(parts)), pool_(1, kDiffsQueuedMax) {}
  void answer(std::string body, Output output, http::Responder responder);

 private:
  http::Response made(const std::string& body, Output output) const;

  DiffParts parts_;
  aws::CallPool pool_;
};

}  // namespace meridian::apps
