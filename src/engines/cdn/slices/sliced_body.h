// The body of a large object as slices, which come, go and are waited for one by one; and what all of them
// share: the memory they lie in. Who is missing one asks for it and for what follows it in one question, and
// who comes meanwhile waits with him; who reads elsewhere is not held up by either.
// Rules: every slice of a body was sent under one strong ETag. What has been written of a slice is never
// written again. A fill is never further ahead of those who read than kSlicesAhead.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "engines/cdn/body.h"
#include "engines/cdn/disk/disk_cache.h"
#include "engines/cdn/slices/slice_queues.h"

namespace meridian::engines::cdn::slices {

inline constexpr std::uint32_t kSlicesAhead = 4;      // of a reader
inline constexpr std::size_t kFillsMax = 256;         // of one body, at one time
inline constexpr std::uint32_t kRunSlicesMax = 1024;  // of one question, where any of them may be on disk
// CF: "Maximum cacheable file size per HTTP GET response: 50 GB". Longer ones pass through.
inline constexpr std::uint64_t kObjectBytesMax = std::uint64_t{50} * 1024 * 1024 * 1024;

class Fill;

// Whom missing slices come from. Of any thread.
class Source {
 public:
  virtual ~Source() = default;
  // Returns at once. Who fills lets go of `fill` when nothing more will come.
  virtual void fetch(std::shared_ptr<Fill> fill) = 0;
};

// Which body it is, and where its slices lie over restarts.
struct Place {
  Key key{};
  std::uint64_t generation = 1;     // never 0
  disk::DiskCache* disk = nullptr;  // may be null
};

// What the slices of all bodies share.
class Slices {
 public:
  Slices(std::size_t bytes_max, Metrics& metrics);
  Slices(const Slices&) = delete;
  Slices& operator=(const Slices&) = delete;

  bool has_memory() const { return memory_.bytes_max() > 0; }

 private:
  friend class Fill;
  friend class SlicedBody;
  friend class SliceReader;
  // Under the lock. Null: `wake`, if it is not null, is fired when there may be room.
  std::shared_ptr<Slot> room(std::size_t size, const std::shared_ptr<Wake>& wake);
  void drop(Slice& slice);  // which the queues have let go
  void count();

  SliceMemory memory_;
  Counter &filled_, &evicted_, &waits_, &changed_;
  Gauge& bytes_;
  std::mutex mutex_;  // of everything here and in all bodies
  SliceQueues queues_;
};

class SlicedBody final : public Parts {
 public:
  static std::shared_ptr<Body> make(Slices& slices, const Place& place, std::uint64_t length,
                                    std::shared_ptr<Source> source);
  SlicedBody(Slices& slices, const Place& place, std::uint64_t length, std::shared_ptr<Source> source)
      : slices_(slices), place_(place), length_(length), source_(std::move(source)) {}
  ~SlicedBody() override;

  std::unique_ptr<PartsReader> read(std::uint64_t from, std::uint64_t until) override;
  std::uint64_t generation() const override { return place_.generation; }
  bool in_memory() const override { return whole_.load(std::memory_order_relaxed) > 0; }
  Stock stock(std::uint64_t from, std::uint64_t until) const override;
  // Of what is already on its way: [from, until) of the body, `from` where a slice begins.
  std::shared_ptr<Fill> begin(std::uint64_t from, std::uint64_t until);
  Source& source() const { return *source_; }
  std::uint64_t length() const { return length_; }

