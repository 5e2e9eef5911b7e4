#include "engines/cdn/tier_fetch.h"

#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/tier.h"
#include "engines/cdn/worker.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kSpliceBytesMax = 64 * 1024;  // looked at in one turn

// What a peer may need when its origin does.
Duration silence_max(const Ask& ask) {
  Duration most = kPeerGrace;
  const auto add = [&](std::uint32_t index) {
    const snapshots::cdn::Origin& origin = ask.distribution->origins[index];
    most += origin.connection_attempts * (origin.connect_timeout + origin.read_timeout);
  };
  if (ask.behavior->group == snapshots::cdn::Behavior::kNoTarget) {
    add(ask.behavior->origin);
  } else {
    add(ask.distribution->groups[ask.behavior->group].primary);
    add(ask.distribution->groups[ask.behavior->group].secondary);
  }
  return most;
}

// It says something of the peer, and not of what was asked, of the origin behind it or of this process. Whose
// body is cut has died or passes on an origin's cut: the next question to it will tell.
bool is_the_peers(upstream::Failure failure) {
  using upstream::Failure;
  return failure != Failure::Limit && failure != Failure::HeadTooLarge && failure != Failure::Malformed &&
         failure != Failure::BodyCut;
}

}  // namespace

std::unique_ptr<upstream::Call> call_peer(Worker& worker, const TierHop& hop, std::string head,
                                          Duration silence_max, upstream::Reply& reply) {
  if (!worker.peers || head.size() > kRequestHeadBytesMax) return nullptr;
  upstream::CallRequest call;
  call.peer = {hop.peer->address.ip.to_string(), hop.peer->address.port, worker.peers_have_tls,
               hop.peer->name + std::string(snapshots::cdn::kEdgeNameSuffix), net::TlsVersion::Tls13};
  call.method = "GET";
  call.head = std::move(head);
  call.times = {1, kPeerConnectTime, silence_max, kPeerKeepAlive};
  return worker.peers->start(std::move(call), reply);
}

void TierFetch::start(Worker& worker, const Tier& tier, std::shared_ptr<const Ask> ask, Terms terms,
                      OnAnswer on_answer) {
  auto fetch =
      std::make_shared<TierFetch>(worker, tier, std::move(ask), std::move(terms), std::move(on_answer));
  worker.keep(fetch);
  fetch->next();
}

TierFetch::TierFetch(Worker& worker, const Tier& tier, std::shared_ptr<const Ask> ask, Terms terms,
                     OnAnswer on_answer)
    : worker_(worker),
      tier_(tier),
      ask_(std::move(ask)),
      terms_(std::move(terms)),
      on_answer_(std::move(on_answer)),
      hops_(worker.routes.after(tier, *ask_)) {}

TierFetch::~TierFetch() {
  if (readers_changed_) readers_changed_->cancel();
  if (more_) more_->cancel();
  if (body_) body_->finish(Body::State::Cut);
}

void TierFetch::next() {
  while (next_hop_ < hops_.size()) {
    const TierHop& hop = hops_[next_hop_++];
    if (hop.tier) {
      hop.tier->ask(std::make_shared<Waiter>(
          worker_, in_whole_slices(ask_), [self = shared_from_this(), shield = hop.shield](Answer got) {
            got.from_shield |= shield && got.outcome == Outcome::Hit && !got.collapsed;
            self->answer(std::move(got));
          }));
      return over();
    }
    if (ask_peer(hop)) return;
  }
  OriginFetch::start(worker_, ask_, terms_, [self = shared_from_this()](OriginFetch::Result result) {
    self->answer(to_answer(std::move(result)));
  });
  over();
}

// Of a copy whose body need not come again.
std::string_view TierFetch::have() const {
  if (!terms_.previous) return "";
  const Body& body = *terms_.previous->body;
  const bool is_there =
      body.state() == Body::State::Whole || (body.parts() && body.state() != Body::State::Cut);
  return is_there ? strong_etag(terms_.previous->fields) : "";
}

