// A drill as its file tells it: endpoints, health checks, records, who asks for them, what goes wrong when,
// and what is expected of it. docs/use/drill.md has every key. Rule: what stands here is whole: names that
// are used exist, and a step can be done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::apps::drill {

inline constexpr std::size_t kFileBytesMax = 1024 * 1024;
inline constexpr std::size_t kEndpointsMax = 64;
inline constexpr std::size_t kChecksMax = 64;
inline constexpr std::size_t kRecordsMax = 64;
inline constexpr std::size_t kClientGroupsMax = 16;
inline constexpr std::size_t kStepsMax = 256;
inline constexpr std::size_t kExpectationsMax = 256;
inline constexpr std::int64_t kClientsMax = 100'000;  // of all groups
inline constexpr double kAsksMax = 50'000'000;        // of a drill
inline constexpr Duration kDurationMax = std::chrono::hours(24 * 7);

// An endpoint is well when it answers 200 with its body.
struct Endpoint {
  std::string name;
  std::string body = "OK";
  bool tls = false;
  Duration answers_after{};
};

struct Check {
  std::string name, type;               // as Route 53 has it
  std::optional<std::size_t> endpoint;  // none: CALCULATED
  std::string path = "/", search_string;
  unsigned interval_s = 30, threshold = 3;
  std::vector<std::string> regions;  // of checkers; none: all
  bool inverted = false, disabled = false;
  std::vector<std::size_t> children;
  unsigned healthy_children_min = 0;
};

// At most one of the policies.
struct Policy {
  std::optional<unsigned> weight;
  std::string failover, region, country, continent;
  bool multivalue = false;
  bool any() const {
    return weight || multivalue || !failover.empty() || !region.empty() || !country.empty() ||
           !continent.empty();
  }
};
struct Record {
  std::string name;  // within the drill's zone; "@": its apex
  std::string id;    // tells those of one name apart
  unsigned ttl_s = 60;
  std::vector<std::size_t> endpoints;  // none: an alias
  std::string alias;                   // name within the zone
  bool evaluates_target = false;
  std::optional<std::size_t> check;
  Policy policy;
};

// Clients behind resolvers of one kind, each with a cache of its own.
struct Clients {
  std::string name, asks;
  std::string region;  // where their resolvers are; empty: nowhere known
  std::size_t count = 1000, resolvers = 10;
  Duration every = std::chrono::seconds(5);     // a client connects
  Duration patience = std::chrono::seconds(3);  // for which it waits for an answer
  Duration keeps{};                             // an address, whatever its TTL
  std::optional<Duration> ttl_min, ttl_max;     // what the resolver makes of TTLs
  Duration stale{};                             // for which it goes on with what ran out when DNS is silent
  bool stale_first = false;  // or even before it asks (RFC 8767 has it the other way round)
};

enum class Fault : std::uint8_t {
  None,
  Refuse,     // connections are refused
  Hang,       // accepted, and nothing is said
  Lose,       // packets are lost
  Slow,       // the status comes late
  SlowBody,   // the body does
  Body,       // is another one
  Status,     // is another one
  Tls,        // handshakes fail
  Flap,       // well and refusing in turn
  Partition,  // packets between it and checkers are lost; clients reach it
};
std::string_view to_string(Fault fault);

// What happens at one moment: something to endpoints, to DNS, a record or a check.
struct Step {
  std::string name;  // for expectations and the report
  Duration at{};
  std::vector<std::size_t> endpoints;
  Fault fault = Fault::None;
  Duration delay{};  // of Slow and SlowBody
  Duration flap_up{}, flap_down{};
  unsigned status = 0;
  std::string body;
  std::vector<std::string> checkers;  // that are cut off; none: all
  std::optional<bool> dns_answers;
  std::optional<std::size_t> record;
  std::optional<unsigned> weight, ttl_s;  // of the record, from now on
  std::optional<std::size_t> check;
  std::optional<bool> check_disabled, check_inverted;
};

// One sentence that the drill makes true or not, about the time from `from` to `until`.
struct Expectation {
  enum class Kind : std::uint8_t {
    CheckBecomes,    // within the time, and not before
    CheckStays,      // all the time
    AnswerBecomes,   // exactly `endpoints`, within the time
    AnswerStays,     // exactly `endpoints`, all the time
    AnswerNever,     // none of `endpoints`, at any time
    ClientsWell,     // all of them, from a moment within the time to the end of it
    StrandedAtMost,  // clients, at any time
    WrongAtMost,     // answers, over the time
    ShareBetween,    // of answers, for `endpoints`
  };
  Kind kind{};
  std::size_t line = 0;  // of the file
  std::size_t check = 0;
  bool healthy = false;
  std::string answer, region;          // of a record's name, as asked from there
  std::vector<std::size_t> endpoints;  // in the order of the file
  std::optional<std::size_t> clients;  // none: all groups
  Duration from{}, until{};
  std::optional<Duration> within, not_before;  // since `from`
  double least = 0, most = 0;
};

struct Scenario {
  std::string title, story;
  Duration duration{};
  std::vector<Endpoint> endpoints;
  std::vector<Check> checks;
  std::vector<Record> records;
  std::vector<Clients> clients;
  std::vector<Step> steps;  // by time
  std::vector<Expectation> expectations;
};

// Messages begin with "line N: ".
Result<Scenario> parse_scenario(std::string_view text);

// "1m30s", "500ms", "2h"; also what reports print: to a tenth of a second below a minute.
std::optional<Duration> parse_duration(std::string_view text);
std::string print_duration(Duration time);

}  // namespace meridian::apps::drill
