// The object: from the location's tier, or straight from the origin where nothing is kept; and the page that
// a distribution shows instead of an error.
#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/rules/protocol_rules.h"
#include "engines/cdn/rules/unsafe_invalidation.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/tier_routes.h"

namespace meridian::engines::cdn {

// An answer to HEAD has no body to give to GET, and is kept apart.
Key key_of_head(Key key) {
  key.low ^= 1;
  return key;
}

Request::Next Request::find_object() {
  if (trace_) [[unlikely]] {
    if (for_cache_ && looking_ == Looking::Not) return look_through_tiers();
    if (!trace_->may_ask()) return find_kept_object();
  }
  if (!for_cache_) {
    ask_origin();
    return Next::Wait;
  }
  if (at_once_ && !in_lookups_ && !trace_ && viewer_->writes_at_turn_end()) {
    in_lookups_ = true;
    site_.worker.lookups.add(*this);
    return Next::Wait;
  }
  look();
  return take_found();
}

void Request::fetch_look_ahead(int place) {
  site_.tier.cache().fetch_ahead(key_, place);
}

void Request::look() {
  answer_ = site_.tier.find(key_, now());
}

void Request::fetch_reply_ahead(int place) {
  if (!answer_) return;
  answer_->object->body->fetch_ahead(place);
  answer_->object->heads.fetch_ahead(place);
}

void Request::go_on_together() {
  if (take_found() == Next::Step) run();
}

Request::Next Request::take_found() {
  if (answer_) return Next::Step;
  const bool head = request_.method == "HEAD" && !page_;
  ask_tier(head ? key_of_head(key_) : key_);
  return Next::Wait;
}

std::shared_ptr<Ask> Request::make_ask(bool for_cache) const {
  auto ask = std::make_shared<Ask>();
  ask->distribution = served_->distribution;
  ask->behavior = behavior_;
  ask->purges = served_->purges;
  ask->purges_seen = served_->purges->newest();
  ask->key = key_;
  ask->place = place_of(key_bytes_);
  ask->uri = uri_of(*behavior_, path_, page_ ? std::string_view() : query_);
  ask->for_cache = for_cache;
  ask->method = page_ ? "GET" : request_.method;
  ask->path = path_;
  if (!page_) ask->query = query_;
  for (const rules::Field& field : fields_) ask->fields.add_copy(field.name, field.value);
  const ViewerConnection& connection = viewer_->connection();
  ask->viewer = connection.peer.ip;
  ask->viewer_version = request_.version;
  ask->viewer_tls = connection.tls;
  ask->request_id = request_id_;
  ask->via_host = site_.settings.via_host;
  if (page_) return ask;
  ask->has_body = request_.has_body;
  ask->body_length = request_.body_length;
  ask->upgrade = request_.wants_upgrade;
  ask->grpc = is_grpc_;
  return ask;
}

// CF:RangeGETs: of what is not here the part that is asked for, or a larger one: here the slices that it lies
// in. For the end of an object whose length nobody knows its first slice is asked for, which tells.
std::optional<rules::ByteRange> Request::range_to_ask() const {
  constexpr std::uint64_t kUnknown = std::uint64_t{1} << 62, kSlice = slices::kSliceBytes;
  if (request_.method != "GET" || page_ || !rules::has(fields_, "range")) return std::nullopt;
  const rules::RangeChoice choice = rules::choose_ranges(fields_, kUnknown);
  rules::ByteRange part = choice.part;
  if (choice.kind == rules::RangeChoice::Kind::Parts)
    part = choice.parts.front();
  else if (choice.kind != rules::RangeChoice::Kind::Part)
    return std::nullopt;
  if (part.first > kUnknown / 2) part = {0, 0};
  const bool is_open = part.last == kUnknown - 1;
  if (is_open && part.first < kSlice) return std::nullopt;
  return whole_slices({part.first, is_open ? kRangeEnd : part.last});
}

void Request::ask_tier(const Key& key) {
  const auto ask = make_ask(true);
  ask->key = key;
  ask->range = range_to_ask();
  waiter_ =
      std::make_shared<Waiter>(site_.worker, ask, [this](Answer answer) { answered(std::move(answer)); });
  site_.tier.ask(waiter_);
}

void Request::ask_origin() {
  fetch_ = OriginFetch::start(site_.worker, make_ask(false), {}, [this](OriginFetch::Result result) {
    answered({.object = std::move(result.object), .outcome = Outcome::Miss});
  });
  if (!request_.has_body) return;
  fetch_->on_room([this] { read_body_on(); });
  read_body_on();
}

void Request::read_body_on() {
  if (fetch_ && fetch_->takes_body() && !over_) viewer_->read_body();
}

void Request::on_body(std::string_view piece, bool last) {
  if (!fetch_) return;
  fetch_->send_body(piece, last && !tunnel_);
  if (!last) read_body_on();
}

// Whether what came of it is not what the viewer asked for.
bool Request::is_direct(const Object& object) const {
  if (object.kept || page_) return false;
  if (!object.part) return object.too_large || object.status == 206;
  if (!rules::holds_if_range(fields_, rules::Validators::of(object.fields, object.life.answered)))
    return true;
  const rules::RangeChoice choice = rules::choose_ranges(fields_, *object.length);
  using Kind = rules::RangeChoice::Kind;
  return choice.kind != Kind::Unsatisfiable &&
         (choice.kind != Kind::Part || choice.part.first < object.part->first ||
          choice.part.last > object.part->last);
}

void Request::answered(Answer answer) {
  // A part of something that no cache will hold is the origin's to cut out.
  if (for_cache_ && !too_large_ && rules::has(fields_, "range") && is_direct(*answer.object)) {
    too_large_ = true;
    answer.object->let_go();
    return ask_origin();
  }
  answer_ = std::move(answer);
  if (trace_) [[unlikely]]
    tell_answered();
  if (!for_cache_) forget_unsafe();
  run();
}

// RFC 9111 §4.4. Only the variant that this request would have got: others expire.
void Request::forget_unsafe() {
  if (!rules::makes_invalid(request_.method, answer_->object->status)) return;
  if (rules::is_caching_disabled(*behavior_)) return;
  std::string bytes;
  for (const std::string& path :
       rules::invalidated_paths(request_.host, path_, answer_->object->fields.fields())) {
    rules::write_cache_key({.distribution_id = served_->distribution->id,
                            .path = path,
                            .query = path == path_ ? query_ : std::string_view(),
                            .fields = fields_},
                           behavior_->key, bytes);
    const Key key = rules::hash_cache_key(site_.settings.key_secret, bytes);
    const auto forget = [&](Tier& tier) {
      tier.forget(key);
      tier.forget(key_of_head(key));
    };
    forget(site_.tier);
    for (const auto& [region, tier] : site_.worker.routes.here()) forget(*tier);
  }
}

Request::Next Request::refuse(rules::Refusal refusal) {
  refusal_ = refusal;
  auto object = std::make_shared<Object>();
  object->failed = refusal;
  object->status = rules::facts_of(refusal).status;
  object->body = Body::of("");
  answer_ = Answer{.object = std::move(object), .outcome = Outcome::Error};
  step_ = index_of(&Request::replace_error);
  return Next::Step;
}

// CF:GeneratingCustomErrorResponses: the page goes through its own behavior, and when that fails the viewer
// sees how it failed.
Request::Next Request::replace_error() {
  if (page_ || !served_ || !served_->distribution->enabled) return Next::Step;
  const int status = answer_->object->status;
  if (status < 400) return Next::Step;
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  const snapshots::cdn::ErrorPage* page =
      rules::find_error_page(distribution, status, refusal_ ? refusal_ : answer_->object->failed);
  if (!page) return Next::Step;
  answer_->object->let_go();
  page_ = page;
  looking_ = Looking::Not;
  path_ = page->page_path;
  behavior_ = &distribution.behaviors[served_->match.match(path_)];
  waiter_.reset();
  fetch_.reset();
  too_large_ = false;
  step_ = index_of(&Request::make_key);
  return Next::Step;
}

}  // namespace meridian::engines::cdn
