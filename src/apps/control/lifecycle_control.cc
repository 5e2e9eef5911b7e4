#include "apps/control/lifecycle_control.h"

namespace meridian::apps {

LifecycleControl::LifecycleControl(store::Store& store, services::s3::S3& s3, const World& world)
    : world_(world),
      runner_(store, s3, world.logger, world.metrics),
      loop_(net::make_loop(), "lifecycles") {}

void LifecycleControl::start() {
  loop_.start();
  loop_.loop().post([this] { look(); });
}

// One piece of work at a time, so that a long run ends at once when the server does.
void LifecycleControl::look() {
  const auto more = runner_.advance(world_.clock.now());
  const std::string failure = more ? "" : more.error().message;
  if (!failure.empty() && failure != last_failure_)
    world_.logger.error("s3", "lifecycles cannot be carried out", {{"why", failure}});
  last_failure_ = failure;
  timer_ = loop_.loop().after(more && *more ? Duration::zero() : kIdle, [this] { look(); });
}

}  // namespace meridian::apps
