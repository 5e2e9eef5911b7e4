#include "services/s3/md5_queue.h"

#include <algorithm>
#include <utility>

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kCompany = 3;              // streams that are worth hashing side by side
constexpr std::size_t kGoingBytes = 256 * 1024;  // of each of them

}  // namespace

// A stream whose bytes this thread hashes, without the lock, in short steps: what is begun is hashed to its
// end, if need be alone.
struct Md5Queue::Chosen {
  static constexpr std::size_t kStepBytes = 4096;

  Stream* stream;
  std::deque<SharedBytes> bytes;
  std::string_view blocks = {};  // of the step
  std::shared_ptr<const void> owner = {};

  // Begins the next step where one is over; false: nothing is left.
  bool has_blocks() {
    while (blocks.empty() && !bytes.empty()) {
      std::string_view& front = bytes.front().bytes;
      blocks = stream->md5_.enter(front.substr(0, kStepBytes));
      owner = bytes.front().owner;
      front.remove_prefix(std::min(kStepBytes, front.size()));
      if (front.empty()) bytes.pop_front();
    }
    return !blocks.empty();
  }
  void end_step() {
    Md5Lane lane{&stream->md5_.words(), blocks};
    hash_side_by_side({&lane, 1}, blocks.size() / Md5::kBlockBytes);
    blocks = {};
  }
};

std::vector<Md5Queue::Chosen> Md5Queue::choose(Stream& first) {
  std::vector<Chosen> chosen;
  const auto take = [&](Stream& stream) {
    stream.being_hashed_ = true;
    chosen.push_back({&stream, std::exchange(stream.waiting_, {})});
  };
  take(first);
  for (Stream* stream : streams_)
    if (chosen.size() < Md5Lane::kCountMax && !stream->being_hashed_ &&
        stream->waiting_bytes_ >= Chosen::kStepBytes)
      take(*stream);
  return chosen;
}

void Md5Queue::put_back(Chosen& chosen) {
  Stream& stream = *chosen.stream;
  stream.being_hashed_ = false;
  stream.waiting_.insert(stream.waiting_.begin(), std::make_move_iterator(chosen.bytes.begin()),
                         std::make_move_iterator(chosen.bytes.end()));
  std::size_t left = 0;
  for (const SharedBytes& bytes : stream.waiting_) left += bytes.bytes.size();
  bytes_ -= stream.waiting_bytes_ - left;
  stream.waiting_bytes_ = left;
  if (left > 0 || !stream.listed_) return;
  stream.listed_ = false;
  std::erase(streams_, &stream);
}

// What waits of `first`, with as much of the others as goes along with it. Who began in company stops when
// that has gone: the rest may find other company.
void Md5Queue::hash(Lock& lock, Stream& first) {
  std::vector<Chosen> chosen = choose(first);
  lock.unlock();
  std::vector<Chosen*> running;
  for (Chosen& each : chosen) running.push_back(&each);
  while (chosen.front().has_blocks()) {
    std::erase_if(running, [](Chosen* each) { return !each->has_blocks(); });
    if (running.size() < kCompany && chosen.size() >= kCompany) break;
    Md5Lane lanes[Md5Lane::kCountMax];
    std::size_t count = ~std::size_t{0};
    for (std::size_t i = 0; i < running.size(); ++i) {
      lanes[i] = {&running[i]->stream->md5_.words(), running[i]->blocks};
      count = std::min(count, lanes[i].blocks.size() / Md5::kBlockBytes);
    }
    hash_side_by_side({lanes, running.size()}, count);
    for (std::size_t i = 0; i < running.size(); ++i) running[i]->blocks = lanes[i].blocks;
  }
  for (Chosen& each : chosen) each.end_step();
  lock.lock();
  for (Chosen& each : chosen) put_back(each);
  hashed_.notify_all();
}

void Md5Queue::Stream::hash_all(Lock& lock) {
  for (;;) {
    queue_.hashed_.wait(lock, [this] { return !being_hashed_; });
    if (waiting_bytes_ == 0) return;
    queue_.hash(lock, *this);
  }
}

void Md5Queue::Stream::add(SharedBytes bytes) {
  if (bytes.bytes.empty()) return;
  Lock lock(queue_.mutex_);
  waiting_bytes_ += bytes.bytes.size();
  queue_.bytes_ += bytes.bytes.size();
  waiting_.push_back(std::move(bytes));
  if (!std::exchange(listed_, true)) queue_.streams_.push_back(this);
  if (waiting_bytes_ >= kStreamBytesMax || queue_.bytes_ > kBytesMax) return hash_all(lock);
  const auto can_go = [](const Stream* stream) {
    return !stream->being_hashed_ && stream->waiting_bytes_ >= kGoingBytes;
  };
  if (can_go(this) && std::ranges::count_if(queue_.streams_, can_go) >= static_cast<std::ptrdiff_t>(kCompany))
    queue_.hash(lock, *this);
}

void Md5Queue::Stream::add(std::string_view bytes) {
  Lock lock(queue_.mutex_);
  hash_all(lock);
  lock.unlock();
  md5_.add(bytes);
}

std::string Md5Queue::Stream::finish() {
  Lock lock(queue_.mutex_);
  hash_all(lock);
  lock.unlock();
  return md5_.finish();
}

Md5Queue::Stream::~Stream() {
  Lock lock(queue_.mutex_);
  queue_.hashed_.wait(lock, [this] { return !being_hashed_; });
  queue_.bytes_ -= waiting_bytes_;
  if (listed_) std::erase(queue_.streams_, this);
}

}  // namespace meridian::services::s3
