#include "formats/dnstap/dnstap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace meridian::dnstap {
namespace {

// protobuf's wire types
constexpr std::uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

// Field numbers of dnstap.proto.
enum DnstapField : std::uint32_t { kIdentity = 1, kVersion = 2, kMessage = 14, kType = 15 };
enum MessageField : std::uint32_t {
  kMessageType = 1,
  kSocketFamily = 2,
  kSocketProtocol = 3,
  kQueryAddress = 4,
  kQueryPort = 6,
  kQueryTimeSec = 8,
  kQueryTimeNsec = 9,
  kQueryMessage = 10,
  kResponseTimeSec = 12,
  kResponseTimeNsec = 13,
  kResponseMessage = 14,
};
constexpr std::uint64_t kTypeMessage = 1;
constexpr std::uint64_t kInet = 1, kInet6 = 2;
constexpr std::uint64_t kNanosecondsMax = 999'999'999;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
void append_number(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_varint(out, field << 3 | kVarint);
  append_varint(out, value);
}
void append_bytes(std::string& out, std::uint32_t field, std::string_view value) {
  append_varint(out, field << 3 | kBytes);
  append_varint(out, value.size());
  out.append(value);
}
void append_time(std::string& out, std::uint32_t seconds_field, std::uint32_t nanoseconds_field,
                 SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  append_number(out, seconds_field, static_cast<std::uint64_t>(seconds.time_since_epoch().count()));
  append_varint(out, nanoseconds_field << 3 | kFixed32);
  const auto rest = static_cast<std::uint32_t>((time - seconds).count());
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(rest >> shift));
}

void append_message(std::string& out, const Message& message) {
  append_number(out, kMessageType, static_cast<std::uint64_t>(message.type));
  if (message.client) append_number(out, kSocketFamily, message.client->ip.is_v4() ? kInet : kInet6);
  if (message.protocol) append_number(out, kSocketProtocol, static_cast<std::uint64_t>(*message.protocol));
  if (message.client) {
    append_bytes(out, kQueryAddress, message.client->ip.bytes());
    append_number(out, kQueryPort, message.client->port);
  }
  if (message.query_time) append_time(out, kQueryTimeSec, kQueryTimeNsec, *message.query_time);
  if (!message.query.empty()) append_bytes(out, kQueryMessage, message.query);
  if (message.response_time) append_time(out, kResponseTimeSec, kResponseTimeNsec, *message.response_time);
  if (!message.response.empty()) append_bytes(out, kResponseMessage, message.response);
}

// One field at a time of a protobuf message.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : in_(bytes) {}

  // False at the end, or where the bytes are no protobuf: see ok().
  bool next() {
    if (!ok_ || in_.at_end()) return false;
    const std::uint64_t key = varint();
    field = static_cast<std::uint32_t>(key >> 3);
    wire_type = static_cast<std::uint32_t>(key & 7);
    number = 0;
    bytes = {};
    if (key >> 32 != 0 || field == 0) ok_ = false;
    if (wire_type == kVarint) {
      number = varint();
    } else if (wire_type == kBytes) {
      const std::uint64_t size = varint();
      if (size > in_.remaining()) ok_ = false;
      if (ok_) bytes = as_text(in_.take(static_cast<std::size_t>(size)));
    } else if (wire_type == kFixed32 || wire_type == kFixed64) {
      const Bytes value = in_.take(wire_type == kFixed32 ? 4 : 8);
      for (std::size_t i = value.size(); i-- > 0;) number = number << 8 | value[i];
    } else {
      ok_ = false;  // groups: not in dnstap.proto
    }
    ok_ &= in_.ok();
    return ok_;
  }
  bool ok() const { return ok_; }
  bool is(std::uint32_t wanted, std::uint32_t type) const { return field == wanted && wire_type == type; }

  std::uint32_t field = 0, wire_type = 0;
  std::uint64_t number = 0;
  std::string_view bytes;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = in_.u8();
      if (!in_.ok()) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  ByteReader in_;
  bool ok_ = true;
};

struct TimeFields {
  std::optional<std::uint64_t> seconds;
  std::uint64_t nanoseconds = 0;

  Result<std::optional<SystemTime>> time() const {
    constexpr std::uint64_t kSecondsMax =
        static_cast<std::uint64_t>(
            std::chrono::floor<std::chrono::seconds>(SystemTime::max()).time_since_epoch().count()) -
        1;
    if (!seconds) return std::optional<SystemTime>();
    if (*seconds > kSecondsMax || nanoseconds > kNanosecondsMax)
      return invalid("dnstap: a time out of range");
    return SystemTime(std::chrono::seconds(*seconds) + Duration(nanoseconds));
  }
};

