#include "snapshots/feed/server.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/certificate.h"
#include "net/tls.h"
#include "snapshots/feed/compression.h"
#include "snapshots/feed/timing.h"

namespace meridian::snapshots::feed {
namespace {

constexpr std::uint16_t kHealthProtocol = 3;   // the first in which edges hear of health
constexpr std::uint16_t kCheckerProtocol = 4;  // the first in which edges may be checkers

std::unexpected<Error> protocol_error(std::string why) {
  return fail(ErrorCode::Invalid, std::move(why), ErrorSource::Peer);
}

}  // namespace

// One connection: a stranger until its Hello, an edge afterwards.
class FeedServer::Session final : public net::TcpHandler {
 public:
  Session(FeedServer& server, std::unique_ptr<net::TcpConnection> connection)
      : server_(&server),
        connection_(std::move(connection)),
        heard_(now()),
        accepted_(heard_),
        moved_(heard_) {}
  void start() { connection_->start(*this); }

  const std::string& name() const { return name_; }
  bool follows() const { return !name_.empty(); }
  std::uint64_t cursor() const { return cursor_; }
  bool is_checker() const { return !region_.empty(); }
  Duration silent_for() const { return now() - heard_; }
  bool wants_image() const { return wants_image_; }
  net::TcpConnection& connection() { return *connection_; }

  void on_data(net::TcpConnection&, Bytes data) override {
    heard_ = now();
    reader_.add(data);
    for (;;) {
      auto frame = reader_.next();
      if (!frame) return server_->end(*this, frame.error().message);
      if (!*frame) break;
      const Result<void> taken = std::visit([&](auto& one) { return take(one); }, **frame);
      if (!taken) return server_->end(*this, taken.error().message);
    }
    if (follows()) {
      std::lock_guard lock(server_->mutex_);
      server_->table_.heard(name_, server_->loop_.clock());
      if (server_->gate_.is_canary(name_)) server_->ask_for_pump();
    }
    send_what_fits();
  }
  void on_drained(net::TcpConnection&) override { send_what_fits(); }
  void on_closed(net::TcpConnection&, const Error* why) override {
    server_->end(*this, why ? why->message : "the edge closed the connection");
  }

  // As much as may wait for this edge. Health goes between the parts of a package: it is small, and late is
  // wrong.
  void send_what_fits() {
    while (follows() && connection_->pending() < kPendingBytesMax)
      if (!send_health() && !send_checks() && !send_of_package()) return;
  }

  // The error is why the session ends.
  Result<void> tick() {
    if (!follows())
      return now() - accepted_ > kGreetingTime ? protocol_error("no greeting came") : Result<void>{};
    if (now() - heard_ > kPeerDeadTime) return protocol_error("nothing was heard of it");
    if (connection_->pending() == 0 || connection_->pending() != pending_) moved_ = now();
    pending_ = connection_->pending();
    if (now() - moved_ > kStuckTimeMax) return protocol_error("it takes nothing of what is sent to it");
    if (const auto* certificate = connection_->peer_certificate())
      TRY(server_->authority_.admit(*certificate));
    if (pending_ < kPendingBytesMax) send(Newest{server_->newest()});
    return {};
  }

  void send(const Frame& frame) { connection_->write(encode(frame)); }

 private:
  MonotonicTime now() const { return server_->loop_.clock().monotonic(); }

  Result<void> take(const Follow& follow) {
    if (follows()) return protocol_error("an edge says first what it follows");
    if (follow.subject == static_cast<std::uint16_t>(Subject::Dns)) return {};
    FeedServer* const other = server_->find(static_cast<Subject>(follow.subject));
    if (!other) return protocol_error("this control has nothing of that kind");
    server_->move(*this, *other);
    server_ = other;
    return {};
  }

