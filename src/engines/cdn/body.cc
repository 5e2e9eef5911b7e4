#include "engines/cdn/body.h"

#include <algorithm>
#include <cstring>

#include "base/prefetch.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kCopiedBytesMax = 4096;      // up to here a copy is cheaper than to share
constexpr std::size_t kPrefetchedBytesMax = 2048;  // a processor sees where a longer reading leads

}  // namespace

std::shared_ptr<Body> Body::of(std::string_view bytes) {
  auto kept = std::make_shared_for_overwrite<char[]>(bytes.size());
  std::ranges::copy(bytes, kept.get());
  return of(std::move(kept), bytes.size());
}

std::shared_ptr<Body> Body::of(std::shared_ptr<char[]> bytes, std::size_t size) {
  auto body = std::make_shared<Body>(Kind::Kept, size);
  if (size > 0) body->blocks_.push_back({std::move(bytes), size, size});
  body->size_ = size;
  body->state_ = State::Whole;
  return body;
}

std::shared_ptr<Body> Body::of_parts(std::unique_ptr<Parts> parts, std::uint64_t length) {
  auto body = std::make_shared<Body>(Kind::Kept, length);
  body->parts_ = std::move(parts);
  return body;
}

std::optional<std::uint64_t> Body::length() const {
  if (length_) return length_;
  if (state() == State::Whole) return size();
  return std::nullopt;
}

// A small body costs what it has; a long one of unknown length grows in ever larger blocks.
Body::Block& Body::room_for(std::size_t size) {
  if (blocks_here() > 0 && blocks_.back().used < blocks_.back().capacity) return blocks_.back();
  Block block;
  if (kind() == Kind::Passing)
    block.capacity = size;
  else if (length_)
    block.capacity = static_cast<std::size_t>(
        std::min<std::uint64_t>(*length_ - std::min(*length_, this->size()), kWholeBlockBytesMax));
  else if (blocks_here() > 0)
    block.capacity = std::min(kBlockBytesMax, blocks_.back().capacity * 2);
  block.capacity = std::max(block.capacity, std::min(size, kBlockBytesMax));
  block.bytes = std::make_shared_for_overwrite<char[]>(block.capacity);
  blocks_.push_back(std::move(block));
  return blocks_.back();
}

void Body::append(std::string_view bytes) {
  {
    std::lock_guard lock(mutex_);
    while (!bytes.empty()) {
      Block& block = room_for(bytes.size());
      const std::size_t size = std::min(bytes.size(), block.capacity - block.used);
      std::memcpy(block.bytes.get() + block.used, bytes.data(), size);
      block.used += size;
      bytes.remove_prefix(size);
      size_.fetch_add(size, std::memory_order_release);
    }
  }
  tell_readers();
}

void Body::finish(State end) {
  std::shared_ptr<Wake> producer;
  {
    std::lock_guard lock(mutex_);
    State growing = State::Growing;
    if (!state_.compare_exchange_strong(growing, end)) return;
    producer.swap(producer_);
  }
  if (producer) producer->cancel();
  tell_readers();
}

void Body::tell_readers() {
  std::vector<std::shared_ptr<Wake>> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const auto& wake : waiting) Wake::fire(wake);
}

std::uint64_t Body::least_read() const {
  std::uint64_t least = size();
  for (const BodyReader* reader : readers_) least = std::min(least, reader->at_);
  return least;
}

void Body::fetch_ahead(int place) const {
  if (place == 0) return prefetch(this);
  if (state() != State::Whole || kind() != Kind::Kept || blocks_.size() != 1) return;
  const Block& block = blocks_.front();
  place == 1 ? prefetch(&block) : prefetch(block.bytes.get(), std::min(block.used, kPrefetchedBytesMax));
}

bool Body::congested() {
  if (kind() == Kind::Kept) return false;
  std::lock_guard lock(mutex_);
  return producer_waits_ = size() - least_read() > kPassingBytesMax;
}

void Body::set_producer(std::shared_ptr<Wake> producer) {
  std::lock_guard lock(mutex_);
  if (state() == State::Growing) producer_ = std::move(producer);
}

