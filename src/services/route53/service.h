// Route 53: public hosted zones and their record sets, as resources in the store.
// Rules: every operation that writes is one transaction with what it read as preconditions; a change of a
// zone rewrites the zone's key, which serialises changes per zone and shows every one of them to a watcher of
// the zones.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "base/clock.h"
#include "base/random.h"
#include "formats/dns/message.h"
#include "gen/route53/api.h"
#include "services/route53/change_batch.h"
#include "services/route53/cidr_blocks.h"
#include "services/route53/health_check_config.h"
#include "services/route53/health_observations.h"
#include "services/route53/resources.h"
#include "services/route53/traffic_policy_resources.h"
#include "store/store.h"

namespace meridian::services::route53 {

namespace api = gen::route53;

// What the engines have taken over; GetChange says INSYNC by it.
class Acknowledgements {
 public:
  virtual ~Acknowledgements() = default;
  // Every live DNS engine answers for the zone from its state at this revision, or a later one. False for
  // ever for a change that was found to break engines. Without a zone: for every zone that engines can serve.
  virtual bool serves(std::string_view zone_id, store::Revision revision) const = 0;
};

// What DNS answers now; TestDNSAnswer shows it.
class DnsAnswers {
 public:
  struct Question {
    std::string zone_id;
    dns::Name name;
    dns::Type type = dns::Type::A;
    std::optional<net::IpAddress> resolver = {};  // none: one in us-east-1
    std::optional<dns::ClientSubnet> client_subnet = {};
  };
  struct Answer {
    std::string response_code;        // "NOERROR"
    std::vector<std::string> values;  // of the answer section, as AWS shows them
    std::string protocol;             // "UDP"; "TCP" when it is too large for that
  };
  virtual ~DnsAnswers() = default;
  virtual Result<Answer> answer(const Question& question) const = 0;
};

// Whether this process delivers query logs of its own answers. Where it does not, configurations are refused.
enum class QueryLogDelivery : bool { Absent, Here };

// What AWS raises on request.
struct Quotas {
  std::uint64_t hosted_zones_max = 500;            // an account
  std::uint64_t record_sets_max = 10000;           // a zone
  std::uint64_t delegation_sets_max = 100;         // an account
  std::uint64_t delegation_set_zones_max = 100;    // a reusable delegation set
  std::uint64_t cidr_collections_max = 5;          // an account
  std::uint64_t cidr_blocks_max = 1000;            // a CIDR collection
  std::uint64_t health_checks_max = 200;           // an account
  std::uint64_t traffic_policies_max = 50;         // an account
  std::uint64_t traffic_policy_instances_max = 5;  // an account
};

inline constexpr std::size_t kResourceRecordsMax = 1000;   // ResourceRecord elements of a batch
inline constexpr std::size_t kValueCharactersMax = 32000;  // of all values of a batch
inline constexpr std::size_t kBatchWritesMax = store::kTransactionOperationsMax / 2;  // keys
inline constexpr std::size_t kRecordSetsPageMax = 300;
inline constexpr std::size_t kZonesPageMax = 100;
inline constexpr std::size_t kDelegationSetsPageMax = 100;
inline constexpr std::size_t kHealthChecksPageMax = 100;
inline constexpr std::size_t kQueryLoggingConfigsPageMax = 100;
inline constexpr std::size_t kCidrPageMax = 100;
inline constexpr std::size_t kCidrBlocksOfRequestMax = 1000;
inline constexpr std::size_t kGeoLocationsPage = 100;  // when MaxItems is not given
inline constexpr std::size_t kGeoLocationsPageMax = 1000;
inline constexpr std::size_t kTrafficPoliciesPageMax = 100;       // policies, versions or instances
inline constexpr std::uint32_t kTrafficPolicyVersionsMax = 1000;  // ever made of a policy
inline constexpr std::size_t kTagsMax = 50;                       // a zone, or a health check
// A change is remembered for 30 days, but not beyond this many later commits.
inline constexpr Duration kChangeKept = std::chrono::hours(24 * 30);
inline constexpr store::Revision kChangeCommitsKept = 1'000'000;

class Route53 final : public api::Api {
 public:
  Route53(store::Store& store, const Clock& clock, Random& random, const Acknowledgements& acknowledgements,
          Quotas quotas = {}, HealthCheckTargets health_check_targets = HealthCheckTargets::Public,
          const DnsAnswers* dns_answers = nullptr, const HealthObservations* observations = nullptr,
          QueryLogDelivery query_log_delivery = QueryLogDelivery::Here)
      : store_(store),
        clock_(clock),
        random_(random),
        acknowledgements_(acknowledgements),
        quotas_(quotas),
        health_check_targets_(health_check_targets),
        dns_answers_(dns_answers),
        observations_(observations),
        query_log_delivery_(query_log_delivery) {}

