#include "engines/dns/query_log/query_log.h"

#include <pthread.h>

#include <algorithm>

namespace meridian::engines::dns::query_log {

QueryLog::QueryLog(std::vector<Destination> destinations, unsigned workers, std::size_t ring_bytes,
                   const Clock& clock, Random& random, Metrics& metrics)
    : clock_(clock) {
  std::vector<Selection> selections;
  for (Destination& destination : destinations) {
    selections.push_back(std::move(destination.selection));
    sinks_.push_back(std::move(destination.sink));
  }
  for (unsigned i = 0; i < workers; ++i)
    recorders_.push_back(std::make_unique<Recorder>(selections, ring_bytes, random.next()));
  register_metrics(metrics);
}

QueryLog::~QueryLog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  drain();
  for (auto& sink : sinks_) sink->end();
}

void QueryLog::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "query-log");
}

void QueryLog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool reopen = std::exchange(reopening_, false);
    lock.unlock();
    if (reopen)
      for (auto& sink : sinks_) sink->reopen();
    drain();
    lock.lock();
    wake_.wait_for(lock, awake() ? kPause : kPauseAsleep, [this] { return stopping_ || reopening_; });
  }
}

bool QueryLog::awake() const {
  return std::ranges::any_of(recorders_, [](const auto& recorder) { return recorder->awake(); });
}

void QueryLog::reopen() {
  {
    std::lock_guard lock(mutex_);
    reopening_ = true;
  }
  wake_.notify_one();
}

void QueryLog::drain() {
  for (auto& recorder : recorders_) recorder->ring().refresh();
  for (;;) {
    Ring* oldest = nullptr;
    Bytes bytes;
    for (auto& recorder : recorders_) {
      const Bytes front = recorder->ring().front();
      if (!front.data() || (oldest && Recorder::time_of(bytes) <= Recorder::time_of(front))) continue;
      oldest = &recorder->ring();
      bytes = front;
    }
    if (!oldest) break;
    deliver(bytes);
    oldest->pop();
  }
  const MonotonicTime now = clock_.monotonic();
  for (auto& sink : sinks_) sink->flush(now);
}

void QueryLog::deliver(Bytes bytes) {
  const Recorder::Entry entry = Recorder::read(bytes);
  for (std::size_t i = 0; i < sinks_.size(); ++i)
    if (entry.sinks >> i & 1) sinks_[i]->take(entry.record);
}

void QueryLog::register_metrics(Metrics& metrics) {
  std::vector<Counter*> dropped;
  for (const auto& sink : sinks_)
    dropped.push_back(&SinkMetrics::dropped(metrics, sink->name(), "ring_full"));
  metrics.on_scrape([this, dropped] {
    for (std::size_t i = 0; i < dropped.size(); ++i) {
      std::uint64_t total = 0;
      for (const auto& recorder : recorders_) total += recorder->dropped(i);
      const std::uint64_t before = dropped[i]->value();
      if (total > before) dropped[i]->add(total - before);
    }
  });
}

}  // namespace meridian::engines::dns::query_log
