#include "engines/cdn/body.h"

#include <algorithm>
#include <cstring>

namespace meridian::engines::cdn {

std::shared_ptr<Body> Body::of(std::string_view bytes) {
  auto body = std::make_shared<Body>(Kind::Kept, bytes.size());
  body->append(bytes);
  body->finish(State::Whole);
  return body;
}

std::optional<std::uint64_t> Body::length() const {
  if (length_) return length_;
  if (state() == State::Whole) return size();
  return std::nullopt;
}

// A small body costs what it has; a long one of unknown length grows in ever larger pieces.
Body::Piece& Body::room_for(std::size_t size) {
  if (!pieces_.empty() && pieces_.back().used < pieces_.back().capacity) return pieces_.back();
  Piece piece;
  if (kind() == Kind::Passing)
    piece.capacity = size;
  else if (length_)
    piece.capacity = static_cast<std::size_t>(
        std::min<std::uint64_t>(*length_ - std::min(*length_, this->size()), kWholePieceBytesMax));
  else if (!pieces_.empty())
    piece.capacity = std::min(kPieceBytesMax, pieces_.back().capacity * 2);
  piece.capacity = std::max(piece.capacity, std::min(size, kPieceBytesMax));
  piece.bytes = std::make_unique_for_overwrite<char[]>(piece.capacity);
  pieces_.push_back(std::move(piece));
  return pieces_.back();
}

void Body::append(std::string_view bytes) {
  {
    std::lock_guard lock(mutex_);
    while (!bytes.empty()) {
      Piece& piece = room_for(bytes.size());
      const std::size_t size = std::min(bytes.size(), piece.capacity - piece.used);
      std::memcpy(piece.bytes.get() + piece.used, bytes.data(), size);
      piece.used += size;
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
  while (!pieces_.empty() && bytes_gone_ + pieces_.front().capacity <= read) {
    bytes_gone_ += pieces_.front().capacity;
    ++pieces_gone_;
    pieces_.pop_front();
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
    : body_(std::move(body)), at_(from), until_(until) {
  std::lock_guard lock(body_->mutex_);
  body_->readers_.push_back(this);
  piece_ = body_->pieces_gone_;
  piece_begins_ = body_->bytes_gone_;
}

BodyReader::~BodyReader() {
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(body_->mutex_);
    std::erase(body_->readers_, this);
    if (body_->kind() == Body::Kind::Passing) told = body_->forget_read();
  }
  if (told) Wake::fire(told);
}

std::string BodyReader::take(std::size_t most) {
  std::string out;
  std::shared_ptr<Wake> told;
  {
    std::lock_guard lock(body_->mutex_);
    most = static_cast<std::size_t>(std::min<std::uint64_t>(most, until_ - std::min(until_, at_)));
    while (out.size() < most && piece_ >= body_->pieces_gone_ &&
           piece_ - body_->pieces_gone_ < body_->pieces_.size()) {
      const Body::Piece& piece = body_->pieces_[piece_ - body_->pieces_gone_];
      if (at_ < piece_begins_ + piece.used) {
        const auto offset = static_cast<std::size_t>(at_ - piece_begins_);
        const std::size_t size = std::min(most - out.size(), piece.used - offset);
        if (out.empty()) out.reserve(size);
        out.append(piece.bytes.get() + offset, size);
        at_ += size;
      }
      if (at_ < piece_begins_ + piece.capacity) break;
      piece_begins_ += piece.capacity;
      ++piece_;
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
  if (body_->state() == Body::State::Cut && at_ >= body_->size()) return true;
  std::lock_guard lock(body_->mutex_);
  return piece_ < body_->pieces_gone_ || at_ < body_->bytes_gone_;
}

void BodyReader::wait(const std::shared_ptr<Wake>& wake) {
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

}  // namespace meridian::engines::cdn