  // hosted_zones.cc
  aws::Outcome<api::CreateHostedZoneResponse> CreateHostedZone(aws::Call&,
                                                               const api::CreateHostedZoneRequest&) override;
  aws::Outcome<api::GetHostedZoneResponse> GetHostedZone(aws::Call&,
                                                         const api::GetHostedZoneRequest&) override;
  aws::Outcome<api::DeleteHostedZoneResponse> DeleteHostedZone(aws::Call&,
                                                               const api::DeleteHostedZoneRequest&) override;
  aws::Outcome<api::ListHostedZonesResponse> ListHostedZones(aws::Call&,
                                                             const api::ListHostedZonesRequest&) override;
  aws::Outcome<api::ListHostedZonesByNameResponse> ListHostedZonesByName(
      aws::Call&, const api::ListHostedZonesByNameRequest&) override;
  aws::Outcome<api::GetHostedZoneCountResponse> GetHostedZoneCount(
      aws::Call&, const api::GetHostedZoneCountRequest&) override;
  aws::Outcome<api::UpdateHostedZoneCommentResponse> UpdateHostedZoneComment(
      aws::Call&, const api::UpdateHostedZoneCommentRequest&) override;

  // record_sets.cc
  aws::Outcome<api::ChangeResourceRecordSetsResponse> ChangeResourceRecordSets(
      aws::Call&, const api::ChangeResourceRecordSetsRequest&) override;
  aws::Outcome<api::ListResourceRecordSetsResponse> ListResourceRecordSets(
      aws::Call&, const api::ListResourceRecordSetsRequest&) override;

  // test_dns_answer.cc
  aws::Outcome<api::TestDNSAnswerResponse> TestDNSAnswer(aws::Call&,
                                                         const api::TestDNSAnswerRequest&) override;

  // query_logging_configs.cc
  aws::Outcome<api::CreateQueryLoggingConfigResponse> CreateQueryLoggingConfig(
      aws::Call&, const api::CreateQueryLoggingConfigRequest&) override;
  aws::Outcome<api::GetQueryLoggingConfigResponse> GetQueryLoggingConfig(
      aws::Call&, const api::GetQueryLoggingConfigRequest&) override;
  aws::Outcome<api::DeleteQueryLoggingConfigResponse> DeleteQueryLoggingConfig(
      aws::Call&, const api::DeleteQueryLoggingConfigRequest&) override;
  aws::Outcome<api::ListQueryLoggingConfigsResponse> ListQueryLoggingConfigs(
      aws::Call&, const api::ListQueryLoggingConfigsRequest&) override;

  // changes.cc
  aws::Outcome<api::GetChangeResponse> GetChange(aws::Call&, const api::GetChangeRequest&) override;

  // delegation_sets.cc
  aws::Outcome<api::CreateReusableDelegationSetResponse> CreateReusableDelegationSet(
      aws::Call&, const api::CreateReusableDelegationSetRequest&) override;
  aws::Outcome<api::GetReusableDelegationSetResponse> GetReusableDelegationSet(
      aws::Call&, const api::GetReusableDelegationSetRequest&) override;
  aws::Outcome<api::DeleteReusableDelegationSetResponse> DeleteReusableDelegationSet(
      aws::Call&, const api::DeleteReusableDelegationSetRequest&) override;
  aws::Outcome<api::ListReusableDelegationSetsResponse> ListReusableDelegationSets(
      aws::Call&, const api::ListReusableDelegationSetsRequest&) override;

  // health_checks.cc
  aws::Outcome<api::CreateHealthCheckResponse> CreateHealthCheck(
      aws::Call&, const api::CreateHealthCheckRequest&) override;
  aws::Outcome<api::GetHealthCheckResponse> GetHealthCheck(aws::Call&,
                                                           const api::GetHealthCheckRequest&) override;
  aws::Outcome<api::UpdateHealthCheckResponse> UpdateHealthCheck(
      aws::Call&, const api::UpdateHealthCheckRequest&) override;
  aws::Outcome<api::DeleteHealthCheckResponse> DeleteHealthCheck(
      aws::Call&, const api::DeleteHealthCheckRequest&) override;
  aws::Outcome<api::ListHealthChecksResponse> ListHealthChecks(aws::Call&,
                                                               const api::ListHealthChecksRequest&) override;
  aws::Outcome<api::GetHealthCheckCountResponse> GetHealthCheckCount(
      aws::Call&, const api::GetHealthCheckCountRequest&) override;

