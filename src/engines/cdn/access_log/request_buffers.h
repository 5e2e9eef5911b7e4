// Where the workers leave the records of their requests, and one thread fetches them. Rule: a worker's lock
// is held for one copy, or for exchanging two batches; what finds no room is dropped and counted.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/metrics.h"
#include "engines/cdn/access_log/request_batch.h"

namespace meridian::engines::cdn::access_log {

// Of requests that nobody hears of, for want of room somewhere.
Counter& unlogged_requests(Metrics& metrics);

class RequestBuffers final : public RequestLogs {
 public:
  explicit RequestBuffers(Metrics& metrics);

  RequestLog& open() override;
  // All that was added since the last time. One thread at a time.
  void fetch(const std::function<void(const RequestRecord&)>& visit);

 private:
  class Buffer final : public RequestLog {
   public:
    explicit Buffer(Counter& dropped) : dropped_(dropped) {}
    void add(const RequestRecord& record) override;
    void count(const RequestNumbers& numbers) override;
    void exchange(RequestBatch& empty);

   private:
    Counter& dropped_;
    std::mutex mutex_;
    RequestBatch batch_;
  };

  Counter& dropped_;
  std::mutex mutex_;  // of the list
  std::vector<std::unique_ptr<Buffer>> buffers_;
};

}  // namespace meridian::engines::cdn::access_log
