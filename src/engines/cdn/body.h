// The body of a response while it arrives and after: one producer, any number of readers, on any loops.
// Rule: blocks never move, and what was written is never written again. A kept body holds all it was given; a
// passing one only what its slowest reader has not read, and beyond kPassingBytesMax the producer is to wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/piece.h"
#include "net/loop.h"

namespace meridian::engines::cdn {

inline constexpr std::size_t kPassingBytesMax = 512 * 1024;
inline constexpr std::size_t kBlockBytesMax = 64 * 1024;  // of a body of unknown length
inline constexpr std::size_t kWholeBlockBytesMax =
    1024 * 1024;  // up to here a body of known length is one block

// Runs a task of one loop, which may be asked for on another.
class Wake {
 public:
  Wake(net::Loop& loop, std::function<void()> task) : loop_(loop), task_(std::move(task)) {}
  net::Loop& loop() const { return loop_; }
  void cancel() { task_ = nullptr; }  // on the loop's thread
  void run() {                        // on the loop's thread
    if (!task_) return;
    const auto task = task_;
    task();
  }
  static void fire(const std::shared_ptr<Wake>& wake) {
    wake->loop_.post([wake] { wake->run(); });
  }

 private:
  net::Loop& loop_;
  std::function<void()> task_;
};

// The bytes of a body that come and go in parts (slices/), and one reader's place in them. As a BodyReader.
class PartsReader {
 public:
  virtual ~PartsReader() = default;
  virtual Piece take(std::size_t most) = 0;
  virtual bool cut() const = 0;
  virtual void wait(const std::shared_ptr<Wake>& wake) = 0;
};
class Parts {
 public:
  virtual ~Parts() = default;
  virtual std::unique_ptr<PartsReader> read(std::uint64_t from, std::uint64_t until) = 0;
  // Tells them from those of any other body that the same key has had, or will.
  virtual std::uint64_t generation() const = 0;
  virtual bool in_memory() const = 0;  // some of it, so that something is lost with them; of any thread
  // For explain: of how many which are there, or coming; and what of [from, until) is missing in the first
  // place.
  struct Stock {
    std::size_t parts = 0, in_memory = 0, on_disk = 0;  // on_disk: of those that memory has not
    std::uint64_t missing_from = 0, missing_until = 0;
    bool misses() const { return missing_from < missing_until; }
  };
  virtual Stock stock(std::uint64_t from, std::uint64_t until) const = 0;
};

class Body {
 public:
  enum class Kind : std::uint8_t { Kept, Passing };
  enum class State : std::uint8_t { Growing, Whole, Cut };

  Body(Kind kind, std::optional<std::uint64_t> length = std::nullopt) : kind_(kind), length_(length) {}
  static std::shared_ptr<Body> of(std::string_view bytes);  // whole
  // The same of bytes that others hold, too.
  static std::shared_ptr<Body> of(std::shared_ptr<char[]> bytes, std::size_t size);
  // Without a producer: it grows until it is cut.
  static std::shared_ptr<Body> of_parts(std::unique_ptr<Parts> parts, std::uint64_t length);

  // The producer's.
  void append(std::string_view bytes);
  // RFC 9110 §6.5; before finish().
  using Trailers = std::vector<std::pair<std::string, std::string>>;
  void set_trailers(Trailers trailers) { trailers_ = std::make_unique<const Trailers>(std::move(trailers)); }
  void finish(State end);
  bool congested();  // if so, `producer` is told when that is over
  void set_producer(std::shared_ptr<Wake> producer);
  // From now on what was read is forgotten: there is too much of it.
  void stop_keeping();

  // Nobody reads any more what is not kept; the producer is told.
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }
  void abandon();

  State state() const { return state_.load(std::memory_order_acquire); }
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }  // so far
  std::optional<std::uint64_t> length() const;                                  // once it is known
  // Null: none; of a body that is whole.
  const Trailers* trailers() const { return state() == State::Whole ? trailers_.get() : nullptr; }
  Kind kind() const { return kind_.load(std::memory_order_relaxed); }
  // A whole body that is kept in one piece: nobody writes to it any more, so that it is read without a lock.
  struct Bytes {
    const std::shared_ptr<char[]>& owner;
    std::string_view bytes;
    Piece piece() const { return Piece(SharedBytes{owner, bytes}); }
  };
  std::optional<Bytes> in_one_piece() const {
    if (state() != State::Whole || kind() != Kind::Kept || blocks_.size() != 1 || trailers_)
      return std::nullopt;
    const Block& block = blocks_.front();
    return Bytes{block.bytes, {block.bytes.get(), block.used}};
  }
  // What is touched of a body that in_one_piece() gives, asked for before it: 0 itself, 1 where its bytes
  // are, 2 those.
  static constexpr int kPlaces = 3;
  void fetch_ahead(int place) const;
  Parts* parts() const { return parts_.get(); }  // null: it has its bytes itself

 private:
  friend class BodyReader;
  struct Block {
    std::shared_ptr<char[]> bytes;  // whoever sends them holds them, too
    std::size_t capacity = 0, used = 0;
  };
  std::size_t blocks_here() const { return blocks_.size() - first_; }
  const Block& block(std::size_t ever) const { return blocks_[first_ + ever - blocks_gone_]; }
  Block& room_for(std::size_t size);
  std::uint64_t least_read() const;
  std::shared_ptr<Wake> forget_read();  // whom to tell
  void tell_readers();

  std::atomic<Kind> kind_;
  const std::optional<std::uint64_t> length_;
  std::atomic<State> state_{State::Growing};
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> abandoned_{false};
  mutable std::mutex mutex_;  // of what follows
  // A deque would cost 600 bytes more, which matters where there are a million bodies.
  std::vector<Block> blocks_;  // from first_ on
  std::size_t first_ = 0;
  std::size_t blocks_gone_ = 0;  // and the bytes in them:
  std::uint64_t bytes_gone_ = 0;
  std::vector<std::shared_ptr<Wake>> waiting_;
  std::vector<class BodyReader*> readers_;
  std::shared_ptr<Wake> producer_;
  std::unique_ptr<const Trailers> trailers_;
  std::unique_ptr<Parts> parts_;
  bool producer_waits_ = false;
};

inline constexpr std::uint64_t kToTheEnd = ~std::uint64_t{0};  // of a body, wherever that will be

// One reader's place in a body. Of one loop's thread.
class BodyReader {
 public:
  // Reads [from, until) of it.
  BodyReader(std::shared_ptr<Body> body, std::uint64_t from, std::uint64_t until);
  ~BodyReader();
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // What is there, at most `most` bytes and not always all; empty: nothing now, or the end (at_end, cut).
  Piece take(std::size_t most);
  bool at_end() const;  // all of the range was read
  bool cut() const;     // what is missing will not come
  // `wake` is fired once, when there may be more.
  void wait(const std::shared_ptr<Wake>& wake);
  std::uint64_t position() const { return at_; }

 private:
  friend class Body;
  const std::shared_ptr<Body> body_;
  std::uint64_t at_;
  const std::uint64_t until_;
  std::unique_ptr<PartsReader> parts_;  // of a body that has parts
  std::size_t block_ = 0;               // where at_ is, of all blocks that there ever were
  std::uint64_t block_begins_ = 0;
};

// All that has come of it, behind what is in `out`.
void append_body(const std::shared_ptr<Body>& body, std::string& out);

}  // namespace meridian::engines::cdn
