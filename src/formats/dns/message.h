// DNS messages (RFC 1035 §4, RFC 6891): a strict view of a query, and a writer that compresses names and
// rolls back.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"

namespace meridian::dns {

inline constexpr std::size_t kHeaderSize = 12;

struct Header {
  std::uint16_t id = 0;
  bool qr = false, aa = false, tc = false, rd = false, ra = false, ad = false, cd = false;
  Opcode opcode = Opcode::Query;
  std::uint8_t rcode = 0;  // the four header bits
  std::uint16_t question_count = 0, answer_count = 0, authority_count = 0, additional_count = 0;
};
Header read_header(const std::uint8_t (&bytes)[kHeaderSize]);

struct Question {
  Name name;  // case as it was asked
  Type type = Type::A;
  Class klass = Class::IN;
};

struct ClientSubnet {        // RFC 7871
  std::uint16_t family = 1;  // 1 IPv4, 2 IPv6
  std::uint8_t source_bits = 0;
  std::uint8_t scope_bits = 0;
  std::array<std::uint8_t, 16> address{};
};

struct Edns {
  std::uint16_t udp_payload_size = 512;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  bool has_options = false;  // of those below
  bool nsid = false;         // the option was present
  bool padding = false;      // the option was present (RFC 7830)
  std::string_view cookie;   // 8, or 16 to 40 bytes of the message parsed; empty: none
  std::optional<ClientSubnet> client_subnet;
};

// RFC 1035 §4.1.1, RFC 4035 §3.1.6: the flags of a query that its reply repeats.
inline constexpr std::uint16_t kRecursionDesired = 0x0100, kCheckingDisabled = 0x0010;

struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;  // with the opcode, as on the wire
  std::uint16_t additional_count = 0;
  Question question;
  std::optional<Edns> edns;
};

// What to do with bytes that are not a well-formed query.
enum class Refusal : std::uint8_t {
  Drop,     // shorter than a header, or a response: no reply is safe
  FormErr,  // the id and opcode can be echoed
  NotImp,   // an opcode or question shape we do not serve
};
struct BadQuery {
  Refusal refusal;
  const char* why;
};
// Accepts exactly one question, any type and class; records in answer/authority sections of a query and more
// than one OPT are FormErr; trailing bytes are FormErr. Malformed EDNS options (a cookie of the wrong length,
// a client subnet with bits beyond its prefix) are FormErr (RFC 7873 §5.2.2, RFC 7871 §7.1.2).
std::expected<Query, BadQuery> parse_query(Bytes message);

struct Record {
  Name owner;
  Type type = Type::A;
  Class klass = Class::IN;
  std::uint32_t ttl = 0;
  std::string rdata;  // uncompressed
};
struct Message {
  Header header;
  std::vector<Question> questions;
  std::vector<Record> answers, authorities, additionals;  // OPT included
};
// The whole of any message, for clients, transfers and tests. Names inside RDATA are decompressed.
Result<Message> parse_message(Bytes message);
std::string to_string(const Message& message);  // in the manner of dig

// Writes a message into a fixed buffer. Names are compressed against those already written. When an addition
// does not fit, nothing of it stays and false is returned.
class MessageWriter {
 public:
  enum class Section : std::uint8_t { Answer, Authority, Additional };
  static constexpr std::size_t kTargetsMax = 64;  // names remembered for compression

  MessageWriter(MutableBytes buffer,
                std::size_t limit);  // limit <= buffer.size(); at least the header must fit

  void set_header(const Header& header);  // counts are kept by the writer
  bool add_question(std::string_view name_wire, Type type, Class klass);
  // `rdata` is uncompressed; names in it are compressed where RFC 3597 allows.
  bool add_record(Section section, std::string_view owner_wire, Type type, Class klass, std::uint32_t ttl,
                  std::string_view rdata);

  // A point to return to, so that whole RRsets can be taken back.
  struct Mark {
    std::size_t size;
    std::size_t targets;
    std::array<std::uint16_t, 4> counts;
  };
  Mark mark() const;
  void rollback(const Mark& mark);

  // Keeps room for OPT or TSIG until released. False: there is less room than that, and nothing is kept.
  bool reserve(std::size_t bytes);
  void release_reserved();
  std::size_t size() const;
  std::size_t finish();  // stores the counts; returns the size of the message

 private:
  struct Target {
    std::uint16_t at;   // where in the message a name, or the rest of one, stands
    std::uint8_t size;  // of that name uncompressed
    std::uint8_t
        check;  // of its first label: names of one size are common, those of one size and check are not
  };
  bool put_name(std::string_view wire);
  void remember(std::string_view labels, std::string_view wire, std::size_t start);
  bool put_rdata(Type type, Class klass, std::string_view rdata);
  bool put(std::string_view bytes);
  std::size_t find_target(std::string_view wire) const;  // 0: none

  MutableBytes buffer_;
  std::size_t limit_, size_ = kHeaderSize, reserved_ = 0;
  std::array<std::uint16_t, 4> counts_{};
  std::array<Target, kTargetsMax> targets_;
  std::size_t target_count_ = 0;
};

}  // namespace meridian::dns
