// Route 53's public query log lines (Developer Guide, "Values that appear in DNS query logs"): one line a
// query that a hosted zone answered.
#pragma once

#include <memory>
#include <string>

#include "engines/dns/query_log/output.h"

namespace meridian::engines::dns::query_log {

class Route53Lines {
 public:
  static constexpr std::size_t kEdgeLocationSizeMax = 64;

  explicit Route53Lines(std::string edge_location) : edge_location_(std::move(edge_location)) {}
  // With its newline; nothing when the query cannot be read, which no zone answers.
  void append(std::string& out, const Record& record);

 private:
  void append_time(std::string& out, SystemTime time);

  std::string edge_location_;
  std::chrono::sys_seconds second_{std::chrono::seconds(-1)};
  std::string second_text_;  // of second_, up to the dot: consecutive lines share it
};

class Route53Sink final : public Sink {
 public:
  Route53Sink(std::unique_ptr<Output> output, std::string edge_location, const Clock& clock,
              Metrics& metrics);

  static constexpr std::string_view kName = "route53";
  std::string_view name() const override { return kName; }
  void take(const Record& record) override {
    buffer_.add([&](std::string& out) { lines_.append(out, record); });
  }
  void flush(MonotonicTime now) override { buffer_.flush(now); }
  void reopen() override { buffer_.reopen(); }
  void end() override { buffer_.end(clock_); }

 private:
  const Clock& clock_;
  Route53Lines lines_;
  Buffer buffer_;
};

}  // namespace meridian::engines::dns::query_log
