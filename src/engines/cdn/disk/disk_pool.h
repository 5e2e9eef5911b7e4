// Threads that wait for disks, so that no loop does. Rule: bounded; what does not fit is refused, and then
// counts as not on disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace meridian::engines::cdn::disk {

// Runs tasks elsewhere, or, in tests, here.
class Errands {
 public:
  virtual ~Errands() = default;
  virtual bool run(std::function<void()> errand) = 0;  // false: there are too many
};

class DiskPool final : public Errands {
 public:
  static constexpr std::size_t kErrandsMax = 1024;

  explicit DiskPool(unsigned threads);
  ~DiskPool() override;
  bool run(std::function<void()> errand) override;
  void stop();  // what runs is finished, what waits is dropped

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> errands_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace meridian::engines::cdn::disk
