// dnstap: an AUTH_QUERY and, where something was sent, an AUTH_RESPONSE a query, with the messages as they
// were.
#pragma once

#include <memory>
#include <string>

#include "engines/dns/query_log/output.h"

namespace meridian::engines::dns::query_log {

struct DnstapIdentity {
  std::string identity, version;
};

class DnstapSink final : public Sink {
 public:
  DnstapSink(std::unique_ptr<Output> output, DnstapIdentity identity, const Clock& clock, Metrics& metrics);

  static constexpr std::string_view kName = "dnstap";
  std::string_view name() const override { return kName; }
  void take(const Record& record) override;
  void flush(MonotonicTime now) override { buffer_.flush(now); }
  void reopen() override { buffer_.reopen(); }
  void end() override { buffer_.end(clock_); }

 private:
  const Clock& clock_;
  DnstapIdentity identity_;
  Buffer buffer_;
};

}  // namespace meridian::engines::dns::query_log
