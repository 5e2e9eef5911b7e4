// What control and edge say to each other, as values and as bytes: a 32-bit length, a kind, a body. Integers
// are in network order.
// Rule: a frame is taken whole or refused; every length in it is checked against a limit named here before
// anything of that size is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/address.h"
#include "snapshots/health/health_table.h"
#include "snapshots/store_id.h"

namespace meridian::snapshots::feed {

inline constexpr std::uint16_t kProtocolVersion = 6;
// Edges of this version are still served: those of 2 hear nothing of health, those of 3 are no checkers,
// those of 4 tell nothing of requests, those of 5 are asked nothing by other edges.
inline constexpr std::uint16_t kProtocolVersionMin = 2;
inline constexpr std::size_t kFrameBytesMax = 192 * 1024;  // kind and body
inline constexpr std::size_t kPartBytesMax = 128 * 1024;   // of a package, in one frame
inline constexpr std::size_t kEdgeNameSizeMax = 63;        // a DNS label
inline constexpr std::size_t kSoftwareSizeMax = 64;        // a version text
inline constexpr std::size_t kReasonSizeMax = 1024;        // why something was refused
inline constexpr std::size_t kZoneIdSizeMax = 64;
inline constexpr std::size_t kHealthCheckIdSizeMax = health::HealthTable::kIdSizeMax;
inline constexpr std::size_t kHealthStatesMax = 1024;    // in one frame
inline constexpr std::size_t kCheckEntriesMax = 1024;    // settings or reports in one frame
inline constexpr std::size_t kCheckBytesMax = 8 * 1024;  // of one of them
inline constexpr std::size_t kReportsMax = 64;           // that an edge sends in one frame
inline constexpr std::size_t kRegionSizeMax = 63;
inline constexpr std::size_t kRequestsBytesMax = 160 * 1024;  // of one piece, compressed or not
inline constexpr std::size_t kLocationsMax = 64;              // of one edge
inline constexpr std::size_t kLocationCodeSizeMax = 32;
inline constexpr std::size_t kLocationAddressesMax = 64;
inline constexpr std::size_t kTierAddressSizeMax = 64;
inline constexpr std::size_t kTokenSizeMax = 2048;             // of an enrolment
inline constexpr std::size_t kPemSizeMax = 64 * 1024;          // a certificate chain, or a request for one
inline constexpr std::uint64_t kPackageBytesMax = 4ull << 30;  // of one delta or image, compressed or not

// The state of a store at one revision; nothing at all at revision 0.
struct Position {
  StoreId store;
  std::uint64_t revision = 0;
  bool operator==(const Position&) const = default;
};

// The edge died of a zone that had just changed, and started again with it as it was before `since`; at
// `seen` it had taken the zone's last change. No zone: nothing to tell.
struct Crash {
  std::string zone_id;
  std::uint64_t since = 0, seen = 0;
  std::string why;
  bool operator==(const Crash&) const = default;
};

// Edge to control, first of all: what it is and has. Its certificate must say the same name.
struct Hello {
  std::uint16_t protocol = kProtocolVersion;
  std::string name, software;
  Position holds;
  Crash crash = {};
  bool operator==(const Hello&) const = default;
};
// The control's reply, once a crash that Hello tells of is dealt with; deltas follow from where the edge is,
// or an image.
struct Welcome {
  std::uint16_t protocol = kProtocolVersion;
  std::string software;
  Position newest;
  bool operator==(const Welcome&) const = default;
};
// A delta from one revision to another, or, from 0, an image; zstd-compressed. The first part is here, the
// others follow in frames of their own.
struct PackageHead {
  std::uint64_t from = 0, to = 0;
  std::uint64_t plain_size = 0, size = 0;  // uncompressed, and as sent
  std::string part;
  bool operator==(const PackageHead&) const = default;
};
struct PackagePart {
  std::string part;
  bool operator==(const PackagePart&) const = default;
};
// The edge answers with this revision everywhere; whatever came before is acknowledged with it.
struct Acknowledge {
  std::uint64_t revision = 0;
  bool operator==(const Acknowledge&) const = default;
};
// The edge did not take a package; it stays where it was and gets nothing more until it asks for an image.
struct Refusal {
  std::uint64_t from = 0, to = 0;
  std::string reason;
  bool operator==(const Refusal&) const = default;
};
struct ImageWanted {
  bool operator==(const ImageWanted&) const = default;
};
// The edge's heartbeat.
struct Load {
  std::uint32_t queries_per_s = 0;
  std::uint32_t cpu_permille = 0;  // of one core
  std::uint64_t memory_bytes = 0;  // resident
  bool operator==(const Load&) const = default;
};
// The control's heartbeat.
struct Newest {
  std::uint64_t revision = 0;
  bool operator==(const Newest&) const = default;
};
// A machine that wants to become an edge shows its token and a request (PKCS #10) for a certificate.
struct Enrol {
  std::string token, request_pem;
  bool operator==(const Enrol&) const = default;
};
// An edge wants a new certificate before its own ends.
struct Renew {
  std::string request_pem;
  bool operator==(const Renew&) const = default;
};
struct Certificate {
  std::string name, certificate_pem, authority_pem;
  bool operator==(const Certificate&) const = default;
};
// Why the sender closes the connection now.
struct Farewell {
  std::string reason;
  bool operator==(const Farewell&) const = default;
};

// Health checks as they are now, after Welcome: first every one of them, then what changes. A check that is
// in no frame from the one that begins to the one that completes is unknown, and so healthy.
struct Health {
  bool begins = false, completes = false;
  std::vector<health::HealthTable::Entry> states = {};
  bool operator==(const Health&) const = default;
};

// The edge is a checker: it probes health checks for this Region.
struct Checker {
  std::string region;
  bool operator==(const Checker&) const = default;
};
// Of one health check: its settings, or what a checker reports of it. What is in them is between who probes
// and who counts.
struct CheckBytes {
  std::string id, bytes;
  bool operator==(const CheckBytes&) const = default;
};
// What a checker is to probe: first all of it, then what changes. Without bytes: not any more. A check that
// is in no frame from the one that begins to the one that completes is not probed.
struct Checks {
  bool begins = false, completes = false;
  std::vector<CheckBytes> checks = {};
  bool operator==(const Checks&) const = default;
};
// What a checker found: all of it after Checker, then what is new.
struct Reports {
  std::vector<CheckBytes> reports;
  bool operator==(const Reports&) const = default;
};

// What the edge follows on this connection, before Hello: snapshots of one kind have revisions, packages and
// acknowledgements of their own, so that a large change of one does not hold up another. Not said: DNS.
enum class Subject : std::uint16_t { Dns = 0, Cdn = 1 };
struct Follow {
  std::uint16_t subject = 0;
  bool operator==(const Follow&) const = default;
};

// Where an edge serves distributions, and by which addresses viewers find it there.
struct ServedAt {
  std::string code;                          // "FRA50-C1"
  std::int32_t latitude = 0, longitude = 0;  // hundredths of a degree
  std::uint16_t price_class = 0;             // 0 to 2: the cheapest whose distributions it serves
  std::vector<net::IpAddress> addresses = {};
  bool operator==(const ServedAt&) const = default;
};
// Edge to control, after Welcome; none: no name leads to it.
struct Locations {
  std::vector<ServedAt> locations;
  bool operator==(const Locations&) const = default;
};

// Edge to control, before Locations: where other edges ask it for what its caches have.
struct TierAt {
  std::string address;  // ADDR:PORT
  bool operator==(const TierAt&) const = default;
};

// Edge to control: requests that it served, zstd-compressed; what is in them is between who serves and who
// tells of them. Numbers go up by one in a series, which is one process of the edge.
struct Requests {
  std::uint64_t series = 0, number = 0;
  std::uint64_t plain_size = 0;
  std::string records;
  bool operator==(const Requests&) const = default;
};
// The control has these, and so all before them: the edge need not keep them.
struct RequestsTaken {
  std::uint64_t series = 0, number = 0;
  bool operator==(const RequestsTaken&) const = default;
};

// The order is the wire's: a kind is the place of its type here, counted from 1.
using Frame = std::variant<Hello, Welcome, PackageHead, PackagePart, Acknowledge, Refusal, ImageWanted, Load,
                           Newest, Enrol, Renew, Certificate, Farewell, Health, Checker, Checks, Reports,
                           Follow, Locations, Requests, RequestsTaken, TierAt>;

std::string encode(const Frame& frame);

// Cuts a stream into frames.
class FrameReader {
 public:
  void add(Bytes bytes) { buffer_.append(as_text(bytes)); }
  // The next frame; nothing when more bytes are needed; an error ends the stream for good.
  Result<std::optional<Frame>> next();
  std::size_t buffered() const { return buffer_.size() - taken_; }

 private:
  std::string buffer_;
  std::size_t taken_ = 0;
};

bool is_spoken(std::uint16_t protocol);

// What an edge may be called: letters, digits and hyphens, as in a DNS label, lower case.
bool is_edge_name(std::string_view name);
// Of an edge location: letters, digits and hyphens.
bool is_location_code(std::string_view code);

}  // namespace meridian::snapshots::feed
