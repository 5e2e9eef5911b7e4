#include "snapshots/feed/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "snapshots/feed/compression.h"
#include "snapshots/feed/timing.h"

namespace meridian::snapshots::feed {
namespace {

std::unexpected<Error> protocol_error(std::string why) {
  return fail(ErrorCode::Invalid, std::move(why), ErrorSource::Peer);
}

}  // namespace

FeedClient::FeedClient(net::Loop& loop, Random& random, Logger& logger, Metrics& metrics, FeedTarget& target,
                       EdgeCertificate& certificate, Connect connect, FeedClientOptions options)
    : loop_(loop),
      random_(random),
      logger_(logger),
      target_(target),
      certificate_(certificate),
      connect_(std::move(connect)),
      options_(std::move(options)),
      applied_(
          metrics.counter(options_.metrics + "_applied_total", "Deltas and images taken from the control.")),
      refused_(
          metrics.counter(options_.metrics + "_refused_total", "Deltas and images that could not be taken.")),
      connections_(metrics.counter(options_.metrics + "_connections_total", "Connections to the control.")),
      following_(metrics.gauge(options_.metrics + "_following", "1 while the control is followed.")),
      reconnect_pause_(kReconnectMin),
      image_pause_(kImageWantedMin) {}

FeedClient::~FeedClient() = default;

void FeedClient::start() {
  state_.since = loop_.clock().now();
  connect();
}

FollowingState FeedClient::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void FeedClient::connect() {
  attempt_ = connect_([this](Result<std::unique_ptr<net::TcpConnection>> connected) {
    attempt_.reset();
    if (!connected) return disconnect(connected.error().message);
    greet(*std::move(connected));
  });
}

void FeedClient::greet(std::unique_ptr<net::TcpConnection> connection) {
  connections_.add();
  connection_ = std::move(connection);
  reader_ = {};
  heard_ = loop_.clock().monotonic();
  connection_->start(*this);
  if (options_.subject != Subject::Dns) send(Follow{static_cast<std::uint16_t>(options_.subject)});
  send(Hello{kProtocolVersion, options_.name, options_.software, target_.holds(), target_.crash()});
  tick_timer_ = loop_.after(kHeartbeatTime, [this] { tick(); });
}

// Whatever was under way with this connection is over; what is served stays. The edge tries again later.
void FeedClient::disconnect(const std::string& why) {
  connection_.reset();
  welcome_.reset();
  incoming_.reset();
  told_health_.reset();
  told_checks_.reset();
  report_timer_.reset();
  requests_timer_.reset();
  awaiting_image_ = false;
  tick_timer_.reset();
  frames_timer_.reset();
  package_finished_ = false;
  image_timer_.reset();
  acknowledge_timer_.reset();
  following_.set(0);
  {
    std::lock_guard lock(mutex_);
    if (state_.following) state_.since = loop_.clock().now();
    state_.following = false;
    state_.problem = why;
  }
  if (!std::exchange(told_lost_, true))
    logger_.warn("feed", "the control is gone; answers go on from what is here",
                 {{"revision", target_.holds().revision}, {"why", why}});
  // Half of the pause is drawn, so that edges do not come back all at once.
  const auto half = reconnect_pause_.count() / 2;
  const Duration pause(half +
                       static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(half) + 1)));
  reconnect_pause_ = std::min(reconnect_pause_ * 2, kReconnectMax);
  reconnect_timer_ = loop_.after(pause, [this] { connect(); });
}

void FeedClient::on_data(net::TcpConnection&, Bytes data) {
  heard_ = loop_.clock().monotonic();
  reader_.add(data);
  if (!frames_timer_) take_frames();
}

// One package a turn of the loop: between two, heartbeats and acknowledgements leave. An edge with much to
// apply would be taken for one that is gone, and changes would not wait for it.
void FeedClient::take_frames() {
  for (;;) {
    auto frame = reader_.next();
    if (!frame) return disconnect(frame.error().message);
    if (!*frame) return connection_->resume_reading();
    const Result<void> taken = std::visit([&](auto& one) { return take(one); }, **frame);
    if (!taken) return disconnect(taken.error().message);
    if (!std::exchange(package_finished_, false)) continue;
    connection_->pause_reading();
    frames_timer_ = loop_.after(Duration::zero(), [this] {
      frames_timer_.reset();
      take_frames();
    });
    return;
  }
}

