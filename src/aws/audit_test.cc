#include "aws/audit.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace meridian::aws {
namespace {

std::string audit_line(const AuditRecord& record) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const ManualClock clock(SystemTime(std::chrono::seconds(1)));
  {
    Logger logger(clock, ends[1], LogFormat::Json, LogLevel::Info);
    write_audit(logger, record);
    logger.flush();
  }
  close(ends[1]);
  char buffer[4096];
  const ssize_t size = read(ends[0], buffer, sizeof buffer);
  close(ends[0]);
  return {buffer, static_cast<std::size_t>(size)};
}

TEST(Audit, OneLineTellsWhoDidWhatAndHowItEnded) {
  Call call;
  call.request_id = "id-1";
  call.time = SystemTime(std::chrono::milliseconds(1500));
  call.account_id = "111122223333";
  call.principal_arn = "arn:aws:iam::111122223333:root";
  call.source_address = "192.0.2.1";
  call.service = "route53";
  call.operation = "CreateHostedZone";
  const std::string line = audit_line({call, 409, "HostedZoneAlreadyExists", std::chrono::milliseconds(2)});
  for (const char* part :
       {"\"time\":\"1970-01-01T00:00:01.500Z\"", "\"request_id\":\"id-1\"", "\"account\":\"111122223333\"",
        "\"principal\":\"arn:aws:iam::111122223333:root\"", "\"source\":\"192.0.2.1\"",
        "\"service\":\"route53\"", "\"operation\":\"CreateHostedZone\"", "\"read_only\":\"false\"",
        "\"error\":\"HostedZoneAlreadyExists\"", "\"status\":409", "\"duration_us\":2000"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Audit, KnowsReadsFromChangesByTheirVerb) {
  for (const char* name :
       {"GetChange", "ListHostedZones", "DescribeMesh", "TestDNSAnswer", "DiscoverInstances"})
    EXPECT_TRUE(is_read_only(name)) << name;
  for (const char* name : {"CreateHostedZone", "ChangeResourceRecordSets", "AssumeRole", "DeleteUser", ""})
    EXPECT_FALSE(is_read_only(name)) << name;
}

}  // namespace
}  // namespace meridian::aws