bool TierFetch::ask_peer(const TierHop& hop) {
  asked_at_ = worker_.loop.clock().monotonic();
  // The purges are read after those that the question has seen.
  call_ = call_peer(worker_, hop,
                    write_tier_request(*ask_, {hop.region, hop.shield}, worker_.purges.wanted(), have()),
                    silence_max(*ask_), *this);
  if (!call_) return false;
  worker_.counters.tier_requests.add();
  if (ask_->range) worker_.counters.tier_ranges.add();
  watch();
  return true;
}

// A peer that hangs is missed by the control long before it is silent for as long as an origin may be.
void TierFetch::watch() {
  watch_ = worker_.loop.after(kPeerWatchPeriod, [this] {
    if (worker_.routes.knows(hop().peer->name)) return watch();
    on_failure({upstream::Failure::ReadTime, "it is no edge any more", object_ != nullptr});
  });
}

void TierFetch::pass_over() {
  call_.reset();
  watch_.reset();
  worker_.counters.tier_passed_over.add();
  next();
}

void TierFetch::on_head(const http1::ResponseHead& head, http1::BodyEnd end) {
  if (head.status != 200) return pass_over();
  auto reply = read_tier_reply(head.fields, worker_.now());
  if (!reply || !answers(*reply, head)) return pass_over();
  object_ = read(*reply, head);
  const Duration waited = worker_.loop.clock().monotonic() - asked_at_;
  object_->origin_asked = asked_at_;
  object_->origin_first_byte = waited;
  if (!reply->same && object_->body->state() == Body::State::Growing) body_ = object_->body;
  if (body_ && !object_->kept) watch_readers();
  if (body_ && end == http1::BodyEnd::None) body_->finish(Body::State::Whole);
  if (body_ && terms_.slice && reply->rule != rules::LifetimeRule::NotKept &&
      SliceFetch::comes_in_slices(*ask_, *object_))
    terms_.slice(*object_, body_);
  sliced_ = body_ && object_->body != body_;
  Answer got{.object = object_,
             .outcome = reply->outcome,
             .stale = reply->stale,
             .stands_in_until = reply->stands_in ? worker_.now() + *reply->stands_in : rules::Time{},
             .collapsed = reply->collapsed,
             .from_shield = reply->from_shield};
  got.from_shield |= hop().shield && got.outcome == Outcome::Hit && !got.collapsed;
  answer(std::move(got));
}

// It says nothing that cannot be true of what was asked.
bool TierFetch::answers(const TierReply& reply, const http1::ResponseHead& head) const {
  if (reply.same && have().empty()) return false;
  return !reply.part || (ask_->range && head.framing.content_length == reply.part->size());
}

std::shared_ptr<Object> TierFetch::read(TierReply& reply, const http1::ResponseHead& head) const {
  auto object = std::make_shared<Object>();
  object->status = reply.status;
  object->fields = StoredFields(reply.fields);
  object->life = reply.life;
  object->rule = reply.rule;
  object->failed = reply.failed;
  object->purges = ask_->purges;
  object->purges_seen = ask_->purges_seen;
  object->uri = ask_->uri;
  object->compression = "as the tier behind has it";
  if (!ask_->distribution->tag_header.empty())
    object->tags = read_tags(rules::value_of(reply.fields, ask_->distribution->tag_header));
  object->length = reply.length;
  object->part = reply.part;
  object->too_large = reply.too_large || reply.length.value_or(0) > terms_.object_bytes_max;
  object->kept = reply.kept && ask_->for_cache && !object->too_large && !object->part;
  if (reply.same) {
    object->body = terms_.previous->body;
    object->length = terms_.previous->length;
    object->too_large = false;
    object->kept = reply.rule != rules::LifetimeRule::NotKept;
  } else if (reply.failed || ask_->method == "HEAD") {
    object->body = Body::of("");
  } else {
    object->body = std::make_shared<Body>(object->kept ? Body::Kind::Kept : Body::Kind::Passing,
                                          head.framing.content_length);
  }
  return object;
}

void TierFetch::answer(Answer answer) {
  if (const auto told = std::exchange(on_answer_, nullptr)) return told(std::move(answer));
  answer.object->let_go();
}

void TierFetch::watch_readers() {
  readers_changed_ = std::make_shared<Wake>(worker_.loop, [this] { readers_changed(); });
  body_->set_producer(readers_changed_);
}