  // health_check_status.cc
  aws::Outcome<api::GetHealthCheckStatusResponse> GetHealthCheckStatus(
      aws::Call&, const api::GetHealthCheckStatusRequest&) override;
  aws::Outcome<api::GetHealthCheckLastFailureReasonResponse> GetHealthCheckLastFailureReason(
      aws::Call&, const api::GetHealthCheckLastFailureReasonRequest&) override;
  aws::Outcome<api::GetCheckerIpRangesResponse> GetCheckerIpRanges(
      aws::Call&, const api::GetCheckerIpRangesRequest&) override;

  // cidr_collections.cc
  aws::Outcome<api::CreateCidrCollectionResponse> CreateCidrCollection(
      aws::Call&, const api::CreateCidrCollectionRequest&) override;
  aws::Outcome<api::ChangeCidrCollectionResponse> ChangeCidrCollection(
      aws::Call&, const api::ChangeCidrCollectionRequest&) override;
  aws::Outcome<api::DeleteCidrCollectionResponse> DeleteCidrCollection(
      aws::Call&, const api::DeleteCidrCollectionRequest&) override;
  aws::Outcome<api::ListCidrCollectionsResponse> ListCidrCollections(
      aws::Call&, const api::ListCidrCollectionsRequest&) override;
  aws::Outcome<api::ListCidrLocationsResponse> ListCidrLocations(
      aws::Call&, const api::ListCidrLocationsRequest&) override;
  aws::Outcome<api::ListCidrBlocksResponse> ListCidrBlocks(aws::Call&,
                                                           const api::ListCidrBlocksRequest&) override;

  // geo_locations.cc
  aws::Outcome<api::GetGeoLocationResponse> GetGeoLocation(aws::Call&,
                                                           const api::GetGeoLocationRequest&) override;
  aws::Outcome<api::ListGeoLocationsResponse> ListGeoLocations(aws::Call&,
                                                               const api::ListGeoLocationsRequest&) override;

  // traffic_policies.cc
  aws::Outcome<api::CreateTrafficPolicyResponse> CreateTrafficPolicy(
      aws::Call&, const api::CreateTrafficPolicyRequest&) override;
  aws::Outcome<api::CreateTrafficPolicyVersionResponse> CreateTrafficPolicyVersion(
      aws::Call&, const api::CreateTrafficPolicyVersionRequest&) override;
  aws::Outcome<api::GetTrafficPolicyResponse> GetTrafficPolicy(aws::Call&,
                                                               const api::GetTrafficPolicyRequest&) override;
  aws::Outcome<api::DeleteTrafficPolicyResponse> DeleteTrafficPolicy(
      aws::Call&, const api::DeleteTrafficPolicyRequest&) override;
  aws::Outcome<api::UpdateTrafficPolicyCommentResponse> UpdateTrafficPolicyComment(
      aws::Call&, const api::UpdateTrafficPolicyCommentRequest&) override;
  aws::Outcome<api::ListTrafficPoliciesResponse> ListTrafficPolicies(
      aws::Call&, const api::ListTrafficPoliciesRequest&) override;
  aws::Outcome<api::ListTrafficPolicyVersionsResponse> ListTrafficPolicyVersions(
      aws::Call&, const api::ListTrafficPolicyVersionsRequest&) override;

  // traffic_policy_instances.cc
  aws::Outcome<api::CreateTrafficPolicyInstanceResponse> CreateTrafficPolicyInstance(
      aws::Call&, const api::CreateTrafficPolicyInstanceRequest&) override;
  aws::Outcome<api::GetTrafficPolicyInstanceResponse> GetTrafficPolicyInstance(
      aws::Call&, const api::GetTrafficPolicyInstanceRequest&) override;
  aws::Outcome<api::UpdateTrafficPolicyInstanceResponse> UpdateTrafficPolicyInstance(
      aws::Call&, const api::UpdateTrafficPolicyInstanceRequest&) override;
  aws::Outcome<api::DeleteTrafficPolicyInstanceResponse> DeleteTrafficPolicyInstance(
      aws::Call&, const api::DeleteTrafficPolicyInstanceRequest&) override;
  aws::Outcome<api::ListTrafficPolicyInstancesResponse> ListTrafficPolicyInstances(
      aws::Call&, const api::ListTrafficPolicyInstancesRequest&) override;
  aws::Outcome<api::ListTrafficPolicyInstancesByHostedZoneResponse> ListTrafficPolicyInstancesByHostedZone(
      aws::Call&, const api::ListTrafficPolicyInstancesByHostedZoneRequest&) override;
  aws::Outcome<api::ListTrafficPolicyInstancesByPolicyResponse> ListTrafficPolicyInstancesByPolicy(
      aws::Call&, const api::ListTrafficPolicyInstancesByPolicyRequest&) override;
  aws::Outcome<api::GetTrafficPolicyInstanceCountResponse> GetTrafficPolicyInstanceCount(
      aws::Call&, const api::GetTrafficPolicyInstanceCountRequest&) override;

