// One line a call: who did what to which service, from where, and how it ended.
#pragma once

#include "aws/call.h"
#include "base/log.h"

namespace meridian::aws {

struct AuditRecord {
  const Call& call;
  int status = 0;
  std::string_view error_code;  // empty on success
  Duration duration{};
};

// Whether an operation changes nothing, judged by its name as CloudTrail's readOnly is.
bool is_read_only(std::string_view operation);

void write_audit(Logger& logger, const AuditRecord& record);

}  // namespace meridian::aws
