#include "engines/cdn/slices/sliced_body.h"

#include <algorithm>
#include <cstring>

namespace meridian::engines::cdn::slices {

Slices::Slices(std::size_t bytes_max, Metrics& metrics)
    : memory_(bytes_max),
      filled_(metrics.counter("meridian_cdn_slices_filled_total",
                              "Slices of large objects that came from origins or other caches")),
      evicted_(metrics.counter("meridian_cdn_slices_evicted_total", "Slices that made room for others")),
      waits_(metrics.counter("meridian_cdn_slice_waits_total",
                             "Times that a slice waited for memory, because all of it was being sent")),
      changed_(metrics.counter("meridian_cdn_sliced_objects_changed_total",
                               "Large objects dropped because the origin has another in their place")),
      bytes_(metrics.gauge("meridian_cdn_slice_bytes", "Bytes of large objects in memory")),
      queues_(memory_.bytes_max()) {}

void Slices::count() {
  bytes_.set(static_cast<double>(queues_.bytes()));
}

void Slices::drop(Slice& slice) {
  slice.body->forget(slice);
  evicted_.add();
}

std::shared_ptr<Slot> Slices::room(std::size_t size, const std::shared_ptr<Wake>& wake) {
  auto slot = memory_.take(size);
  const auto is_sent = [](const Slice& slice) { return slice.slot.use_count() > 1; };
  const auto is_needed = [&](const Slice& slice) {
    return is_sent(slice) || slice.body->is_read_soon(slice.index);
  };
  const auto evict = [&](const auto& spared) {
    while (!slot) {
      Slice* const next = queues_.evict(spared);
      if (!next) return;
      drop(*next);
      slot = memory_.take(size);
    }
  };
  evict(is_needed);
  evict(is_sent);
  if (slot) return slot;
  // All of it is being sent. The oldest is nobody else's any more, and free when it has been.
  if (Slice* const oldest = queues_.evict([](const Slice&) { return false; })) drop(*oldest);
  waits_.add();
  return memory_.take(size, wake);
}

// One reader's place.
class SliceReader final : public PartsReader {
 public:
  SliceReader(SlicedBody& body, std::uint64_t from, std::uint64_t until)
      : body_(body), at_(from), until_(std::min(until, body.length())) {
    std::lock_guard lock(body_.slices_.mutex_);
    body_.readers_.push_back(this);
  }
  ~SliceReader() override {
    std::lock_guard lock(body_.slices_.mutex_);
    std::erase(body_.readers_, this);
  }

  Piece take(std::size_t most) override {
    Piece out;
    SlicedBody::Later later;
    {
      std::lock_guard lock(body_.slices_.mutex_);
      if (at_ >= until_) return out;
      const std::uint32_t here = index();
      const std::uint64_t offset = at_ % kSliceBytes;
      if (std::exchange(entered_, here) != here) body_.want(here, last(), later);
      const auto found = body_.parts_.find(here);
      if (found != body_.parts_.end()) {
        Slice& slice = found->second;
        if (slice.filled > offset) {
          if (std::exchange(read_, here) != here) slice.begin_to_read(offset);
          const auto size =
              static_cast<std::size_t>(std::min({std::uint64_t{most}, slice.filled - offset, until_ - at_}));
          slice.read_until = std::max(slice.read_until, offset + size);
          out = Piece(Slot::part(slice.slot, offset, size));
          at_ += size;
        }
      }
    }
    body_.run(later);
    return out;
  }

  bool cut() const override {
    std::lock_guard lock(body_.slices_.mutex_);
    return cut_ || body_.changed_;
  }

  void wait(const std::shared_ptr<Wake>& wake) override {
    SlicedBody::Later later;
    {
      std::lock_guard lock(body_.slices_.mutex_);
      const auto found = body_.parts_.find(index());
      if (cut_ || body_.changed_ ||
          (found != body_.parts_.end() && found->second.filled > at_ % kSliceBytes)) {
        later.wakes.push_back(wake);
      } else {
        wake_ = wake;
        body_.want(index(), last(), later);
      }
    }
    if (later.starved > 0) body_.slices_.memory_.wait(later.starved, wake);
    body_.run(later);
  }

