#include "engines/dns/query_log/output.h"

namespace meridian::engines::dns::query_log {

void Buffer::flush(MonotonicTime now) {
  if (sizes_.empty()) return;
  const auto taken = output_->write(std::string_view(text_).substr(start_), taken_, now);
  if (taken) return release(*taken);
  metrics_.dropped_failed.add(sizes_.size());
  sizes_.clear();
  text_.clear();
  start_ = taken_ = 0;
}

void Buffer::release(std::size_t taken) {
  metrics_.bytes.add(taken > taken_ ? taken - taken_ : 0);
  std::uint64_t records = 0;
  for (; !sizes_.empty() && sizes_.front() <= taken; sizes_.pop_front(), ++records) {
    taken -= sizes_.front();
    start_ += sizes_.front();
  }
  if (records > 0) metrics_.written.add(records);
  taken_ = taken;
  // Moving the rest to the front each time would cost as much as a slow reader has left over.
  if (sizes_.empty() || start_ > kBufferBytesMax / 2) {
    text_.erase(0, start_);
    start_ = 0;
  }
}

void Buffer::end(const Clock& clock) {
  const MonotonicTime deadline = clock.monotonic() + kEndTimeMax;
  for (;;) {
    const MonotonicTime now = clock.monotonic();
    flush(now);
    if (sizes_.empty() || now >= deadline || !output_->wait(deadline - now)) break;
  }
  if (!sizes_.empty()) metrics_.dropped_slow.add(sizes_.size());
  output_->end();
}

}  // namespace meridian::engines::dns::query_log