  // tags.cc
  aws::Outcome<api::ChangeTagsForResourceResponse> ChangeTagsForResource(
      aws::Call&, const api::ChangeTagsForResourceRequest&) override;
  aws::Outcome<api::ListTagsForResourceResponse> ListTagsForResource(
      aws::Call&, const api::ListTagsForResourceRequest&) override;
  aws::Outcome<api::ListTagsForResourcesResponse> ListTagsForResources(
      aws::Call&, const api::ListTagsForResourcesRequest&) override;

  // limits.cc
  aws::Outcome<api::GetAccountLimitResponse> GetAccountLimit(aws::Call&,
                                                             const api::GetAccountLimitRequest&) override;
  aws::Outcome<api::GetHostedZoneLimitResponse> GetHostedZoneLimit(
      aws::Call&, const api::GetHostedZoneLimitRequest&) override;
  aws::Outcome<api::GetReusableDelegationSetLimitResponse> GetReusableDelegationSetLimit(
      aws::Call&, const api::GetReusableDelegationSetLimitRequest&) override;

 private:
  using StoredZone = aws::Stored<HostedZoneResource>;
  using StoredDelegationSet = aws::Stored<DelegationSetResource>;
  using StoredCidrCollection = aws::Stored<CidrCollectionResource>;
  using StoredQueryLoggingConfig = aws::Stored<QueryLoggingConfigResource>;
  aws::Outcome<StoredQueryLoggingConfig> query_logging_config(const aws::Call& call, std::string_view id);

  using StoredHealthCheck = aws::Stored<HealthCheckResource>;
  using StoredTrafficPolicy = aws::Stored<TrafficPolicyResource>;
  using StoredTrafficPolicyVersion = aws::Stored<TrafficPolicyVersionResource>;
  using StoredTrafficPolicyInstance = aws::Stored<TrafficPolicyInstanceResource>;

  // The caller's zone or delegation set, by an id in either form.
  aws::Outcome<StoredZone> zone(const aws::Call& call, std::string_view id);
  aws::Outcome<StoredDelegationSet> delegation_set(const aws::Call& call, std::string_view id);
  aws::Outcome<StoredHealthCheck> health_check(const aws::Call& call, std::string_view id);
  aws::Outcome<std::uint64_t> zones_of_delegation_set(std::string_view id);
  aws::Outcome<std::vector<HostedZoneResource>> zones_by_id(const std::vector<std::string>& ids);

  // name_servers.cc: four servers for a zone; none of them may have a zone of the same, a parent or a child
  // name.
  aws::Outcome<NameServers> draw_name_servers(const dns::Name& zone_name);
  aws::Outcome<bool> server_conflicts(std::uint16_t server, const dns::Name& zone_name);
  aws::Outcome<bool> any_server_conflicts(const NameServers& servers, const dns::Name& zone_name);

  // Puts a new change into the transaction and lets the oldest ones go.
  aws::Outcome<api::ChangeInfo> add_change(const aws::Call& call, const std::string& zone_id,
                                           const std::optional<std::string>& comment,
                                           store::Transaction& transaction);

  // Gives the zone the servers of a reusable delegation set.
  aws::Outcome<void> share_delegation_set(const StoredDelegationSet& set, HostedZoneResource& zone,
                                          store::Transaction& transaction);
  aws::Outcome<store::Transaction> new_zone(const aws::Call& call, const api::CreateHostedZoneRequest& input,
                                            HostedZoneResource& zone, api::ChangeInfo& change);
  aws::Outcome<store::Transaction> new_delegation_set(const aws::Call& call,
                                                      const api::CreateReusableDelegationSetRequest& input,
                                                      DelegationSetResource& set);