  Result<void> take(const Hello& hello) {
    if (follows()) return protocol_error("a second greeting");
    const auto* certificate = connection_->peer_certificate();
    if (!certificate) return protocol_error("an edge must show its certificate");
    if (auto admitted = server_->authority_.admit(*certificate); !admitted) {
      server_->turned_away_.add();
      server_->logger_.warn("feed", "an edge was turned away",
                            {{"edge", certificate->common_name},
                             {"peer", connection_->peer().to_string()},
                             {"why", admitted.error().message}});
      return admitted;
    }
    if (!is_spoken(hello.protocol))
      return protocol_error(fmt::format("the control speaks version {} of the feed, the edge {}",
                                        kProtocolVersion, hello.protocol));
    if (hello.name != certificate->common_name) return protocol_error("its certificate has another name");
    name_ = hello.name;
    protocol_ = hello.protocol;
    server_->replace_older(*this);
    if (!hello.crash.zone_id.empty()) TRY(server_->take_back(name_, hello));
    welcome(hello);
    return {};
  }

  void welcome(const Hello& hello) {
    const StoreId& store = server_->options_.newest.store;
    cursor_ = hello.holds.revision;
    std::uint64_t newest;
    {
      std::lock_guard lock(server_->mutex_);
      newest = server_->history_.newest();
      wants_image_ = hello.holds.store != store || !server_->history_.reaches(cursor_);
      server_->table_.connected(name_, hello.software, connection_->peer().to_string(),
                                server_->loop_.clock());
    }
    if (hello.holds.store == store && cursor_ > newest)
      server_->logger_.error("feed", "an edge has revisions that this control never had: was it restored?",
                             {{"edge", name_}, {"revision", cursor_}, {"newest", newest}});
    send(Welcome{protocol_, server_->options_.software, {store, newest}});
    server_->logger_.info("feed", "an edge is connected",
                          {{"edge", name_},
                           {"peer", connection_->peer().to_string()},
                           {"version", hello.software},
                           {"revision", hello.holds.revision},
                           {"gets", wants_image_ ? "an image" : "deltas"}});
  }

  Result<void> take(const Acknowledge& acknowledge) {
    if (!follows()) return protocol_error("an edge must greet first");
    std::lock_guard lock(server_->mutex_);
    if (!server_->table_.acknowledged(name_, acknowledge.revision, now()))
      return protocol_error("it acknowledges a revision that it cannot have");
    return {};
  }

  Result<void> take(const Refusal& refusal) {
    if (!follows()) return protocol_error("an edge must greet first");
    refused_ = true;
    // The image that is kept may be what it could not take, or lead to it again.
    server_->image_.reset();
    server_->refusals_.add();
    server_->logger_.error(
        "feed", "an edge refused a change and stays on what it had",
        {{"edge", name_}, {"from", refusal.from}, {"to", refusal.to}, {"why", refusal.reason}});
    std::lock_guard lock(server_->mutex_);
    server_->table_.refused(name_, refusal.reason);
    return {};
  }

  Result<void> take(const ImageWanted&) {
    if (!follows()) return protocol_error("an edge must greet first");
    refused_ = false;
    wants_image_ = true;
    return {};
  }

  Result<void> take(const Load& load) {
    if (!follows()) return protocol_error("an edge must greet first");
    std::lock_guard lock(server_->mutex_);
    server_->table_.loaded(name_, load);
    return {};
  }

  Result<void> take(const Checker& checker) {
    if (!follows()) return protocol_error("an edge must greet first");
    if (protocol_ < kCheckerProtocol || is_checker() || !is_edge_name(checker.region))
      return protocol_error("it cannot become that checker now");
    const Result<void> joined = server_->checkers_
                                    ? server_->checkers_->joined(name_, checker.region)
                                    : fail(ErrorCode::Unavailable, "nothing is probed for this control");
    if (!joined) {
      server_->logger_.warn("feed", "an edge would be a checker and does not count",
                            {{"edge", name_}, {"region", checker.region}, {"why", joined.error().message}});
      return {};
    }
    region_ = checker.region;
    server_->logger_.info("feed", "an edge is a checker", {{"edge", name_}, {"region", region_}});
    std::lock_guard lock(server_->mutex_);
    server_->table_.checks_from(name_, region_);
    return {};
  }

  Result<void> take(const Locations& locations) {
    if (!follows()) return protocol_error("an edge must greet first");
    if (server_->locations_) server_->locations_->located(name_, locations.locations, tier_address_);
    return {};
  }

  Result<void> take(const TierAt& at) {
    if (!follows()) return protocol_error("an edge must greet first");
    if (!net::Address::parse(at.address)) return protocol_error("an address that is none");
    tier_address_ = at.address;
    return {};
  }