 private:
  friend class Fill;
  friend class SliceReader;
  friend class Slices;
  // What is done when the lock is no longer held.
  struct Later {
    std::vector<std::shared_ptr<Fill>> begun;
    std::vector<std::shared_ptr<Wake>> wakes;
    std::vector<std::pair<std::uint32_t, std::shared_ptr<Slot>>> read;  // from disk
    std::size_t starved = 0;  // what is on disk waits for so many bytes of memory to be read into
  };
  void run(Later& later);
  bool is_on_disk(std::uint32_t index) const {
    return place_.disk && place_.disk->has(disk::slice_key(place_.key, place_.generation, index));
  }
  bool read_from_disk(std::uint32_t index, const std::shared_ptr<Slot>& slot);
  void has_read(std::uint32_t index, bool found);
  void write_to_disk(std::uint32_t index, std::shared_ptr<Slot> slot);
  // Puts a slice there that is empty; null: there is no memory for it.
  Slice* begin_slice(std::uint32_t index, const std::shared_ptr<Wake>& wake);
  void is_whole(Slice& slice);
  void forget(const Slice& slice);  // which was whole
  std::uint32_t slices() const {
    return static_cast<std::uint32_t>((length_ + kSliceBytes - 1) / kSliceBytes);
  }
  std::uint64_t begin_of(std::uint32_t index) const { return index * kSliceBytes; }
  std::uint64_t end_of(std::uint32_t index) const { return std::min(length_, begin_of(index) + kSliceBytes); }
  std::size_t size_of(std::uint32_t index) const { return end_of(index) - begin_of(index); }
  // A reader stands at `index`, and goes on to `last`: what is missing there and next is asked for.
  void want(std::uint32_t index, std::uint32_t last, Later& later);
  void begin_fill(std::uint32_t index, std::uint32_t last, Later& later);
  bool is_filled_soon(std::uint32_t index) const;
  bool is_wanted(std::uint32_t index) const;
  bool is_read_soon(std::uint32_t index) const;
  bool is_near(std::uint32_t from, std::uint32_t to) const {
    return has_no_ranges_ || to - from <= kSlicesAhead;
  }
  void tell_readers_of(std::uint32_t index, Later& later);
  void tell_all(Later& later);

  Slices& slices_;
  const Place place_;
  const std::uint64_t length_;
  const std::shared_ptr<Source> source_;
  std::weak_ptr<Body> body_;             // whose parts these are
  std::atomic<std::uint32_t> whole_{0};  // slices
  // Under the lock of `slices_`.
  std::map<std::uint32_t, Slice> parts_;
  std::vector<Fill*> fills_;
  std::vector<class SliceReader*> readers_;
  bool has_no_ranges_ = false;  // its origin begins at the beginning whatever it is asked for
  bool changed_ = false;        // there is another object in its place
};

// A run of slices that is on its way. Of one loop's thread, which writes it.
class Fill {
 public:
  Fill(std::shared_ptr<Body> body, SlicedBody& parts, std::uint64_t from, std::uint64_t until)
      : body_(std::move(body)), parts_(parts), at_(from), until_(until) {}
  // What it began and did not end is dropped; who waits for it asks anew.
  ~Fill();
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;

  struct Room {
    enum class Turn : std::uint8_t { Write, Wait, Over } turn = Turn::Over;
    std::uint64_t bytes = 0;  // how many may be written
  };
  // Wait: nobody wants the next slice yet, or there is no memory for it; `wake` is fired.
  Room room(const std::shared_ptr<Wake>& wake);
  void write(std::string_view bytes);
  bool is_wanted();
  // What comes begins at the beginning, as everything from there does.
  void begin_at_the_beginning();
  void fail();     // who waits for it is cut off
  void changed();  // the object is another one by now

  std::uint64_t at() const { return at_; }
  std::uint64_t until() const { return until_; }
  std::uint64_t length() const { return parts_.length_; }

 private:
  friend class SlicedBody;
  std::uint32_t index() const { return static_cast<std::uint32_t>(at_ / kSliceBytes); }

  const std::shared_ptr<Body> body_;
  SlicedBody& parts_;
  std::uint64_t at_;  // of the next byte
  std::uint64_t until_;
  bool skips_ = false;          // this slice, which others have
  std::shared_ptr<Slot> slot_;  // of the slice it is in
  std::shared_ptr<Wake> wake_;  // while it waits to be wanted
};

}  // namespace meridian::engines::cdn::slices
