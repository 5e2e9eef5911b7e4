// The worker's end of the query log: chooses the queries that a sink wants and copies them into the worker's
// ring. Rule: no lock, no allocation, no system call; what does not fit is dropped and counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "engines/dns/query_log/logged_zones.h"
#include "engines/dns/query_log/record.h"
#include "engines/dns/query_log/ring.h"

namespace meridian::engines::dns::query_log {

// Which queries a sink gets, and what of them.
struct Selection {
  static constexpr std::uint32_t kOneInMax = 1'000'000;
  static constexpr std::size_t kZonesMax = 1000;

  std::uint32_t one_in = 1;             // on average; 1: all
  std::vector<std::string> zones = {};  // ids; empty: every zone
  LoggedZones* chosen = nullptr;        // instead of `zones`: those it names at the moment; outlives the log
  bool only_answered = false;           // not what no zone of ours answered, or what got no reply
  bool replies = false;                 // with the bytes of the reply
};

inline constexpr std::size_t kSinksMax = 8;  // of one log: a bit each in a record

class Recorder {
 public:
  Recorder(std::span<const Selection> selections, std::size_t ring_bytes, std::uint64_t seed);

  // Whether any query is wanted now: what the worker asks before it makes a record.
  bool awake() const { return always_ || (chosen_ != nullptr && chosen_->any()); }
  // The worker, once a query. `record.reply` may always be given.
  void add(const Record& record);

  // The log's thread.
  Ring& ring() { return ring_; }
  std::uint64_t dropped(std::size_t sink) const { return dropped_[sink].load(std::memory_order_relaxed); }

  struct Entry {
    Record record;
    std::uint8_t sinks;  // bit i: sink i wants it
  };
  static Entry read(Bytes bytes);
  static SystemTime time_of(Bytes bytes);

 private:
  struct Choice {
    Selection selection;  // its zones sorted
    std::uint32_t until_next;
    std::unique_ptr<Published<LoggedZones::Ids>::Reader> chosen{};
  };
  bool wants(Choice& choice, const Record& record);
  std::uint32_t draw_gap(std::uint32_t one_in);

  std::vector<Choice> choices_;
  bool always_ = false;                  // some selection is of fixed zones
  const LoggedZones* chosen_ = nullptr;  // at most one selection has them
  SeededRandom random_;
  Ring ring_;
  std::array<std::atomic<std::uint64_t>, kSinksMax> dropped_{};
};

}  // namespace meridian::engines::dns::query_log