void Body::stop_keeping() {
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(mutex_);
    kind_ = Kind::Passing;
    told = forget_read();
  }
  if (told) Wake::fire(told);
}

void Body::abandon() {
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(mutex_);
    abandoned_ = true;
    told = producer_;
  }
  if (told) Wake::fire(told);
}

std::shared_ptr<Wake> Body::forget_read() {
  const std::uint64_t read = least_read();
  while (blocks_here() > 0 && bytes_gone_ + blocks_[first_].capacity <= read) {
    bytes_gone_ += blocks_[first_].capacity;
    ++blocks_gone_;
    blocks_[first_++] = {};
  }
  // Rarely, so that each block is moved once at most.
  if (first_ > 2 * blocks_here()) {
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (readers_.empty() && state() == State::Growing) {
    abandoned_ = true;
    return producer_;
  }
  if (producer_waits_ && size() - read <= kPassingBytesMax) {
    producer_waits_ = false;
    return producer_;
  }
  return nullptr;
}

BodyReader::BodyReader(std::shared_ptr<Body> body, std::uint64_t from, std::uint64_t until)
    : body_(std::move(body)), at_(from), until_(body_->parts_ ? std::min(until, *body_->length_) : until) {
  if (body_->parts_) {
    parts_ = body_->parts_->read(from, until_);
    return;
  }
  std::lock_guard lock(body_->mutex_);
  body_->readers_.push_back(this);
  block_ = body_->blocks_gone_;
  block_begins_ = body_->bytes_gone_;
}

BodyReader::~BodyReader() {
  if (parts_) return;
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(body_->mutex_);
    std::erase(body_->readers_, this);
    if (body_->kind() == Body::Kind::Passing) told = body_->forget_read();
  }
  if (told) Wake::fire(told);
}

Piece BodyReader::take(std::size_t most) {
  Piece out;
  if (parts_) [[unlikely]] {
    out = parts_->take(most);
    at_ += out.size();
    return out;
  }
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(body_->mutex_);
    most = static_cast<std::size_t>(std::min<std::uint64_t>(most, until_ - std::min(until_, at_)));
    while (out.empty() && most > 0 && block_ >= body_->blocks_gone_ &&
           block_ - body_->blocks_gone_ < body_->blocks_here()) {
      const Body::Block& block = body_->block(block_);
      if (at_ < block_begins_ + block.used) {
        const auto offset = static_cast<std::size_t>(at_ - block_begins_);
        const std::size_t size = std::min(most, block.used - offset);
        const std::string_view bytes(block.bytes.get() + offset, size);
        out = size <= kCopiedBytesMax ? Piece(std::string(bytes)) : Piece(SharedBytes{block.bytes, bytes});
        at_ += size;
      }
      if (at_ < block_begins_ + block.capacity) break;
      block_begins_ += block.capacity;
      ++block_;
    }
    if (body_->kind() == Body::Kind::Passing) told = body_->forget_read();
  }
  if (told) Wake::fire(told);
  return out;
}

bool BodyReader::at_end() const {
  return at_ >= until_ || (body_->state() == Body::State::Whole && at_ >= body_->size());
}

// Also what was forgotten before this reader came will not come.
bool BodyReader::cut() const {
  if (parts_) return parts_->cut();
  if (body_->state() == Body::State::Cut && at_ >= body_->size()) return true;
  std::lock_guard lock(body_->mutex_);
  return block_ < body_->blocks_gone_ || at_ < body_->bytes_gone_;
}

void BodyReader::wait(const std::shared_ptr<Wake>& wake) {
  if (parts_) return parts_->wait(wake);
  {
    std::lock_guard lock(body_->mutex_);
    const bool more = body_->size() > at_ || body_->state() != Body::State::Growing;
    if (!more) {
      body_->waiting_.push_back(wake);
      return;
    }
  }
  Wake::fire(wake);
}

void append_body(const std::shared_ptr<Body>& body, std::string& out) {
  constexpr std::size_t kAtOnce = 64 * 1024;
  BodyReader reader(body, 0, body->size());
  for (Piece piece = reader.take(kAtOnce); !piece.empty(); piece = reader.take(kAtOnce)) out += piece.view();
}

}  // namespace meridian::engines::cdn
