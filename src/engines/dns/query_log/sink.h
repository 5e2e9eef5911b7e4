// Where query logs go. A destination implements Sink and is named in one list, in apps/; everything else
// stays. Rule: take() and flush() never wait for a reader: a sink that cannot keep up drops and counts.
#pragma once

#include <string_view>

#include "base/metrics.h"
#include "engines/dns/query_log/record.h"

namespace meridian::engines::dns::query_log {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::string_view name() const = 0;    // in metrics
  virtual void take(const Record& record) = 0;  // into memory of its own
  virtual void flush(
      MonotonicTime now) = 0;  // what was taken, as far as that goes now; some 100 times a second
  virtual void reopen() {}     // the operator moved a file away
  virtual void end() {}        // nothing follows; may take kEndTimeMax
};

inline constexpr Duration kEndTimeMax = std::chrono::seconds(1);
inline constexpr std::size_t kBufferBytesMax = 8 * 1024 * 1024;  // taken and not yet written, one sink

// What every sink counts. Only the log's thread adds.
struct SinkMetrics {
  SinkMetrics(Metrics& metrics, std::string_view sink)
      : written(metrics.counter("meridian_dns_query_log_records_total", "Records written to a query log.",
                                {{"sink", std::string(sink)}})),
        bytes(metrics.counter("meridian_dns_query_log_bytes_total", "Bytes written to a query log.",
                              {{"sink", std::string(sink)}})),
        dropped_slow(dropped(metrics, sink, "reader_slow")),
        dropped_failed(dropped(metrics, sink, "write_failed")) {}

  static Counter& dropped(Metrics& metrics, std::string_view sink, std::string_view reason) {
    return metrics.counter("meridian_dns_query_log_dropped_total", "Records that a query log lost.",
                           {{"sink", std::string(sink)}, {"reason", std::string(reason)}});
  }

  Counter& written;
  Counter& bytes;
  Counter& dropped_slow;    // the reader is away or behind, and kBufferBytesMax wait for it
  Counter& dropped_failed;  // the file cannot be written
};

}  // namespace meridian::engines::dns::query_log
