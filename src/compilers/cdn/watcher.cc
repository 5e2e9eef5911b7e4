#include "compilers/cdn/watcher.h"

#include <fmt/format.h>

#include "compilers/cdn/policies.h"

namespace meridian::compilers::cdn {
namespace {

namespace cloudfront = services::cloudfront;
namespace cdn = snapshots::cdn;

constexpr std::string_view kEverything = "cloudfront/";

// "…/<account>/<id>"
std::string id_of(std::string_view key) {
  return std::string(key.substr(key.rfind('/') + 1));
}

template <typename Config>
bool is_of(std::string_view key) {
  return key.starts_with(cloudfront::kPrefix<Config>);
}

}  // namespace

CdnWatcher::CdnWatcher(store::Store& store, CdnSink& sink, StandIns stand_ins,
                       const store::objects::Secrets* secrets, Logger& logger, Metrics& metrics)
    : store_(store),
      sink_(sink),
      stand_ins_(std::move(stand_ins)),
      secrets_(secrets),
      logger_(logger),
      distributions_(metrics.gauge("meridian_cdn_distributions", "Distributions that engines serve.")),
      refused_count_(metrics.gauge("meridian_cdn_refused_distributions",
                                   "Distributions whose newest configuration could not be compiled.")),
      follower_(store, std::string(kEverything), *this, logger, "cdn") {}

bool CdnWatcher::serves(std::string_view distribution_id, store::Revision revision) const {
  {
    std::lock_guard lock(mutex_);
    const auto found = refused_.find(distribution_id);
    if (found != refused_.end() && found->second.revision >= revision) return false;
  }
  return sink_.served_revision() >= revision;
}

void CdnWatcher::all(store::Range range) {
  library_ = {};
  library_.add_managed_policies();
  rows_.clear();
  referrers_.clear();
  dirty_.clear();
  gone_.clear();
  invalidations_.clear();
  cdn::Delta delta{.to = range.revision, .whole = true};
  // What distributions refer to comes before them.
  for (const store::KeyValue& item : range.items)
    if (!is_of<api::DistributionConfig>(item.key))
      if (const auto done = read(item); !done) note_failure(item.key, done.error());
  for (store::KeyValue& item : range.items) {
    if (is_of<api::DistributionConfig>(item.key)) read_at_first(item, delta);
    item = {};  // what is compiled takes its place in memory
  }
  range.items = {};
  publish(std::move(delta));
}

// Of many, each is decoded once; but for those that others refer to, which may be still to come.
void CdnWatcher::read_at_first(const store::KeyValue& item, cdn::Delta& delta) {
  const auto entity = cloudfront::decode<api::DistributionConfig>(item.value);
  if (!entity) return note_failure(item.key, entity.error());
  note_distribution(item, *entity);
  if (entity->config.ContinuousDeploymentPolicyId) return;
  auto compiled = compile_row(rows_[entity->id], *entity);
  if (!compiled) return;  // refused when it is tried again, with the others
  delta.puts.push_back(std::move(*compiled));
  dirty_.erase(entity->id);
}

void CdnWatcher::changed(const store::EventBatch& batch) {
  for (const store::Event& event : batch.events) {
    if (event.kind == store::Event::Kind::Delete)
      forget(event.item.key);
    else if (const auto done = read(event.item); !done)
      note_failure(event.item.key, done.error());
  }
  publish({.to = batch.revision});
}

void CdnWatcher::touch(const std::string& referred_to) {
  const auto found = referrers_.find(referred_to);
  if (found != referrers_.end()) dirty_.insert(found->second.begin(), found->second.end());
}

Result<void> CdnWatcher::read(const store::KeyValue& item) {
  const std::string_view key = item.key;
  const auto keep = [&]<typename Config>(auto& map, auto make) -> Result<void> {
    const auto entity = TRY(cloudfront::decode<Config>(item.value));
    map.insert_or_assign(entity.id, make(entity));
    touch(entity.id);
    return {};
  };
  const auto config = [](const auto& entity) { return entity.config; };
  if (is_of<api::DistributionConfig>(key)) {
    note_distribution(item, TRY(cloudfront::decode<api::DistributionConfig>(item.value)));
    return {};
  }
  if (is_of<api::CachePolicyConfig>(key))
    return keep.operator()<api::CachePolicyConfig>(library_.cache_policies, config);
  if (is_of<api::OriginRequestPolicyConfig>(key))
    return keep.operator()<api::OriginRequestPolicyConfig>(library_.origin_request_policies, config);
  if (is_of<api::ResponseHeadersPolicyConfig>(key))
    return keep.operator()<api::ResponseHeadersPolicyConfig>(
        library_.response_headers_policies,
        [](const auto& entity) { return compile_response_headers(entity.id, entity.config); });
  if (is_of<api::OriginAccessControlConfig>(key))
    return keep.operator()<api::OriginAccessControlConfig>(library_.origin_access_controls, config);
  if (is_of<api::PublicKeyConfig>(key))
    return keep.operator()<api::PublicKeyConfig>(library_.public_keys, [](const auto& entity) {
      return std::make_shared<const cdn::TrustedKey>(
          cdn::TrustedKey{.id = entity.id, .public_pem = entity.config.EncodedKey});
    });
  if (is_of<api::KeyGroupConfig>(key))
    return keep.operator()<api::KeyGroupConfig>(library_.key_groups, config);
  if (is_of<api::ContinuousDeploymentPolicyConfig>(key))
    return keep.operator()<api::ContinuousDeploymentPolicyConfig>(library_.continuous_deployment_policies,
                                                                  config);
  if (key.starts_with(cloudfront::kMonitoringPrefix)) {
    library_.monitored[id_of(key)] = true;
    dirty_.insert(id_of(key));
  }
  if (key.starts_with(kCertificatesPrefix)) return read_certificate_row(item);
  if (key == kOriginKeysKey && secrets_)
    origin_keys_ = std::make_shared<const cdn::OriginKeys>(TRY(decode_origin_keys(item.value, *secrets_)));
  if (key == kTierMapKey) tier_map_ = std::make_shared<const cdn::TierMap>(TRY(decode_tier_map(item.value)));
  // An invalidation is never changed, so that its row is put once.
  if (is_of<api::InvalidationBatch>(key)) {
    const auto entity = TRY(cloudfront::decode<api::InvalidationBatch>(item.value));
    invalidations_.push_back({.id = entity.id,
                              .distribution_id = entity.public_name,
                              .revision = item.modified,
                              .paths = entity.config.Paths.Items.value_or(std::vector<std::string>()),
                              .soft = entity.soft});
  }
  return {};
}

Result<void> CdnWatcher::read_certificate_row(const store::KeyValue& item) {
  if (!secrets_) return {};
  if (item.key != own_certificate_key()) {
    touch(id_of(item.key));
    return {};
  }
  OwnCertificate own = TRY(decode_own_certificate(item.value, *secrets_));
  own_certificate_ = std::make_shared<const cdn::ViewerCertificate>(
      cdn::ViewerCertificate{std::move(own.chain_pem), std::move(own.key_pem)});
  return {};
}

// What could be read before stays when it cannot now.
void CdnWatcher::take_certificate(const api::DistributionConfig& config) {
  const auto arn = certificate_arn(config);
  if (!arn || !secrets_ || !certificates_read_.insert(id_of(*arn)).second) return;
  const auto read = read_certificate(store_, *secrets_, *arn);
  if (!read)
    return logger_.error("cdn", "a certificate cannot be shown to viewers", {{"why", read.error().message}});
  cdn::SharedCertificate& known = library_.certificates[id_of(*arn)];
  if (!known || *known != **read) known = *read;  // one object, however many distributions show it
}

void CdnWatcher::note_distribution(const store::KeyValue& item,
                                   const cloudfront::DistributionResource& entity) {
  library_.distributions_by_domain.insert_or_assign(entity.public_name, entity.id);
  Row& row = rows_[entity.id];
  for (const std::string& id : row.references) referrers_[id].erase(entity.id);
  row = {item.key, item.modified, references(entity)};
  for (const std::string& id : row.references) referrers_[id].insert(entity.id);
  dirty_.insert(entity.id);
}

Result<cdn::SharedDistribution> CdnWatcher::compile_row(const Row& row,
                                                        const cloudfront::DistributionResource& entity) {
  take_certificate(entity.config);
  return compile(entity, row.revision, library_, stand_ins_);
}

void CdnWatcher::forget(std::string_view key) {
  const std::string id = id_of(key);
  if (is_of<api::DistributionConfig>(key)) {
    const auto row = rows_.find(id);
    if (row == rows_.end()) return;
    for (const std::string& referred : row->second.references) referrers_[referred].erase(id);
    rows_.erase(row);
    std::erase_if(library_.distributions_by_domain, [&](const auto& each) { return each.second == id; });
    gone_.push_back(id);
    return;
  }
  if (key.starts_with(cloudfront::kMonitoringPrefix)) {
    library_.monitored.erase(id);
    dirty_.insert(id);
    return;
  }
  // Nobody refers to what the API lets go.
  library_.erase(id);
}

void CdnWatcher::compile_dirty(cdn::Delta& delta) {
  std::map<std::string, Refused, std::less<>> refused;
  for (const std::string& id : dirty_) {
    const auto row = rows_.find(id);
    if (row == rows_.end()) continue;
    const auto compiled = [&]() -> Result<cdn::SharedDistribution> {
      const auto item = TRY(store_.get(row->second.key));
      if (!item) return invalid("it is gone");
      return compile_row(row->second, TRY(cloudfront::decode<api::DistributionConfig>(item->value)));
    }();
    if (compiled)
      delta.puts.push_back(*compiled);
    else
      refused[id] = {row->second.revision, compiled.error().message};
  }
  for (const auto& [id, why] : refused)
    logger_.error("cdn", "a distribution stays as it was", {{"id", id}, {"why", why.why}});
  std::lock_guard lock(mutex_);
  if (delta.whole) refused_.clear();
  for (const cdn::SharedDistribution& put : delta.puts) refused_.erase(put->id);
  for (const std::string& id : gone_) refused_.erase(id);
  refused_.merge(refused);
  refused_count_.set(static_cast<double>(refused_.size()));
}

void CdnWatcher::publish(cdn::Delta delta) {
  compile_dirty(delta);
  delta.removes = std::exchange(gone_, {});
  delta.invalidations = std::exchange(invalidations_, {});
  delta.own_certificate = std::exchange(own_certificate_, nullptr);
  delta.origin_keys = std::exchange(origin_keys_, nullptr);
  delta.tier_map = std::exchange(tier_map_, nullptr);
  dirty_.clear();
  certificates_read_.clear();
  distributions_.set(static_cast<double>(rows_.size()));
  sink_.publish(delta);
}

void CdnWatcher::note_failure(std::string_view key, const Error& error) {
  logger_.error("cdn", "a row of the store cannot be read",
                {{"key", std::string(key)}, {"why", error.message}});
}

}  // namespace meridian::compilers::cdn
