// The messages of dnstap.proto (dnstap.info): one DNS message seen at one place. Fields we have no use for
// are not written, and skipped when read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"

namespace meridian::dnstap {

// Message.Type: the two of an authoritative server have names; any other number is read as it is.
enum class MessageType : std::uint32_t { AuthQuery = 1, AuthResponse = 2 };
enum class SocketProtocol : std::uint32_t { Udp = 1, Tcp = 2, Dot = 3, Doh = 4 };

struct Message {
  MessageType type = MessageType::AuthQuery;
  std::optional<SocketProtocol> protocol;
  std::optional<net::Address> client;  // who asked
  std::optional<SystemTime> query_time, response_time;
  std::string_view query, response;  // DNS messages; empty: not told
};

struct Dnstap {
  std::string_view identity, version;  // of the server; empty: not told
  Message message;
};

void append_dnstap(std::string& out, const Dnstap& dnstap);

// Views into `bytes`.
Result<Dnstap> parse_dnstap(std::string_view bytes);

}  // namespace meridian::dnstap
