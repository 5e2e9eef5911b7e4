// Where the compiler publishes: the DNS service of this process, and the feed to edges when there is one.
// Rule: nothing reaches an edge that the canary here did not survive, and a change counts as served when
// every worker here and every edge that is waited for serves it.
#pragma once

#include <mutex>

#include "apps/dns_service.h"
#include "compilers/dns/watcher.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

class DnsPublisher final : public compilers::dns::DnsSink, public snapshots::feed::ImageSource {
 public:
  explicit DnsPublisher(DnsService& dns) : dns_(dns) {}
  // Before the compiler starts.
  void set_feed(snapshots::feed::FeedServer* feed) { feed_ = feed; }

  const snapshots::dns::DnsSnapshot& latest() const override { return dns_.latest(); }
  Result<void> publish(const snapshots::dns::Delta& delta,
                       std::unique_ptr<const snapshots::dns::DnsSnapshot> next) override;
  Result<void> examine(const snapshots::dns::Delta& delta) override { return dns_.examine(delta); }
  std::uint64_t served_revision() const override;

  Image image() override;

 private:
  DnsService& dns_;
  snapshots::feed::FeedServer* feed_ = nullptr;
  std::mutex latest_;  // held while the latest snapshot is replaced, or read by another thread
};

}  // namespace meridian::apps
