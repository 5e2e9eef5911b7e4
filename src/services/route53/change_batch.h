// What a batch of changes does to the record sets of a zone: every rule of ChangeResourceRecordSets that
// depends on what else the zone holds, and AWS's texts for breaking one. Pure: the caller reads the store and
// commits the outcome. Rule: a batch is all or nothing, and every bad change is named.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/route53/resources.h"
#include "services/route53/routing_policy.h"

namespace meridian::services::route53 {

inline constexpr std::size_t kRecordsPerSetMax = 400;

enum class Action : std::uint8_t { Create, Delete, Upsert };

struct RecordSetChange {
  Action action = Action::Create;
  RecordSetResource record_set;
  std::vector<std::string> problems;  // found while reading it; such a change is only reported
};

// By record_set_key().
using RecordSets = std::map<std::string, RecordSetResource>;

// Why a batch is refused, and the change that each reason is about; the number of changes: the batch itself.
struct BatchProblems {
  std::vector<std::string> texts;
  std::vector<std::size_t> changes;
};

struct BatchOutcome {
  std::vector<std::string> problems;           // not empty: the batch is refused
  std::vector<std::size_t> problem_changes{};  // the change that each is about; their number: the batch
  std::vector<std::string> puts;               // keys into `record_sets`
  std::vector<std::string> deletes;
  RecordSets record_sets;  // as they are afterwards
};

// The names whose record sets apply_changes needs to see: those changed, and those that aliases point at.
std::vector<dns::Name> names_needed(const std::vector<RecordSetChange>& changes);

// The same of aliases that lead into zones of AWS's own.
struct ServiceTarget {
  std::string zone_id;
  dns::Name name;
};
std::vector<ServiceTarget> service_targets_needed(const std::vector<RecordSetChange>& changes);

// `existing` holds every record set at those names and may hold more; `collections` every one that the
// changes name and the zone's account has; `service_targets` what is at those names of AWS's zones.
BatchOutcome apply_changes(const HostedZoneResource& zone, const std::vector<RecordSetChange>& changes,
                           RecordSets existing, const CidrCollections& collections = {},
                           const RecordSets& service_targets = {});

}  // namespace meridian::services::route53
