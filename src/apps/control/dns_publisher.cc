#include "apps/control/dns_publisher.h"

namespace meridian::apps {

using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;

Result<void> DnsPublisher::publish(const Delta& delta, std::unique_ptr<const DnsSnapshot> next) {
  TRY(dns_.examine(delta));
  const std::string encoded = feed_ ? encode(delta) : "";
  std::lock_guard lock(latest_);
  // Edges are told first: they are farther away.
  if (feed_) feed_->publish(delta.from, delta.to, encoded);
  dns_.publish(delta, std::move(next));
  return {};
}

std::uint64_t DnsPublisher::served_revision() const {
  const std::uint64_t here = dns_.served_revision();
  return feed_ ? std::min(here, feed_->served_revision()) : here;
}

snapshots::feed::ImageSource::Image DnsPublisher::image() {
  std::lock_guard lock(latest_);
  return {dns_.latest().revision(), encode_image(dns_.latest())};
}

}  // namespace meridian::apps
