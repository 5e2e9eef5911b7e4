// Lines of CloudFront's logs: W3C extended format of standard logs, and what real-time logs put into a
// stream.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engines/cdn/access_log/columns.h"

namespace meridian::engines::cdn::access_log {

// "#Version: 1.0" and "#Fields: …", with which each file of a standard log begins.
std::string standard_log_head();
void append_standard_line(std::string& out, const RequestRecord& record);

class RealtimeLines {
 public:
  // Invalid: there is no such field. CF: a line has them in the documentation's order, not in that of the
  // names.
  static Result<RealtimeLines> of(std::span<const std::string> names);
  void append(std::string& out, const RequestRecord& record) const;

 private:
  std::vector<const Column*> columns_;
};

}  // namespace meridian::engines::cdn::access_log
