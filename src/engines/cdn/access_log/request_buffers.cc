#include "engines/cdn/access_log/request_buffers.h"

#include <utility>

namespace meridian::engines::cdn::access_log {

Counter& unlogged_requests(Metrics& metrics) {
  return metrics.counter("meridian_cdn_unlogged_requests_total",
                         "Requests that neither logs nor metrics of distributions tell of, because they came "
                         "faster than they could be taken");
}

RequestBuffers::RequestBuffers(Metrics& metrics) : dropped_(unlogged_requests(metrics)) {}

RequestLog& RequestBuffers::open() {
  const std::lock_guard lock(mutex_);
  return *buffers_.emplace_back(std::make_unique<Buffer>(dropped_));
}

void RequestBuffers::fetch(const std::function<void(const RequestRecord&)>& visit) {
  std::vector<Buffer*> buffers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& buffer : buffers_) buffers.push_back(buffer.get());
  }
  for (Buffer* buffer : buffers) {
    RequestBatch batch;
    buffer->exchange(batch);
    for (const RequestRecord& record : batch.records()) visit(record);
  }
}

void RequestBuffers::Buffer::add(const RequestRecord& record) {
  const std::lock_guard lock(mutex_);
  if (!batch_.add(record)) dropped_.add();
}

void RequestBuffers::Buffer::count(const RequestNumbers& numbers) {
  const std::lock_guard lock(mutex_);
  if (!batch_.count(numbers)) dropped_.add();
}

void RequestBuffers::Buffer::exchange(RequestBatch& empty) {
  const std::lock_guard lock(mutex_);
  std::swap(batch_, empty);
}

}  // namespace meridian::engines::cdn::access_log
