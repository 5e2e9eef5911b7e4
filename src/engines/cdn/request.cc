#include "engines/cdn/request.h"

#include "engines/cdn/origin_fetch.h"

namespace meridian::engines::cdn {

// The order of CloudFront's own documentation; where edge functions will be called is between check_signature
// and make_key (viewer request) and within deliver (viewer response).
const Request::Step Request::kSteps[] = {
    &Request::find_distribution, &Request::choose_staging, &Request::choose_behavior, &Request::check_geo,
    &Request::check_protocol,    &Request::check_method,   &Request::check_signature, &Request::make_key,
    &Request::find_object,       &Request::replace_error,  &Request::deliver,
};

Request::Request(Site& site, const ViewerRequest& request, ViewerStream& viewer)
    : site_(site),
      viewer_(&viewer),
      request_(request),
      began_(site.worker.loop.clock().monotonic()),
      began_at_(site.worker.loop.clock().now()),
      request_id_(site.make_request_id()),
      fields_(request_.fields) {}

Request::~Request() {
  if (waiter_) waiter_->cancel();
  if (wake_) wake_->cancel();
  if (fetch_) {
    fetch_->on_room(std::function<void()>());
    if (!over_) fetch_->cancel();  // nobody else reads what it sends
  }
  if (!over_) log();
}

void Request::run() {
  while (step_ < std::size(kSteps)) {
    const Step step = kSteps[step_++];
    if ((this->*step)() == Next::Wait) return;
  }
}

}  // namespace meridian::engines::cdn
