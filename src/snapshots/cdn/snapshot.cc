#include "snapshots/cdn/snapshot.h"

namespace meridian::snapshots::cdn {
namespace {

std::string_view host_key(const std::string& name) {
  const std::string_view text = name;
  return text.starts_with("*.") ? text.substr(1) : text;
}

}  // namespace

void CdnSnapshot::name(const std::string& host, const SharedDistribution& distribution) {
  by_host_.try_emplace(std::string(host_key(host)), distribution);
}

void CdnSnapshot::unname(const Distribution& distribution) {
  const auto erase = [&](const std::string& host) {
    const auto found = by_host_.find(host_key(host));
    if (found != by_host_.end() && found->second->id == distribution.id) by_host_.erase(found);
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
    const auto found = made->by_id_.find(id);
    if (found == made->by_id_.end()) return;
    made->unname(*found->second);
    made->by_id_.erase(found);
  };
  for (const std::string& id : removes) remove(id);
  // All old names go before any new one comes, so that an alias may move between two of them.
  for (const SharedDistribution& put : puts) remove(put->id);
  for (const SharedDistribution& put : puts) {
    made->by_id_.emplace(put->id, put);
    if (put->staging) continue;
    made->name(put->domain_name, put);
    for (const std::string& alias : put->aliases) made->name(alias, put);
  }
  return made;
}

const SharedDistribution* CdnSnapshot::find_host(std::string_view host, std::string* name) const {
  const auto exact = by_host_.find(host);
  if (exact != by_host_.end()) {
    if (name) *name = exact->first;
    return &exact->second;
  }
  for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
    const auto wildcard = by_host_.find(host.substr(dot));
    if (wildcard == by_host_.end()) continue;
    if (name) *name = '*' + wildcard->first;
    return &wildcard->second;
  }
  return nullptr;
}

const SharedDistribution* CdnSnapshot::find_id(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

}  // namespace meridian::snapshots::cdn
