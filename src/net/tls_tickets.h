// The keys that session tickets are sealed with (RFC 8446 §4.6.1, RFC 5077 §4): of one server context, so
// that all its workers open what any of them sealed. Internal to net/. Rule: a key seals for kTicketKeyTime
// and opens for as long again; then nobody has it any more, and who recorded the connections that it resumed
// cannot read them.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace meridian::net {

inline constexpr Duration kTicketKeyTime = std::chrono::hours(12);

struct TicketKey {
  std::array<std::uint8_t, 16> name{};
  std::array<std::uint8_t, 32> cipher{}, mac{};
};

class TicketKeys {
 public:
  // Thread-safe, as all of it. False: the system has no random bytes; then no tickets are made.
  bool advance(SystemTime now);
  std::optional<TicketKey> newest() const;
  struct Found {
    TicketKey key;
    bool newest = false;  // else the ticket is to be replaced
  };
  std::optional<Found> find(const std::uint8_t (&name)[16]) const;

 private:
  bool make_newest(SystemTime now);  // under the lock

  mutable std::mutex mutex_;
  std::optional<TicketKey> newest_, older_;
  SystemTime made_{};
  std::atomic<SystemTime::rep> next_{0};
};

// `keys` outlives `context`. Its tickets are AES-256-CBC and HMAC-SHA-256 (RFC 5077 §4).
void seal_tickets_with(SSL_CTX* context, TicketKeys& keys);

}  // namespace meridian::net
