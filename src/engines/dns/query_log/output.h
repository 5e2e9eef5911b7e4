// Between a sink and the bytes' last stop: records wait here in order until the output takes them. Rule: at
// most kBufferBytesMax wait; a record is written whole, or dropped whole and counted.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/dns/query_log/sink.h"

namespace meridian::engines::dns::query_log {

class Output {
 public:
  virtual ~Output() = default;
  // `records` begins with a whole record, of which the first `taken` bytes went out before. Says how many
  // bytes are out now: fewer than before where a new reader must have that record from its start. An error:
  // these records cannot be written and are lost.
  virtual Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime now) = 0;
  // Whether more might be taken within that time; waits for it.
  virtual bool wait(Duration) { return false; }
  virtual void reopen() {}
  virtual void end() {}
};

class Buffer {
 public:
  Buffer(std::unique_ptr<Output> output, SinkMetrics metrics)
      : output_(std::move(output)), metrics_(metrics) {}

  // Appends the record that `write(text)` makes.
  template <typename Write>
  void add(Write&& write) {
    if (text_.size() - start_ >= kBufferBytesMax) {
      metrics_.dropped_slow.add();
      return;
    }
    const std::size_t before = text_.size();
    write(text_);
    sizes_.push_back(static_cast<std::uint32_t>(text_.size() - before));
  }
  void flush(MonotonicTime now);
  void reopen() { output_->reopen(); }
  void end(const Clock& clock);

 private:
  void release(std::size_t taken);

  std::unique_ptr<Output> output_;
  SinkMetrics metrics_;
  std::string text_;  // whole records from start_ on
  std::size_t start_ = 0;
  std::size_t taken_ = 0;  // of the record at start_
  std::deque<std::uint32_t> sizes_;
};

}  // namespace meridian::engines::dns::query_log
