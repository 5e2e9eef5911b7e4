// Frame Streams to a reader on a unix socket: READY, its ACCEPT, START, data, STOP, its FINISH. A reader that
// is away is looked for again with growing pauses; meanwhile records wait in the sink's buffer.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "engines/dns/query_log/output.h"
#include "formats/dnstap/frame_streams.h"
#include "net/unix_stream.h"

namespace meridian::engines::dns::query_log {

class DnstapSocket final : public Output {
 public:
  static constexpr Duration kPauseMin = std::chrono::milliseconds(100);
  static constexpr Duration kPauseMax = std::chrono::seconds(10);
  static constexpr Duration kHandshakeTimeMax = std::chrono::seconds(5);

  DnstapSocket(std::string path, Logger& logger) : path_(std::move(path)), logger_(logger) {}

  Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime now) override;
  bool wait(Duration time) override;
  void end() override;

 private:
  // Nothing: not yet, or not any more.
  bool ready(MonotonicTime now);
  Result<void> connect(MonotonicTime now);
  Result<bool> accepted(MonotonicTime now);
  Result<void> send_control();
  void lose(const Error& why, MonotonicTime now);

  const std::string path_;
  Logger& logger_;
  std::unique_ptr<net::UnixStream> stream_;
  dnstap::FrameReader reader_;
  std::string control_;  // READY or START, as far as not sent
  bool accepted_ = false;
  bool told_lost_ = false;  // in the log, once a loss
  MonotonicTime connected_at_{}, next_attempt_{};
  Duration pause_ = kPauseMin;
};

}  // namespace meridian::engines::dns::query_log
