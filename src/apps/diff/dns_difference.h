// What a change of a hosted zone would do: tried by the service's own code over a store that keeps nothing,
// compiled as every change is, and asked by a population of clients before and after.
// Rule: it ends with all that is wrong with the change, or with what it does; never with half of either.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/diff/answer_difference.h"
#include "apps/dry_run.h"
#include "engines/dns/dns_engine.h"
#include "gen/route53/types.h"
#include "services/route53/service.h"

namespace meridian::apps {

inline constexpr std::size_t kDiffClientsMax = 10'000;
inline constexpr std::size_t kDiffQuestionsMax = 1000;
inline constexpr std::size_t kDiffAnswersMax = 20'000'000;  // computed for one diff
inline constexpr unsigned kDiffDraws = 100;                 // of a random policy, for each client

struct DiffRequest {
  std::string zone_id;
  // Batches are applied one after the other. Those of a zone file are `independent`: what is refused of them
  // is reported and left out, and the rest counts.
  std::vector<gen::route53::ChangeBatch> batches;
  bool independent = false;
  struct TrafficPolicy {
    std::string instance_id, document;
  };
  std::optional<TrafficPolicy> traffic_policy;  // in place of batches: a new document for the instance

  // Who asks: what a query log has, or everybody, when there is none, what the change touches.
  struct LoggedQuery {
    DiffQuestion question;
    DiffClient client;
  };
  std::vector<LoggedQuery> log;
  std::size_t clients = kDiffClientsMax;  // of everybody
};

struct DiffProblem {
  std::optional<std::size_t> batch, change;  // neither: all of it
  std::string code, message;
};

struct DiffReport {
  std::vector<DiffProblem> problems;
  std::string would_change;  // as describe() has it
  store::Revision revision = 0;
  std::string population;  // in words
  std::size_t clients = 0;
  bool whole = true;  // false: the rest of the clients or questions was left out, as they are too many
  double weight = 0, changed_share = 0;
  std::vector<QuestionDifference> questions;  // those that change most first

  bool changes_answers() const { return changed_share > 0; }
};

struct DiffParts {
  store::Store& store;
  const ServiceWithDryRuns<services::route53::Route53>& route53;
  engines::dns::DnsEngine& engine;  // for its locations and health
  std::shared_ptr<snapshots::health::HealthTable> health_table;
  Random& random;
  const Clock& clock;
};

// An error: the question is none (no such zone, a store that fails).
Result<DiffReport> dns_difference(const DiffRequest& request, const DiffParts& parts);

// Clients spread evenly over the prefixes whose place is known; where none is, over IPv4 addresses.
std::vector<DiffClient> everybody(const snapshots::location::Locations& locations, std::size_t count);

// The names and types whose answers may differ when these record sets do: their own, those of aliases and
// CNAMEs that lead to them. At most kDiffQuestionsMax.
std::vector<DiffQuestion> questions_touched(const store::DryRunStore::Changes& changes,
                                            const snapshots::dns::Delta& before,
                                            const snapshots::dns::Delta& after);

}  // namespace meridian::apps
