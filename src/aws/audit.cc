// The audit line.
#include "aws/audit.h"

namespace meridian::aws {
namespace {

constexpr std::size_t kShownMax = 512;  // of what the caller wrote: a line of the log is not his to fill

std::string_view shown(std::string_view text) {
  return text.substr(0, kShownMax);
}

}  // namespace

bool is_read_only(std::string_view operation) {
  for (std::string_view verb : {"Get", "List", "Describe", "BatchGet", "Head", "Test", "Discover", "Simulate",
                                "Search", "Lookup", "Check", "Validate", "Decode"})
    if (operation.starts_with(verb)) return true;
  return false;
}

void write_audit(Logger& logger, const AuditRecord& record) {
  const Call& call = record.call;
  logger.info(
      "audit", "call",
      {{"time", format_iso8601_millis(call.time)},
       {"request_id", call.request_id},
       {"account", call.account_id},
       {"principal", call.principal_arn},
       {"access_key_id", shown(call.access_key_id)},
       {"source", call.source_address},
       {"user_agent", shown(call.user_agent)},
       {"service", call.service},
       {"operation", call.operation},
       {"region", call.region},
       {"read_only", call.operation.empty()         ? "unknown"
                     : is_read_only(call.operation) ? "true"
                                                    : "false"},
       {"dry_run", call.dry_run ? "true" : "false"},
       {"error", record.error_code},
       {"status", record.status},
       {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(record.duration).count()}});
}

}  // namespace meridian::aws