  Result<void> take(Requests& requests) {
    if (!follows()) return protocol_error("an edge must greet first");
    if (requests.plain_size > kRequestsBytesMax) return protocol_error("more requests than fit one piece");
    if (server_->requests_) server_->requests_->served(name_, std::move(requests));
    return {};
  }

  Result<void> take(const Reports& reports) {
    if (!follows()) return protocol_error("an edge must greet first");
    if (is_checker()) server_->checkers_->reported(name_, reports.reports);
    return {};
  }

  Result<void> take(const Enrol& enrol) {
    auto certificate = server_->authority_.enrol(enrol);
    if (!certificate) {
      server_->turned_away_.add();
      server_->logger_.warn(
          "feed", "an enrolment was refused",
          {{"peer", connection_->peer().to_string()}, {"why", certificate.error().message}});
      return std::unexpected(certificate.error());
    }
    server_->logger_.info("feed", "an edge was enrolled",
                          {{"edge", certificate->name}, {"peer", connection_->peer().to_string()}});
    send(*certificate);
    return {};
  }

  Result<void> take(const Renew& renew) {
    const auto* certificate = connection_->peer_certificate();
    if (!follows() || !certificate) return protocol_error("an edge must greet first");
    send(TRY(server_->authority_.renew(*certificate, renew)));
    server_->logger_.info("feed", "an edge's certificate was renewed", {{"edge", name_}});
    return {};
  }

  Result<void> take(const Farewell& farewell) { return protocol_error("it says: " + farewell.reason); }

  template <typename Other>
  Result<void> take(const Other&) {
    return protocol_error("a frame that edges do not send");
  }

  // False: there is nothing to tell.
  bool send_health() {
    if (protocol_ < kHealthProtocol) return false;
    Health health;
    {
      std::lock_guard lock(server_->mutex_);
      if (health_completed_ && health_cursor_ == server_->health_.newest()) return false;
      auto part = server_->health_.after(health_cursor_, kHealthStatesMax);
      health.states = std::move(part.states);
      health_cursor_ = part.last;
      health.begins = !std::exchange(health_begun_, true);
      if (!health_completed_ && health_cursor_ == server_->health_.newest())
        health.completes = health_completed_ = true;
    }
    send(health);
    return true;
  }

  // False: there is nothing to tell, or the edge is no checker.
  bool send_checks() {
    if (!is_checker()) return false;
    Checks checks;
    {
      std::lock_guard lock(server_->mutex_);
      if (checks_completed_ && checks_cursor_ == server_->checks_.newest()) return false;
      auto part = server_->checks_.after(checks_cursor_, region_, kPartBytesMax);
      checks.checks = std::move(part.checks);
      checks.begins = part.begins;
      if (part.begins) checks_completed_ = false;
      checks_cursor_ = part.last;
      if (!checks_completed_ && checks_cursor_ == server_->checks_.newest())
        checks.completes = checks_completed_ = true;
    }
    send(checks);
    return true;
  }

  // False: the edge has everything, or does not take anything now.
  bool send_of_package() {
    if (refused_) return false;
    if (!sending_) {
      sending_ = server_->next_package(*this);
      if (!sending_) return false;
      offset_ = 0;
      wants_image_ = false;
    }
    send_part();
    return true;
  }

  void send_part() {
    const std::size_t size = std::min(kPartBytesMax, sending_->bytes.size() - offset_);
    std::string part = sending_->bytes.substr(offset_, size);
    if (offset_ == 0)
      send(PackageHead{sending_->from, sending_->to, sending_->plain_size, sending_->bytes.size(),
                       std::move(part)});
    else
      send(PackagePart{std::move(part)});
    offset_ += size;
    server_->bytes_sent_.add(size);
    if (offset_ < sending_->bytes.size()) return;
    (sending_->from == 0 ? server_->images_sent_ : server_->packages_sent_).add();
    cursor_ = sending_->to;
    sending_.reset();
  }