Result<std::optional<net::IpAddress>> address_of(std::uint64_t family, std::string_view bytes) {
  if (bytes.empty()) return std::optional<net::IpAddress>();
  if (family == kInet && bytes.size() == 4) {
    std::array<std::uint8_t, 4> four;
    std::copy_n(bytes.data(), four.size(), reinterpret_cast<char*>(four.data()));
    return net::IpAddress::v4(four);
  }
  if (family == kInet6 && bytes.size() == 16) {
    std::array<std::uint8_t, 16> sixteen;
    std::copy_n(bytes.data(), sixteen.size(), reinterpret_cast<char*>(sixteen.data()));
    return net::IpAddress::v6(sixteen);
  }
  return invalid("dnstap: an address that does not suit its family");
}

Result<Message> parse_message(std::string_view bytes) {
  Message message;
  std::optional<std::uint64_t> type;
  std::uint64_t family = 0, port = 0;
  std::string_view address;
  TimeFields query_time, response_time;
  FieldReader in(bytes);
  while (in.next()) {
    if (in.is(kMessageType, kVarint)) type = in.number;
    if (in.is(kSocketFamily, kVarint)) family = in.number;
    if (in.is(kSocketProtocol, kVarint)) message.protocol = static_cast<SocketProtocol>(in.number);
    if (in.is(kQueryAddress, kBytes)) address = in.bytes;
    if (in.is(kQueryPort, kVarint)) port = in.number;
    if (in.is(kQueryTimeSec, kVarint)) query_time.seconds = in.number;
    if (in.is(kQueryTimeNsec, kFixed32)) query_time.nanoseconds = in.number;
    if (in.is(kQueryMessage, kBytes)) message.query = in.bytes;
    if (in.is(kResponseTimeSec, kVarint)) response_time.seconds = in.number;
    if (in.is(kResponseTimeNsec, kFixed32)) response_time.nanoseconds = in.number;
    if (in.is(kResponseMessage, kBytes)) message.response = in.bytes;
  }
  if (!in.ok()) return invalid("dnstap: the message is no protobuf");
  if (!type || *type > 0xffffffff) return invalid("dnstap: a message without its type");
  if (port > 0xffff) return invalid("dnstap: a port out of range");
  message.type = static_cast<MessageType>(*type);
  if (const auto ip = TRY(address_of(family, address)))
    message.client = net::Address{*ip, static_cast<std::uint16_t>(port)};
  message.query_time = TRY(query_time.time());
  message.response_time = TRY(response_time.time());
  return message;
}

}  // namespace

void append_dnstap(std::string& out, const Dnstap& dnstap) {
  if (!dnstap.identity.empty()) append_bytes(out, kIdentity, dnstap.identity);
  if (!dnstap.version.empty()) append_bytes(out, kVersion, dnstap.version);
  // The size of the message stands before it, and is known only after it: two bytes hold it in practice, and
  // a varint may be longer than it needs to be, so three are kept (up to 2 MB).
  append_varint(out, kMessage << 3 | kBytes);
  const std::size_t start = out.size();
  out.append(3, '\0');
  append_message(out, dnstap.message);
  const std::size_t size = out.size() - start - 3;
  out[start] = static_cast<char>(size | 0x80);
  out[start + 1] = static_cast<char>(size >> 7 | 0x80);
  out[start + 2] = static_cast<char>(size >> 14 & 0x7f);
  append_number(out, kType, kTypeMessage);
}

Result<Dnstap> parse_dnstap(std::string_view bytes) {
  Dnstap dnstap;
  std::optional<std::string_view> message;
  std::optional<std::uint64_t> type;
  FieldReader in(bytes);
  while (in.next()) {
    if (in.is(kIdentity, kBytes)) dnstap.identity = in.bytes;
    if (in.is(kVersion, kBytes)) dnstap.version = in.bytes;
    if (in.is(kMessage, kBytes)) message = in.bytes;
    if (in.is(kType, kVarint)) type = in.number;
  }
  if (!in.ok()) return invalid("dnstap: no protobuf");
  if (type != kTypeMessage || !message) return invalid("dnstap: no message");
  dnstap.message = TRY(parse_message(*message));
  return dnstap;
}

}  // namespace meridian::dnstap
