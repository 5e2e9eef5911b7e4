// What an edge tells its control of the requests that it served: pieces of records, compressed, kept until
// the control has them. Rule: in memory only, and at most kBytesMax of it; what finds no room is dropped, and
// counted.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "apps/cdn_traffic/traffic.h"
#include "base/metrics.h"
#include "engines/cdn/access_log/record_wire.h"
#include "snapshots/feed/client.h"

namespace meridian::apps {

class RequestOutbox final : public TrafficReader, public snapshots::feed::RequestSource {
 public:
  static constexpr std::size_t kBytesMax = 64 * 1024 * 1024;  // as compressed
  static constexpr std::size_t kPieceBytes = 96 * 1024;       // of records; then another piece is begun
  static constexpr std::size_t kSentBytesMax = 1024 * 1024;   // that the control has not taken

  // `series` is another one in each process.
  RequestOutbox(std::uint64_t series, Metrics& metrics);

  // The traffic's thread.
  void take(const engines::cdn::RequestRecord& record) override;
  void turn(SystemTime) override { close_piece(); }
  void end(SystemTime) override { close_piece(); }

  // The feed's.
  std::optional<snapshots::feed::Requests> next() override;
  void taken(const snapshots::feed::RequestsTaken& taken) override;
  void repeat() override;

  // Another's: until the control has all of it, or for that time.
  void wait_until_taken(std::chrono::milliseconds most);

 private:
  struct Piece {
    std::uint64_t number = 0, plain_size = 0;
    std::string bytes;
  };
  void close_piece();

  const std::uint64_t series_;
  Counter& dropped_;
  Gauge& bytes_gauge_;
  engines::cdn::access_log::RecordWriter writer_;  // the traffic's thread

  std::mutex mutex_;  // of the rest
  std::condition_variable changed_;
  std::deque<Piece> pieces_;  // that the control has not taken, the oldest first
  std::size_t bytes_ = 0;     // of them
  std::size_t sent_ = 0, sent_bytes_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace meridian::apps
