#include "engines/cdn/request.h"

#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/tier_look.h"

namespace meridian::engines::cdn {

// The order of CloudFront's own documentation; where edge functions will be called is between check_signature
// and make_key (viewer request) and within deliver (viewer response).
const Request::Step Request::kSteps[] = {
    {&Request::find_distribution, &Request::tell_distribution},
    {&Request::choose_staging, &Request::tell_staging},
    {&Request::choose_behavior, &Request::tell_behavior},
    {&Request::check_geo, &Request::tell_viewer},
    {&Request::check_protocol, &Request::tell_protocol},
    {&Request::check_method, &Request::tell_method},
    {&Request::check_signature, &Request::tell_signature},
    {&Request::make_key, &Request::tell_key},
    {&Request::find_object, &Request::tell_nothing},
    {&Request::replace_error, &Request::tell_error},
    {&Request::deliver, &Request::tell_reply},
};

Request::Request(Site& site, const ViewerRequest& request, ViewerStream& viewer, Trace* trace)
    : site_(site),
      viewer_(&viewer),
      trace_(trace),
      request_(request),
      began_(request.came == MonotonicTime{} ? site.worker.loop.clock().monotonic() : request.came),
      began_at_(request.came == MonotonicTime{} ? site.worker.loop.clock().now() : request.came_at),
      space_(site.spaces.take()),
      request_id_(space_->request_id),
      path_(space_->path),
      generated_(space_->generated),
      fields_(request_.fields),
      query_buffer_(space_->query),
      key_bytes_(space_->key),
      reply_fields_(space_->reply) {
  site.write_request_id(request_id_);
}

namespace {

// Of one thread.
struct SpareRequests {
  static constexpr std::size_t kMost = 256;
  std::vector<void*> pieces;
  ~SpareRequests() {
    for (void* const each : pieces) ::operator delete(each);
  }
};
thread_local SpareRequests spare_requests;

}  // namespace

void* Request::operator new(std::size_t size) {
  if (spare_requests.pieces.empty() || size != sizeof(Request)) return ::operator new(size);
  void* const piece = spare_requests.pieces.back();
  spare_requests.pieces.pop_back();
  return piece;
}

void Request::operator delete(void* gone, std::size_t size) {
  if (size == sizeof(Request) && spare_requests.pieces.size() < SpareRequests::kMost)
    return spare_requests.pieces.push_back(gone);
  ::operator delete(gone);
}

Request::~Request() {
  if (in_lookups_) site_.worker.lookups.forget(*this);
  if (waiter_) waiter_->cancel();
  if (wake_) wake_->cancel();
  if (fetch_) {
    fetch_->on_room(std::function<void()>());
    if (!over_) fetch_->cancel();  // nobody else reads what it sends
  }
  if (!over_) log();
  site_.spaces.give_back(std::move(space_));
}

void Request::run() {
  while (step_ < std::size(kSteps)) {
    const Step& step = kSteps[step_++];
    Trace* const trace = trace_;  // the step may end this
    const Next next = (this->*step.take)();
    if (trace) [[unlikely]]
      (this->*step.tell)();
    if (next == Next::Wait) return;
  }
}

std::size_t Request::index_of(Next (Request::*take)()) {
  std::size_t index = 0;
  while (kSteps[index].take != take) ++index;
  return index;
}

}  // namespace meridian::engines::cdn
