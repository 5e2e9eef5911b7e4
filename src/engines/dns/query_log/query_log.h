// The query log of one engine: a recorder a worker, the sinks, and the thread between them. Make it before
// the engine and destroy it after: what workers recorded until their end is still written.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engines/dns/query_log/recorder.h"
#include "engines/dns/query_log/sink.h"

namespace meridian::engines::dns::query_log {

class QueryLog {
 public:
  static constexpr std::size_t kRingBytesDefault = 4 * 1024 * 1024;
  // How long a record waits at most when there is little to do. The workers do not wake the thread: a system
  // call a query would cost more than all the rest.
  static constexpr Duration kPause = std::chrono::milliseconds(10);
  static constexpr Duration kPauseAsleep = std::chrono::milliseconds(100);  // while no query is wanted

  struct Destination {
    std::unique_ptr<Sink> sink;
    Selection selection;
  };

  QueryLog(std::vector<Destination> destinations, unsigned workers, std::size_t ring_bytes,
           const Clock& clock, Random& random, Metrics& metrics);
  ~QueryLog();  // the workers have ended

  void start();
  Recorder& recorder(unsigned worker) { return *recorders_[worker]; }
  unsigned workers() const { return static_cast<unsigned>(recorders_.size()); }
  void reopen();  // thread-safe

  // Hands what the rings held when it was called to the sinks; what the thread does over and over.
  void drain();

 private:
  void run();
  bool awake() const;
  void deliver(Bytes bytes);
  void register_metrics(Metrics& metrics);

  const Clock& clock_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false, reopening_ = false;
  std::thread thread_;
};

}  // namespace meridian::engines::dns::query_log