void FeedClient::on_closed(net::TcpConnection&, const Error* why) {
  disconnect(why ? why->message : "the control closed the connection");
}

void FeedClient::tick() {
  if (loop_.clock().monotonic() - heard_ > kPeerDeadTime) return disconnect("the control fell silent");
  tick_timer_ = loop_.after(kHeartbeatTime, [this] { tick(); });
  if (!welcome_) return;
  send(target_.load());
  ask_for_renewal();
}

void FeedClient::ask_for_renewal() {
  const MonotonicTime now = loop_.clock().monotonic();
  if (renewal_asked_ && now - *renewal_asked_ < kRenewRetryTime) return;
  if (auto request = certificate_.renewal_request()) {
    renewal_asked_ = now;
    send(Renew{*std::move(request)});
  }
}

Result<void> FeedClient::take(const Welcome& welcome) {
  if (welcome_) return protocol_error("a second greeting");
  if (welcome.protocol != kProtocolVersion)
    return protocol_error(fmt::format("the control speaks version {} of the feed", welcome.protocol));
  welcome_ = welcome;
  if (!target_.crash().zone_id.empty()) target_.crash_was_heard();
  reconnect_pause_ = kReconnectMin;
  acknowledged_ = 0;
  following_.set(1);
  {
    std::lock_guard lock(mutex_);
    state_ = {true, loop_.clock().now(), welcome.software, welcome.newest.revision, ""};
  }
  logger_.info("feed", std::exchange(told_lost_, false) ? "the control is back" : "following the control",
               {{"version", welcome.software},
                {"newest", welcome.newest.revision},
                {"revision", target_.holds().revision}});
  acknowledge_pause_ = kAcknowledgeMin;
  acknowledge();
  if (!options_.tier_address.empty()) send(TierAt{options_.tier_address});
  if (!options_.locations.empty()) send(Locations{options_.locations});
  if (options_.checker) {
    send(Checker{options_.checker->region()});
    options_.checker->repeat_reports();
    report();
  }
  if (options_.requests) {
    options_.requests->repeat();
    tell_requests();
  }
  return {};
}

// What the control does not take in time waits where it is replaced by what is newer.
void FeedClient::report() {
  report_timer_ = loop_.after(kReportTime, [this] { report(); });
  while (connection_->pending() < kReportsPendingMax) {
    auto reports = options_.checker->take_reports(kReportsMax);
    if (reports.empty()) return;
    send(Reports{std::move(reports)});
  }
}

// What the control has not taken waits where it came from.
void FeedClient::tell_requests() {
  requests_timer_ = loop_.after(kRequestsTime, [this] { tell_requests(); });
  while (connection_->pending() < kRequestsPendingMax) {
    auto requests = options_.requests->next();
    if (!requests) return;
    send(*std::move(requests));
  }
}

Result<void> FeedClient::take(const RequestsTaken& taken) {
  if (!welcome_ || !options_.requests) return protocol_error("requests were taken that nobody told of");
  options_.requests->taken(taken);
  tell_requests();
  return {};
}

Result<void> FeedClient::take(const Newest& newest) {
  std::lock_guard lock(mutex_);
  state_.newest = newest.revision;
  return {};
}

Result<void> FeedClient::take(const Health& health) {
  if (!welcome_) return protocol_error("health out of turn");
  if (health.begins) told_health_.emplace();
  for (const auto& state : health.states) {
    target_.set_health(state.id, state.healthy);
    if (told_health_) told_health_->insert(state.id);
  }
  if (told_health_ && told_health_->size() > health::HealthTable::kChecksMax)
    return protocol_error("more health checks than there are");
  if (!health.completes) return {};
  if (!told_health_) return protocol_error("health out of turn");
  target_.forget_health_but(*told_health_);
  told_health_.reset();
  return {};
}

Result<void> FeedClient::take(const Checks& checks) {
  CheckerTarget* const checker = options_.checker;
  if (!welcome_ || !checker) return protocol_error("health checks for who is no checker");
  if (checks.begins) told_checks_.emplace();
  for (const CheckBytes& check : checks.checks) {
    check.bytes.empty() ? checker->remove_check(check.id) : checker->set_check(check.id, check.bytes);
    if (told_checks_ && !check.bytes.empty()) told_checks_->insert(check.id);
  }
  if (told_checks_ && told_checks_->size() > health::HealthTable::kChecksMax)
    return protocol_error("more health checks than there are");
  if (!checks.completes) return {};
  if (!told_checks_) return protocol_error("health checks out of turn");
  checker->forget_checks_but(*told_checks_);
  told_checks_.reset();
  return {};
}