  std::uint32_t index() const { return static_cast<std::uint32_t>(at_ / kSliceBytes); }
  std::uint32_t last() const { return static_cast<std::uint32_t>((until_ - 1) / kSliceBytes); }
  bool is_done() const { return at_ >= until_; }
  bool waits() const { return wake_ != nullptr; }
  void tell(SlicedBody::Later& later) {
    if (auto wake = std::exchange(wake_, nullptr)) later.wakes.push_back(std::move(wake));
  }
  void cut_off(SlicedBody::Later& later) {
    cut_ = true;
    tell(later);
  }

 private:
  SlicedBody& body_;
  // Under the lock of all slices.
  std::uint64_t at_;
  const std::uint64_t until_;
  std::uint32_t entered_ = ~std::uint32_t{0}, read_ = ~std::uint32_t{0};
  bool cut_ = false;
  std::shared_ptr<Wake> wake_;  // while it waits
};

std::shared_ptr<Body> SlicedBody::make(Slices& slices, const Place& place, std::uint64_t length,
                                       std::shared_ptr<Source> source) {
  auto parts = std::make_unique<SlicedBody>(slices, place, length, std::move(source));
  SlicedBody& made = *parts;
  auto body = Body::of_parts(std::move(parts), length);
  made.body_ = body;
  return body;
}

SlicedBody::~SlicedBody() {
  std::lock_guard lock(slices_.mutex_);
  for (auto& [index, slice] : parts_)
    if (slice.filled == size_of(index)) slices_.queues_.remove(slice);
  parts_.clear();
  slices_.count();
}

std::unique_ptr<PartsReader> SlicedBody::read(std::uint64_t from, std::uint64_t until) {
  return std::make_unique<SliceReader>(*this, from, until);
}

Parts::Stock SlicedBody::stock(std::uint64_t from, std::uint64_t until) const {
  std::lock_guard lock(slices_.mutex_);
  Stock stock{.parts = slices()};
  for (std::uint32_t index = 0; index < slices(); ++index) {
    const bool in_memory = parts_.contains(index), on_disk = !in_memory && is_on_disk(index);
    stock.in_memory += in_memory;
    stock.on_disk += on_disk;
    if (in_memory || on_disk || end_of(index) <= from || begin_of(index) >= until) continue;
    if (!stock.misses()) stock.missing_from = begin_of(index);
    if (!stock.misses() || stock.missing_until == begin_of(index)) stock.missing_until = end_of(index);
  }
  return stock;
}

std::shared_ptr<Fill> SlicedBody::begin(std::uint64_t from, std::uint64_t until) {
  auto fill = std::make_shared<Fill>(body_.lock(), *this, from, until);
  std::lock_guard lock(slices_.mutex_);
  fills_.push_back(fill.get());
  return fill;
}

// Somebody comes by it without having to be asked.
bool SlicedBody::is_filled_soon(std::uint32_t index) const {
  return std::ranges::any_of(fills_, [&](const Fill* fill) {
    return fill->index() <= index && begin_of(index) < fill->until_ && is_near(fill->index(), index);
  });
}

bool SlicedBody::is_wanted(std::uint32_t index) const {
  return std::ranges::any_of(readers_, [&](const SliceReader* reader) {
    if (reader->is_done() || reader->last() < index) return false;
    const std::uint32_t at = reader->index();
    return at <= index ? index - at <= kSlicesAhead : is_near(index, at);
  });
}

// What comes is left to whoever fills it; this is of what is here.
bool SlicedBody::is_read_soon(std::uint32_t index) const {
  return std::ranges::any_of(readers_, [&](const SliceReader* reader) {
    if (reader->is_done()) return false;
    const std::uint32_t at = reader->index();
    return at <= index && index <= std::min(reader->last(), at + kSlicesAhead);
  });
}

void SlicedBody::want(std::uint32_t index, std::uint32_t last, Later& later) {
  if (changed_) return;
  for (std::uint32_t next = index; next <= std::min(last, index + kSlicesAhead); ++next) {
    if (parts_.contains(next)) continue;
    if (is_filled_soon(next)) break;
    if (is_on_disk(next)) {
      const Slice* const begun = begin_slice(next, nullptr);
      if (!begun) {
        later.starved = size_of(next);
        break;
      }
      later.read.emplace_back(next, begun->slot);
      continue;
    }
    begin_fill(next, last, later);
    break;
  }
  for (Fill* fill : fills_)
    if (fill->wake_ && is_wanted(fill->index())) later.wakes.push_back(std::exchange(fill->wake_, nullptr));
}

// Up to where there is something again.
void SlicedBody::begin_fill(std::uint32_t index, std::uint32_t last, Later& later) {
  const auto body = body_.lock();
  if (!body || fills_.size() >= kFillsMax) return;
  if (const auto next = parts_.upper_bound(index); next != parts_.end())
    last = std::min(last, next->first - 1);
  for (const Fill* fill : fills_)
    if (fill->index() > index) last = std::min(last, fill->index() - 1);
  if (place_.disk) {
    last = std::min(last, index + kRunSlicesMax - 1);
    for (std::uint32_t next = index + 1; next <= last; ++next)
      if (is_on_disk(next)) last = next - 1;
  }
  later.begun.push_back(std::make_shared<Fill>(body, *this, begin_of(index), end_of(last)));
  fills_.push_back(later.begun.back().get());
}

void SlicedBody::run(Later& later) {
  for (const auto& wake : later.wakes) Wake::fire(wake);
  for (auto& fill : later.begun) source_->fetch(std::move(fill));
  for (const auto& [index, slot] : later.read)
    if (!read_from_disk(index, slot)) has_read(index, false);
}

bool SlicedBody::read_from_disk(std::uint32_t index, const std::shared_ptr<Slot>& slot) {
  const auto body = body_.lock();
  if (!body) return false;
  return place_.disk->read_slice(disk::slice_key(place_.key, place_.generation, index),
                                 [this, body, index, slot](std::string_view bytes) {
                                   const bool found = bytes.size() == size_of(index);
                                   if (found) std::memcpy(slot->bytes(), bytes.data(), bytes.size());
                                   has_read(index, found);
                                 });
}

// What cannot be had from there is asked for.
void SlicedBody::has_read(std::uint32_t index, bool found) {
  Later later;
  {
    std::lock_guard lock(slices_.mutex_);
    Slice& slice = parts_.at(index);
    if (found) {
      slice.filled = size_of(index);
      is_whole(slice);
    } else {
      parts_.erase(index);
      begin_fill(index, index, later);
    }
    tell_readers_of(index, later);
  }
  run(later);
}

void SlicedBody::write_to_disk(std::uint32_t index, std::shared_ptr<Slot> slot) {
  if (!place_.disk) return;
  const std::string_view bytes(slot->bytes(), size_of(index));
  place_.disk->write_slice(disk::slice_key(place_.key, place_.generation, index),
                           SharedBytes{std::move(slot), bytes});
}

Slice* SlicedBody::begin_slice(std::uint32_t index, const std::shared_ptr<Wake>& wake) {
  auto slot = slices_.room(size_of(index), wake);
  if (!slot) return nullptr;
  return &(parts_[index] = {.body = this, .index = index, .slot = std::move(slot)});
}

// It is known again when the object is fetched anew.
void SlicedBody::is_whole(Slice& slice) {
  slice.key = disk::slice_key(place_.key, 0, slice.index);
  slices_.queues_.add(slice);
  ++whole_;
  slices_.count();
}

void SlicedBody::forget(const Slice& slice) {
  --whole_;
  parts_.erase(slice.index);
}

void SlicedBody::tell_readers_of(std::uint32_t index, Later& later) {
  for (SliceReader* reader : readers_)
    if (reader->waits() && reader->index() == index) reader->tell(later);
}

void SlicedBody::tell_all(Later& later) {
  for (SliceReader* reader : readers_) reader->tell(later);
}

Fill::~Fill() {
  SlicedBody::Later later;
  {
    std::lock_guard lock(parts_.slices_.mutex_);
    std::erase(parts_.fills_, this);
    if (slot_) parts_.parts_.erase(index());
    parts_.tell_all(later);
  }
  parts_.run(later);
}

Fill::Room Fill::room(const std::shared_ptr<Wake>& wake) {
  using Turn = Room::Turn;
  std::lock_guard lock(parts_.slices_.mutex_);
  if (parts_.changed_ || at_ >= until_) return {Turn::Over};
  const std::uint32_t here = index();
  const std::uint64_t left = std::min(parts_.end_of(here), until_) - at_;
  if (slot_ || skips_) return {Turn::Write, left};
  if (parts_.parts_.contains(here)) {
    // The rest can be asked for when it is wanted, where that is possible.
    if (!parts_.has_no_ranges_) return {Turn::Over};
    skips_ = true;
    return {Turn::Write, left};
  }
  if (!parts_.is_wanted(here)) {
    wake_ = wake;
    return {Turn::Wait};
  }
  const Slice* const begun = parts_.begin_slice(here, wake);
  if (!begun) return {Turn::Wait};
  slot_ = begun->slot;
  return {Turn::Write, left};
}

void Fill::write(std::string_view bytes) {
  if (slot_) std::memcpy(slot_->bytes() + at_ % kSliceBytes, bytes.data(), bytes.size());
  SlicedBody::Later later;
  std::shared_ptr<Slot> written;
  const std::uint32_t here = index();
  {
    std::lock_guard lock(parts_.slices_.mutex_);
    const bool ends = at_ + bytes.size() == parts_.end_of(here);
    if (slot_) {
      Slice& slice = parts_.parts_.at(here);
      slice.filled += bytes.size();
      if (ends) {
        parts_.is_whole(slice);
        parts_.slices_.filled_.add();
        written = slot_;
      }
      parts_.tell_readers_of(here, later);
    }
    if (ends) {
      slot_.reset();
      skips_ = false;
    }
    at_ += bytes.size();
  }
  if (written) parts_.write_to_disk(here, std::move(written));
  parts_.run(later);
}

bool Fill::is_wanted() {
  std::lock_guard lock(parts_.slices_.mutex_);
  return parts_.is_wanted(index());
}

void Fill::begin_at_the_beginning() {
  std::lock_guard lock(parts_.slices_.mutex_);
  if (slot_) parts_.parts_.erase(index());
  slot_.reset();
  at_ = 0;
  until_ = parts_.length_;
  parts_.has_no_ranges_ = true;
}

void Fill::fail() {
  SlicedBody::Later later;
  {
    std::lock_guard lock(parts_.slices_.mutex_);
    std::erase(parts_.fills_, this);
    for (SliceReader* reader : parts_.readers_)
      if (reader->waits() && reader->index() >= index() && parts_.begin_of(reader->index()) < until_ &&
          !parts_.is_filled_soon(reader->index()))
        reader->cut_off(later);
  }
  parts_.run(later);
}

void Fill::changed() {
  SlicedBody::Later later;
  {
    std::lock_guard lock(parts_.slices_.mutex_);
    if (std::exchange(parts_.changed_, true)) return;
    parts_.slices_.changed_.add();
    parts_.tell_all(later);
  }
  body_->finish(Body::State::Cut);
  parts_.run(later);
}

}  // namespace meridian::engines::cdn::slices
