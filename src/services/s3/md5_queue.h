// MD5 of streams that come at the same time, side by side: a stream's bytes wait until there is company, a
// mebibyte of them, or the stream's end, and whoever hashes then takes along what waits of the others. Alone,
// a stream costs what it costs anywhere; of eight together, each costs a third of that.
// Rule: what waits has a limit, for each stream and for all; bytes that wait are shared, never copied.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "base/piece.h"
#include "services/s3/md5.h"

namespace meridian::services::s3 {

class Md5Queue {
 public:
  static constexpr std::size_t kStreamBytesMax = 1024 * 1024;
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;

  class Stream;  // outlived by the queue; used by one thread at a time

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Chosen;
  void hash(Lock& lock, Stream& first);
  std::vector<Chosen> choose(Stream& first);
  void put_back(Chosen& chosen);

  std::mutex mutex_;
  std::condition_variable hashed_;
  std::vector<Stream*> streams_;  // of which something waits
  std::size_t bytes_ = 0;         // that wait
};

class Md5Queue::Stream {
 public:
  explicit Stream(Md5Queue& queue) : queue_(queue) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void add(SharedBytes bytes);
  void add(std::string_view bytes);  // that nobody keeps: hashed at once
  std::string finish();              // 16 bytes; once

 private:
  friend class Md5Queue;
  void hash_all(Lock& lock);

  Md5Queue& queue_;
  // Of the queue's mutex, but for what is being hashed, which is of the thread that hashes it.
  Md5 md5_;
  std::deque<SharedBytes> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool listed_ = false, being_hashed_ = false;
};

}  // namespace meridian::services::s3
