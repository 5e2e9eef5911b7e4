// What one worker counts of its queries: one writer, no sharing. Others read it when somebody asks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engines/dns/answer.h"

namespace meridian::engines::dns {

struct Counters {
  static constexpr std::size_t kRcodes = 24;  // BADCOOKIE, 23, is the largest there is for us

  // One writer: a load and a store cost less than a locked add.
  static void add(std::atomic<std::uint64_t>& cell, std::uint64_t by = 1) {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  struct PerTransport {
    std::array<std::atomic<std::uint64_t>, kRcodes> replies{};
    std::atomic<std::uint64_t> truncated{0};
    std::atomic<std::uint64_t> dropped{0};  // no reply was safe
  };

  // Why a connection was closed that the client had not ended.
  enum class Closed : std::uint8_t { Prefix, Evicted, Idle, TooLong };
  static constexpr std::array<const char*, 4> kClosedNames{"prefix", "evicted", "idle", "too_long"};
  struct PerStreamTransport : PerTransport {
    std::atomic<std::uint64_t> connections{0};  // open now
    std::array<std::atomic<std::uint64_t>, kClosedNames.size()> closed{};
    void add_closed(Closed why) { add(closed[static_cast<std::size_t>(why)]); }
  };

  // What routing policies chose; see ChoiceNotes.
  struct Choices {
    std::array<std::atomic<std::uint64_t>, 8> policies{};  // by PolicyKind
    std::atomic<std::uint64_t> failed_open{0}, gave_up{0};
    [[gnu::noinline]] void count(const ChoiceNotes& notes) {
      for (std::size_t kind = 0; kind < policies.size(); ++kind)
        if (notes.policies & 1u << kind) add(policies[kind]);
      if (notes.failed_open) add(failed_open);
      if (notes.gave_up) add(gave_up);
    }
  };

  PerTransport udp;
  PerStreamTransport tcp, tls;
  Choices choices;
};

}  // namespace meridian::engines::dns