Result<void> FeedClient::take(const Certificate& certificate) {
  TRY(certificate_.renew(certificate));
  logger_.info("feed", "the certificate of this edge was renewed");
  // The next connection proves that the new one is good, and the control forgets the old one.
  return protocol_error("it comes again with its new certificate");
}

Result<void> FeedClient::take(const Farewell& farewell) {
  return protocol_error("the control says: " + farewell.reason);
}

template <typename Other>
Result<void> FeedClient::take(const Other&) {
  return protocol_error("a frame that the control does not send");
}

Result<void> FeedClient::take(PackageHead& head) {
  if (!welcome_ || incoming_) return protocol_error("a package out of turn");
  if (head.plain_size > kPackageBytesMax || head.size > kPackageBytesMax)
    return protocol_error("a package larger than there are");
  const std::string part = std::exchange(head.part, {});
  incoming_ = std::move(head);
  return add_part(part);
}

Result<void> FeedClient::take(PackagePart& part) {
  if (!incoming_) return protocol_error("a part of no package");
  return add_part(part.part);
}

Result<void> FeedClient::add_part(std::string_view part) {
  if (part.empty() || part.size() > incoming_->size - incoming_->part.size())
    return protocol_error("a package that is larger than it says");
  incoming_->part += part;
  if (incoming_->part.size() == incoming_->size) finish_package();
  return {};
}

void FeedClient::finish_package() {
  // Sent before the control knew of the refusal.
  const bool dropped = awaiting_image_ && incoming_->from != 0;
  const Result<void> applied = dropped ? Result<void>{} : apply_package();
  if (!applied) {
    refuse(applied.error().message);
  } else if (!dropped) {
    applied_.add();
    awaiting_image_ = false;
    if (incoming_->to >= refused_to_) image_pause_ = kImageWantedMin;
    {
      std::lock_guard lock(mutex_);
      state_.problem.clear();
      state_.newest = std::max(state_.newest, incoming_->to);
    }
    acknowledge_pause_ = kAcknowledgeMin;
    acknowledge();
  }
  incoming_.reset();
  package_finished_ = true;
  heard_ = loop_.clock().monotonic();  // a large image takes its time, in which nothing could be heard
}

Result<void> FeedClient::apply_package() {
  const Position holds = target_.holds();
  const bool fits =
      incoming_->from == 0 || (incoming_->from == holds.revision && holds.store == welcome_->newest.store);
  if (!fits)
    return fail(ErrorCode::Conflict,
                fmt::format("it begins at revision {}, and here is {}", incoming_->from, holds.revision),
                ErrorSource::Peer);
  const std::string plain = TRY(decompress(incoming_->part, incoming_->plain_size));
  return target_.apply(welcome_->newest.store, incoming_->from, incoming_->to, plain);
}

void FeedClient::refuse(const std::string& why) {
  refused_.add();
  logger_.error("feed", "refused what the control sent; answers go on from what is here",
                {{"from", incoming_->from}, {"to", incoming_->to}, {"why", why}});
  target_.keep_refused(incoming_->from, incoming_->to, incoming_->part, why);
  send(Refusal{incoming_->from, incoming_->to, why});
  {
    std::lock_guard lock(mutex_);
    state_.problem = "refused: " + why;
  }
  awaiting_image_ = true;
  refused_to_ = incoming_->to;
  image_timer_ = loop_.after(image_pause_, [this] { send(ImageWanted{}); });
  image_pause_ = std::min(image_pause_ * 2, kImageWantedMax);
}

// Says what is served, and comes back while that is not yet what was applied. Packages that arrive together
// are acknowledged together.
void FeedClient::acknowledge() {
  const Position holds = target_.holds();
  acknowledge_timer_.reset();
  // Revisions of another store mean nothing to this control.
  if (holds.store != welcome_->newest.store) return;
  const std::uint64_t served = std::min(target_.served_revision(), holds.revision);
  if (served > acknowledged_ && served <= state().newest) {
    acknowledged_ = served;
    send(Acknowledge{served});
  }
  if (served >= holds.revision) return;
  acknowledge_timer_ = loop_.after(acknowledge_pause_, [this] { acknowledge(); });
  acknowledge_pause_ = std::min(acknowledge_pause_ * 2, kAcknowledgeMax);
}

}  // namespace meridian::snapshots::feed