  aws::Outcome<void> check_children(const aws::Call& call, const HealthCheckConfig& config);
  aws::Outcome<std::optional<HealthCheckResource>> made_before(const HealthCheckResource& check);
  aws::Outcome<store::Transaction> new_health_check(const aws::Call& call, const HealthCheckResource& check);

  aws::Outcome<std::string> watched_alarm(const aws::Call& call, const HealthCheckConfig& config);
  aws::Outcome<void> watch_alarm(const aws::Call& call, bool named_now, HealthCheckResource& check);
  aws::Outcome<std::string> observed_health_check(const aws::Call& call, std::string_view id);

  aws::Outcome<StoredTrafficPolicy> traffic_policy(const aws::Call& call, std::string_view id);
  aws::Outcome<StoredTrafficPolicyVersion> traffic_policy_version(const TrafficPolicyResource& policy,
                                                                  std::int32_t version);
  aws::Outcome<std::string> traffic_policy_document(const TrafficPolicyResource& policy,
                                                    std::uint32_t version);
  aws::Outcome<store::Transaction> without_version(StoredTrafficPolicy policy,
                                                   const TrafficPolicyVersionResource& version);

  aws::Outcome<StoredTrafficPolicyInstance> traffic_policy_instance(const aws::Call& call,
                                                                    std::string_view id);
  // What the transaction must hold so that the instance is there as it is, or is gone.
  aws::Outcome<void> write_instance(const aws::Call& call, StoredZone& zone,
                                    const TrafficPolicyInstanceResource& instance, Action action,
                                    store::Transaction& transaction);
  aws::Outcome<void> remove_instance(StoredZone& zone, const TrafficPolicyInstanceResource& instance,
                                     store::Transaction& transaction);
  struct InstancePage {
    std::vector<api::TrafficPolicyInstance> instances;
    std::optional<std::string> zone_id, name, type;  // of the first one of the next page
  };
  aws::Outcome<InstancePage> list_instances(const std::string& prefix, const std::string& start_at,
                                            std::size_t most);
  api::TrafficPolicyInstance shown_instance(const StoredTrafficPolicyInstance& instance) const;

  // record_sets.cc: what the changes make of the zone, with its new count, or what is wrong with them.
  aws::Outcome<BatchProblems> put_changes(StoredZone& zone, const std::vector<RecordSetChange>& changes,
                                          store::Transaction& transaction);

  // tags.cc: what can be tagged.
  struct Tagged {
    std::string id, tags_key;
    store::Precondition exists;
  };
  aws::Outcome<Tagged> tagged(const aws::Call& call, std::string_view type, std::string_view id);

  aws::Outcome<StoredCidrCollection> cidr_collection(const aws::Call& call, std::string_view id);
  aws::Outcome<store::Transaction> new_cidr_collection(const CidrCollectionResource& collection);
  aws::Outcome<store::Transaction> changed_cidr_collection(StoredCidrCollection collection,
                                                           const std::vector<CidrChange>& changes);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  const Acknowledgements& acknowledgements_;
  const Quotas quotas_;
  const HealthCheckTargets health_check_targets_;
  const DnsAnswers* const dns_answers_;           // null: there is no DNS here
  const HealthObservations* const observations_;  // null: nothing is probed
  const QueryLogDelivery query_log_delivery_;
};

// PriorRequestNotComplete: others changed the same things faster every time.
aws::Failure overtaken();

// Resources as the API shows them.
api::HostedZone shown(const HostedZoneResource& zone);
api::DelegationSet shown_delegation_set(const HostedZoneResource& zone);
api::DelegationSet shown(const DelegationSetResource& set);
// metric_health_checks.cc: what a CLOUDWATCH_METRIC check took over from its alarm; nothing of others.
std::optional<api::CloudWatchAlarmConfiguration> shown_alarm(const HealthCheckResource& check);
std::vector<std::string> shown(const NameServers& servers);

// Where ids of an index stand behind its prefix.
std::vector<std::string> ids_behind(std::string_view prefix, const store::Range& range);

// One page of a list whose marker is an id.
struct IdPage {
  std::vector<std::string> ids;
  std::optional<std::string> next;  // the first id of the next page
};
// At most `most` of the ids behind `prefix`, from `marker` on where there is one.
aws::Outcome<IdPage> page_of_ids(store::Store& store, const std::string& prefix,
                                 const std::optional<std::string>& marker, std::size_t most);

}  // namespace meridian::services::route53