  FeedServer* server_;  // that of what the edge follows
  std::unique_ptr<net::TcpConnection> connection_;
  FrameReader reader_;
  std::string name_;  // empty before Hello
  std::uint16_t protocol_ = 0;
  std::uint64_t health_cursor_ = 0;  // the number of the last change that was sent
  bool health_begun_ = false, health_completed_ = false;
  std::string tier_address_;  // "": no other edge asks it
  std::string region_;        // of a checker; empty: it is none
  std::uint64_t checks_cursor_ = 0;
  bool checks_completed_ = false;
  std::uint64_t cursor_ = 0;  // the revision after what was sent
  bool wants_image_ = false;
  bool refused_ = false;  // it did not take a package, and has not asked for an image yet
  SharedPackage sending_;
  std::size_t offset_ = 0;
  MonotonicTime heard_, accepted_;
  std::size_t pending_ = 0;  // at the last tick
  MonotonicTime moved_;      // when it last took some of it
};

FeedServer::FeedServer(net::Loop& loop, Logger& logger, Metrics& metrics, EdgeAuthority& authority,
                       ImageSource& images, FeedServerOptions options)
    : loop_(loop),
      logger_(logger),
      metrics_(metrics),
      authority_(authority),
      images_(images),
      options_(std::move(options)),
      packages_sent_(metrics.counter(options_.metrics + "_deltas_sent_total", "Deltas sent to edges.")),
      images_sent_(metrics.counter(options_.metrics + "_images_sent_total", "Full images sent to edges.")),
      bytes_sent_(
          metrics.counter(options_.metrics + "_bytes_sent_total", "Of deltas and images, compressed.")),
      refusals_(metrics.counter(options_.metrics + "_refusals_total",
                                "Deltas and images that an edge did not take.")),
      turned_away_(metrics.counter(options_.metrics + "_turned_away_total",
                                   "Connections whose certificate or token was not accepted.")),
      crashes_(metrics.counter(options_.metrics + "_edge_crashes_total",
                               "Deaths of edges by a change, as they told when they came back.")),
      canaries_overdue_(metrics.counter(options_.metrics + "_canary_overdue_total",
                                        "Changes that went on although canary edges did not serve them.")),
      gate_(options_.canaries),
      history_(options_.newest.revision, options_.history_bytes_max),
      table_(options_.edge_live_time, options_.newest.revision) {
  register_metrics();
}

FeedServer::~FeedServer() = default;

void FeedServer::expect(const std::vector<std::string>& names) {
  std::lock_guard lock(mutex_);
  for (const std::string& name : names) table_.expect(name, loop_.clock().monotonic());
}

Result<net::Address> FeedServer::listen(const net::Address& address,
                                        std::shared_ptr<net::TlsServerContext> tls) {
  listener_ = TRY(loop_.listen_tcp(address, {}, std::move(tls),
                                   [this](auto connection) { accept(std::move(connection)); }));
  tick_timer_ = loop_.after(kHeartbeatTime, [this] { tick(); });
  for (const auto& [subject, other] : others_)
    other->tick_timer_ = loop_.after(kHeartbeatTime, [other = other] { other->tick(); });
  return listener_->local();
}

void FeedServer::also(Subject subject, FeedServer& other) {
  others_[subject] = &other;
  other.first_ = this;
}

FeedServer* FeedServer::find(Subject subject) const {
  if (first_) return nullptr;  // it has said already what it follows
  const auto at = others_.find(subject);
  return at == others_.end() ? nullptr : at->second;
}

void FeedServer::move(const Session& session, FeedServer& to) {
  const auto at = std::ranges::find(sessions_, &session, &std::unique_ptr<Session>::get);
  to.sessions_.push_back(std::move(*at));
  sessions_.erase(at);
}

void FeedServer::accept(std::unique_ptr<net::TcpConnection> connection) {
  auto strangers = std::ranges::count_if(sessions_, [](auto& one) { return !one->follows(); });
  std::size_t sessions = sessions_.size();
  for (const auto& [subject, other] : others_) {
    strangers += std::ranges::count_if(other->sessions_, [](auto& one) { return !one->follows(); });
    sessions += other->sessions_.size();
  }
  if (sessions >= kSessionsMax || static_cast<std::size_t>(strangers) >= kStrangersMax) {
    turned_away_.add();
    return;
  }
  sessions_.push_back(std::make_unique<Session>(*this, std::move(connection)));
  sessions_.back()->start();
}

void FeedServer::tick() {
  if (!first_)
    for (const std::string& name : authority_.refresh()) {
      remove(name);
      for (const auto& [subject, other] : others_) other->remove(name);
    }
  std::vector<std::pair<Session*, std::string>> ending;
  for (auto& session : sessions_)
    if (auto going_on = session->tick(); !going_on)
      ending.emplace_back(session.get(), going_on.error().message);
  for (auto& [session, why] : ending) end(*session, why);
  {
    std::lock_guard lock(mutex_);
    if (image_ && !history_.reaches(image_->to)) image_.reset();
    if (gate_.on()) ask_for_pump();
  }
  tick_timer_ = loop_.after(kHeartbeatTime, [this] { tick(); });
}

void FeedServer::pump() {
  {
    std::lock_guard lock(mutex_);
    pump_asked_ = false;
  }
  open_gate();
  for (auto& session : sessions_) session->send_what_fits();
}

// With the mutex held.
void FeedServer::ask_for_pump() {
  if (!std::exchange(pump_asked_, true)) loop_.post([this] { pump(); });
}

void FeedServer::open_gate() {
  CanaryGate::Step step;
  {
    std::lock_guard lock(mutex_);
    step = gate_.advance(history_.newest(), table_, loop_.clock().monotonic());
    history_.forget_before(step.forget_before);
  }
  if (step.forget_before != 0) image_.reset();
  if (!step.overdue) return;
  canaries_overdue_.add();
  logger_.error("feed", "a change goes to all edges although canary edges do not serve it");
}

void FeedServer::took(const std::string& edge, const RequestsTaken& taken) {
  loop_.post([this, edge, taken] {
    const auto session = std::ranges::find(
        sessions_, edge, [](auto& one) -> auto& { return one->name(); });
    if (session != sessions_.end()) (*session)->send(taken);
  });
}

Result<void> FeedServer::take_back(const std::string& edge, const Hello& hello) {
  const Crash& crash = hello.crash;
  crashes_.add();
  logger_.error("feed", "an edge died of a change",
                {{"edge", edge},
                 {"zone", crash.zone_id},
                 {"since", crash.since},
                 {"seen", crash.seen},
                 {"why", crash.why}});
  if (hello.holds.store != options_.newest.store || crash.seen > newest()) {
    logger_.warn("feed", "nothing is taken back: these are not revisions of this control", {{"edge", edge}});
    return {};
  }
  const std::uint64_t taken_back = on_crash_ ? TRY(on_crash_(edge, crash)) : 0;
  std::lock_guard lock(mutex_);
  gate_.crashed(crash.since, history_.newest(), taken_back);
  return {};
}

// The session is gone when this returns.
void FeedServer::end(Session& session, const std::string& why) {
  if (session.follows()) {
    logger_.warn("feed", "an edge is disconnected", {{"edge", session.name()}, {"why", why}});
    if (session.is_checker()) checkers_->lost(session.name(), session.silent_for());
    if (locations_) locations_->lost(session.name());
    std::lock_guard lock(mutex_);
    table_.disconnected(session.name());
  }
  session.send(Farewell{why});
  session.connection().close_after_flush();
  std::erase_if(sessions_, [&](const auto& one) { return one.get() == &session; });
}

// An edge that was cut off comes back before its old connection is known to be dead.
void FeedServer::replace_older(const Session& session) {
  const auto older = std::ranges::find_if(
      sessions_, [&](const auto& one) { return one.get() != &session && one->name() == session.name(); });
  if (older != sessions_.end()) end(**older, "the edge has a newer connection");
}

void FeedServer::remove(const std::string& name) {
  const auto at = std::ranges::find_if(sessions_, [&](const auto& one) { return one->name() == name; });
  if (at != sessions_.end()) end(**at, "it was removed from the edges of this control");
  if (checkers_) checkers_->removed(name);
  if (locations_) locations_->removed(name);
  std::lock_guard lock(mutex_);
  table_.removed(name);
}

SharedPackage FeedServer::next_package(const Session& session) {
  {
    std::lock_guard lock(mutex_);
    const std::uint64_t at = session.cursor();
    if (!session.wants_image() && at == history_.newest()) return nullptr;
    if (!session.wants_image())
      if (auto package = history_.after(at)) return let_through(session, package);
    if (image_ && history_.reaches(image_->to)) return let_through(session, image_);
  }
  const SharedPackage made = image();
  std::lock_guard lock(mutex_);
  return let_through(session, made);
}

// Null: not yet. With the mutex held.
SharedPackage FeedServer::let_through(const Session& session, const SharedPackage& package) {
  if (package->to > gate_.limit(session.name())) return nullptr;
  gate_.given(session.name(), package->to);
  return package;
}

SharedPackage FeedServer::image() {
  auto made = images_.image();
  auto package = std::make_shared<Package>();
  package->to = made.revision;
  package->plain_size = made.plain.size();
  package->bytes = compress(made.plain);
  package->made = loop_.clock().monotonic();
  image_ = std::move(package);
  return image_;
}

void FeedServer::publish(std::uint64_t from, std::uint64_t to, std::string_view plain) {
  auto package = std::make_shared<Package>();
  package->from = from;
  package->to = to;
  package->plain_size = plain.size();
  if (from != 0) package->bytes = compress(plain);
  package->made = loop_.clock().monotonic();
  std::lock_guard lock(mutex_);
  history_.add(std::move(package));
  table_.published(to, loop_.clock().monotonic());
  ask_for_pump();
}

void FeedServer::set_health(std::string_view id, bool healthy) {
  std::lock_guard lock(mutex_);
  if (!health_.set(id, healthy)) {
    logger_.error("feed", "edges hear nothing of a health check: there are too many", {{"id", id}});
    return;
  }
  ask_for_pump();
}

void FeedServer::set_check(const std::string& id, std::vector<std::string> regions, std::string settings) {
  std::lock_guard lock(mutex_);
  if (!checks_.set(id, std::move(regions), std::move(settings))) {
    logger_.error("feed", "checkers at edges do not probe a health check: there are too many", {{"id", id}});
    return;
  }
  ask_for_pump();
}

void FeedServer::remove_check(const std::string& id) {
  std::lock_guard lock(mutex_);
  if (checks_.remove(id)) ask_for_pump();
}

std::uint64_t FeedServer::served_revision() const {
  std::lock_guard lock(mutex_);
  return table_.served(loop_.clock().monotonic());
}

std::uint64_t FeedServer::newest() const {
  std::lock_guard lock(mutex_);
  return history_.newest();
}

std::vector<EdgeState> FeedServer::edges() const {
  std::lock_guard lock(mutex_);
  auto all = table_.all(loop_.clock().monotonic());
  for (EdgeState& edge : all)
    if (edge.behind_since)
      if (const auto next = history_.after(edge.revision)) edge.behind_since = next->made;
  return all;
}

void FeedServer::register_metrics() {
  metrics_.on_scrape([this] {
    std::size_t connected = 0;
    const auto all = edges();
    const std::uint64_t newest = this->newest();
    for (const EdgeState& edge : all) {
      connected += edge.connected;
      metrics_
          .gauge(options_.metrics + "_edge_connected", "1 while the edge is connected.",
                 {{"edge", edge.name}})
          .set(edge.connected);
      metrics_
          .gauge(options_.metrics + "_edge_lag_revisions", "Between the newest revision and the edge's.",
                 {{"edge", edge.name}})
          .set(static_cast<double>(newest - std::min(newest, edge.revision)));
    }
    metrics_.gauge(options_.metrics + "_edges_connected", "Edges that follow the feed.")
        .set(static_cast<double>(connected));
    metrics_.gauge(options_.metrics + "_newest_revision", "The newest revision published to edges.")
        .set(static_cast<double>(newest));
    metrics_.gauge(options_.metrics + "_served_revision", "The revision that every edge waited for serves.")
        .set(static_cast<double>(served_revision()));
    std::lock_guard lock(mutex_);
    metrics_.gauge(options_.metrics + "_history_bytes", "Deltas kept in memory for edges that are behind.")
        .set(static_cast<double>(history_.bytes()));
  });
}

}  // namespace meridian::snapshots::feed
