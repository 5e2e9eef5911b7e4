#include "snapshots/cdn/snapshot.h"

namespace meridian::snapshots::cdn {
namespace {

std::string_view host_key(const std::string& name) {
  const std::string_view text = name;
  return text.starts_with("*.") ? text.substr(1) : text;
}

}  // namespace

void CdnSnapshot::name(const std::string& host, const SharedDistribution& distribution) {
  SharedDistribution& whose = by_host_[host_key(host)];
  if (!whose) whose = distribution;
}

void CdnSnapshot::unname(const Distribution& distribution) {
  const auto erase = [&](const std::string& host) {
    const auto* const found = by_host_.find(host_key(host));
    if (found && found->second->id == distribution.id) by_host_.erase(host_key(host));
  };
  erase(distribution.domain_name);
  for (const std::string& alias : distribution.aliases) erase(alias);
}

std::unique_ptr<const CdnSnapshot> CdnSnapshot::next(std::uint64_t revision,
                                                     std::span<const SharedDistribution> puts,
                                                     std::span<const std::string> removes,
                                                     SharedCertificate own_certificate) const {
  auto made = std::make_unique<CdnSnapshot>(*this);
  made->revision_ = revision;
  if (own_certificate) made->own_certificate_ = std::move(own_certificate);
  const auto remove = [&](std::string_view id) {
    const auto* const found = made->by_id_.find(id);
    if (!found) return;
    made->unname(*found->second);
    made->by_id_.erase(id);
  };
  for (const std::string& id : removes) remove(id);
  // All old names go before any new one comes, so that an alias may move between two of them.
  for (const SharedDistribution& put : puts) remove(put->id);
  for (const SharedDistribution& put : puts) {
    made->by_id_[put->id] = put;
    if (put->staging) continue;
    made->name(put->domain_name, put);
    for (const std::string& alias : put->aliases) made->name(alias, put);
  }
  return made;
}

const SharedDistribution* CdnSnapshot::find_host(std::string_view host, std::string* name) const {
  if (const auto* const exact = by_host_.find(host)) {
    if (name) *name = exact->first;
    return &exact->second;
  }
  for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
    const auto* const wildcard = by_host_.find(host.substr(dot));
    if (!wildcard) continue;
    if (name) *name = '*' + wildcard->first;
    return &wildcard->second;
  }
  return nullptr;
}

const SharedDistribution* CdnSnapshot::find_id(std::string_view id) const {
  const auto* const found = by_id_.find(id);
  return found ? &found->second : nullptr;
}

}  // namespace meridian::snapshots::cdn