// The readers of a passing body took something, or left.
void TierFetch::readers_changed() {
  if (body_->abandoned()) return cut();
  if (!paused_ || body_->congested()) return;
  paused_ = false;
  if (call_) return call_->resume();
  if (source_) splice();
}

void TierFetch::add(std::string_view bytes) {
  body_->append(bytes);
  if (body_->kind() == Body::Kind::Kept && body_->size() > terms_.object_bytes_max) {
    watch_readers();
    body_->stop_keeping();
  }
  if (!paused_ && body_->congested()) {
    paused_ = true;
    if (call_) call_->pause();
  }
}

void TierFetch::on_data(std::string_view piece) {
  if (body_) add(piece);
}

void TierFetch::on_end() {
  whole();
}

void TierFetch::whole() {
  if (object_) object_->origin_last_byte = (worker_.loop.clock().monotonic() - asked_at_).count();
  if (body_) body_->finish(Body::State::Whole);
  if (terms_.on_whole) terms_.on_whole();
  over();
}

void TierFetch::cut() {
  if (body_) body_->finish(Body::State::Cut);
  over();
}

void TierFetch::on_failure(const upstream::CallFailure& failure) {
  worker_.counters.tier_failures.add();
  if (is_the_peers(failure.kind)) worker_.routes.rest(*hop().peer);
  if (!object_) return pass_over();
  call_.reset();
  watch_.reset();
  go_on();
}

// Whoever is next begins at the beginning: what is known of it already is held against what came.
void TierFetch::go_on() {
  if (!body_ || sliced_ || terms_.cuts_left == 0) return cut();
  Terms terms;
  terms.object_bytes_max = terms_.object_bytes_max;
  terms.cuts_left = terms_.cuts_left - 1;
  start(worker_, tier_, ask_, std::move(terms),
        [self = shared_from_this()](const Answer& answer) { self->go_on_with(answer); });
}

bool TierFetch::is_the_same(const Object& other) const {
  if (other.failed || other.status != object_->status || other.part != object_->part) return false;
  const auto length = body_->length(), its = other.length_now();
  if (length && its && *length != *its) return false;
  if (body_->kind() == Body::Kind::Kept) return true;  // as its bytes will show
  const std::string_view tag = strong_etag(object_->fields);
  return !tag.empty() && tag == strong_etag(other.fields);
}

void TierFetch::go_on_with(const Answer& answer) {
  if (over_ || !is_the_same(*answer.object)) {
    answer.object->let_go();
    return cut();
  }
  known_ = body_->size();
  if (body_->kind() == Body::Kind::Kept) ours_ = std::make_unique<BodyReader>(body_, 0, known_);
  source_ = std::make_unique<BodyReader>(answer.object->body, 0, kToTheEnd);
  more_ = std::make_shared<Wake>(worker_.loop, [this] { splice(); });
  worker_.counters.tier_continued.add();
  splice();
}

bool TierFetch::take_over(std::string_view bytes) {
  while (known_ > 0 && !bytes.empty()) {
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(known_, bytes.size()));
    if (ours_) {
      const Piece own = ours_->take(size);
      size = own.size();
      if (size == 0 || own.view() != bytes.substr(0, size)) return false;
    }
    known_ -= size;
    bytes.remove_prefix(size);
  }
  if (const auto length = body_->length(); length && body_->size() + bytes.size() > *length) return false;
  if (!bytes.empty()) add(bytes);
  return true;
}

void TierFetch::splice() {
  if (over_) return;
  while (!paused_) {
    const Piece piece = source_->take(kSpliceBytesMax);
    if (!piece.empty()) {
      if (!take_over(piece.view())) return cut();
      continue;
    }
    if (source_->at_end()) {
      const auto length = body_->length();
      return known_ == 0 && (!length || *length == body_->size()) ? whole() : cut();
    }
    if (source_->cut()) return cut();
    return source_->wait(more_);
  }
}

void TierFetch::over() {
  if (std::exchange(over_, true)) return;
  call_.reset();
  watch_.reset();
  if (readers_changed_) readers_changed_->cancel();
  if (more_) more_->cancel();
  ours_.reset();
  source_.reset();
  worker_.release(this);
}

}  // namespace meridian::engines::cdn
