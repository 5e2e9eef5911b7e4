// What of the object the viewer gets, and with which head; then its bytes, as fast as they come and he takes
// them.
#include <fmt/format.h>

#include "engines/cdn/http1_text.h"
#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/rules/response_headers_policy.h"
#include "engines/cdn/slices/slice_memory.h"
#include "http/date.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kUnsentMax = 256 * 1024;  // taken from a body, and not yet by the viewer
constexpr std::uint64_t kWithHeadMax = 4096;

}  // namespace

Request::Next Request::deliver() {
  const Object& object = *answer_->object;
  status_ = object.status;
  if (object.failed) {
    explain_failure(*object.failed);
    return Next::Wait;
  }
  if (page_ && object.status < 400) status_ = rules::shown_status(*page_);
  first_ = 0;
  until_ = object.length_now().value_or(kToTheEnd);
  if (for_cache_ && !page_ && !too_large_) choose_conditions();
  if (!reply_prepared()) begin_reply();
  return Next::Wait;
}

// What a cache has is sent as it is, whole, and nothing of its head depends on the request but its id.
bool Request::is_plain_hit() const {
  if (answer_->outcome != Outcome::Hit || answer_->collapsed || !for_cache_ || page_ || too_large_ ||
      is_grpc_ || trace_ || status_ != answer_->object->status || status_ == 206 || has_no_body(status_))
    return false;
  if (site_.settings.cache_status || !session_cookie_.empty()) return false;
  const snapshots::cdn::ResponseHeadersPolicy* const policy = behavior_->response_headers.get();
  return !policy ||
         (policy->server_timing_percent < 0 && (!policy->cors || !rules::has(request_.fields, "origin")));
}

// Null: here its id and its age are not the last fields, or there are too many heads.
const PreparedHead* Request::prepare_head(std::uint64_t length) {
  const Object& object = *answer_->object;
  if (object.heads.full()) return nullptr;
  rules::Delivery its = delivery();
  its.request_id = {};
  its.age = rules::Seconds(0);
  rules::FieldList list;
  rules::write_viewer_headers(object.fields, its, list);
  const rules::Fields all = list;
  const std::size_t count = all.size() - std::min<std::size_t>(all.size(), 2);
  if (all.size() < 2 || all[count].name != rules::kRequestIdName || all[count + 1].name != rules::kAgeName)
    return nullptr;
  return object.heads.add(std::make_unique<PreparedHead>(
      PreparedHead::Terms{behavior_->response_headers, site_.settings.pop, its.result}, status_,
      all.first(count), length));
}

bool Request::reply_prepared() {
  if (!is_plain_hit()) return false;
  const Object& object = *answer_->object;
  const auto body = object.body->in_one_piece();
  if (!body || body->bytes.size() != until_ || !object.heads.wanted_again()) return false;
  prepared_ = object.heads.find({behavior_->response_headers, site_.settings.pop, result()});
  if (!prepared_) prepared_ = prepare_head(until_);
  if (!prepared_) return false;
  const fmt::format_int age(object.life.age(now()).count());
  const rules::Field own[] = {{rules::kRequestIdName, request_id_},
                              {rules::kAgeName, {age.data(), age.size()}}};
  ReplyHead head;
  head.status = status_;
  head.prepared = prepared_;
  head.fields = own;
  head.has_body = request_.method != "HEAD";
  head.length = reply_length_ = until_;
  replied_ = true;
  first_byte_ = mono();
  if (head.has_body)
    viewer_->reply_whole(head, *body);
  else
    viewer_->reply(head);
  end();
  return true;
}

// A page of ours. Refused signatures have the body that AWS's tools know.
void Request::explain_failure(rules::Refusal refusal) {
  rules::FieldList kept;
  const bool signature = signature_refusal_ && refusal == refusal_;
  kept.add("Content-Type", signature ? std::string_view("text/xml") : rules::kErrorContentType);
  reply_with(status_, kept,
             signature ? signing::refusal_body(*signature_refusal_)
                       : rules::error_body(status_, rules::facts_of(refusal).sentence, request_id_));
}

// RFC 9110 §13: only what would be 200 can be something else.
void Request::choose_conditions() {
  const Object& object = *answer_->object;
  if (object.status != 200 || !rules::has_conditions(fields_)) return;
  const auto stored = rules::Validators::of(object.fields, object.life.answered);
  switch (rules::evaluate_conditions(request_.method, fields_, stored)) {
    case rules::ConditionResult::NotModified:
      status_ = 304;
      return;
    case rules::ConditionResult::PreconditionFailed:
      status_ = 412;
      return;
    case rules::ConditionResult::Proceed:
      break;
  }
  if (request_.method == "GET" && rules::has(fields_, "range") && object.length_now() &&
      rules::holds_if_range(fields_, stored))
    choose_part();
}

void Request::choose_part() {
  const std::uint64_t size = *answer_->object->length_now();
  rules::RangeChoice choice = rules::choose_ranges(fields_, size);
  switch (choice.kind) {
    case rules::RangeChoice::Kind::Whole:
      return;
    case rules::RangeChoice::Kind::Unsatisfiable:
      status_ = 416;
      return;
    case rules::RangeChoice::Kind::Part:
      status_ = 206;
      first_ = choice.part.first;
      until_ = choice.part.last + 1;
      return;
    case rules::RangeChoice::Kind::Parts:
      status_ = 206;
      parts_ = std::move(choice.parts);
      multipart_ = std::make_unique<rules::MultipartText>(
          parts_, size, rules::value_of(answer_->object->fields, "content-type"), request_id_.substr(0, 24));
      first_ = parts_.front().first;
      until_ = parts_.front().last + 1;
      return;
  }
}

rules::CacheResult Request::result() const {
  if (redirected_) return rules::CacheResult::Redirect;
  if (page_ || refusal_ || !answer_ || answer_->object->failed || answer_->object->status >= 400)
    return rules::CacheResult::Error;
  switch (answer_->outcome) {
    case Outcome::Hit:
      return rules::CacheResult::Hit;
    case Outcome::RefreshHit:
      return rules::CacheResult::RefreshHit;
    case Outcome::Miss:
      // CF: a request that waited for another one's answer is a hit.
      return answer_->collapsed ? rules::CacheResult::Hit : rules::CacheResult::Miss;
    case Outcome::Error:
      break;
  }
  return rules::CacheResult::Error;
}

void Request::begin_reply() {
  const Object& object = *answer_->object;
  // The origin's own 412 and 416 have bodies, and so have pages that are shown with such a status.
  const bool ours = !page_ && status_ != object.status;
  const bool bodiless = status_ == 304 || (ours && (status_ == 412 || status_ == 416));
  if (object.status == 101) return begin_tunnel();
  rules::FieldList& kept = space_->kept;
  kept.clear();
  for (const rules::Field& field : object.fields.fields())
    if (status_ != 304 || rules::belongs_to_not_modified(field.name)) kept.add(field.name, field.value);
  const std::uint64_t size = object.length_now().value_or(0);
  if (ours && status_ == 416) kept.set("Content-Range", kept.keep(rules::unsatisfied_range_text(size)));
  if (multipart_) kept.set("Content-Type", kept.keep(multipart_->content_type()));
  if (status_ == 206 && for_cache_ && !too_large_ && !multipart_)
    kept.set("Content-Range", kept.keep(rules::content_range_text({first_, until_ - 1}, size)));

  ReplyHead head;
  head.status = status_;
  // A response of gRPC without a body says everything in its head, which has to be its end, too.
  const bool head_alone = is_grpc_ && object.length == std::optional<std::uint64_t>(0);
  head.has_body = !bodiless && !head_alone && request_.method != "HEAD";
  if (multipart_)
    reply_length_ = multipart_->content_length();
  else if (head_alone)
    reply_length_ = std::nullopt;
  else if (bodiless)
    reply_length_ = status_ == 304 ? std::nullopt : std::optional<std::uint64_t>(0);
  else if (until_ != kToTheEnd)
    reply_length_ = until_ - first_;
  head.length = reply_length_;
  write_reply(head, kept);
  if (!head.has_body) {
    if (object.body->kind() == Body::Kind::Passing) object.body->abandon();
    return end();
  }
  if (multipart_) viewer_->send(multipart_->before(0));
  if (object.body->parts()) Tier::ask_as(answer_->object, site_.worker, make_ask(true));
  read(first_, until_);
  // Of those who waited together everybody hears a first byte before anybody hears the rest, but for so
  // little of it that it goes with the head.
  if (answer_->collapsed && object.body->size() > first_ + kWithHeadMax) return Wake::fire(wake());
  pump();
}

void Request::read(std::uint64_t from, std::uint64_t until) {
  const Object& object = *answer_->object;
  const std::uint64_t gone = object.part ? object.part->first : 0;
  reader_.emplace(object.body, from - gone, until == kToTheEnd ? until : until - gone);
}

rules::Delivery Request::delivery() const {
  rules::Delivery delivery;
  delivery.result = result();
  const bool from_cache = answer_ && !answer_->object->failed && for_cache_ &&
                          (answer_->outcome == Outcome::Hit || answer_->outcome == Outcome::RefreshHit ||
                           answer_->object->life.initial_age_s > 0);
  if (from_cache) delivery.age = answer_->object->life.age(now());
  delivery.pop = site_.settings.pop;
  delivery.request_id = request_id_;
  delivery.method = request_.method;
  delivery.request = request_.fields;
  if (behavior_) delivery.policy = behavior_->response_headers.get();
  return delivery;
}

void Request::write_reply(ReplyHead& head, rules::Fields kept) {
  rules::Delivery delivery = this->delivery();
  std::string timing;
  if (delivery.policy &&
      rules::wants_server_timing(*delivery.policy, request_.fields,
                                 static_cast<double>(site_.worker.random.below(10'000)) / 100)) {
    timing =
        rules::server_timing_text({.result = delivery.result,
                                   .layer = answer_ && answer_->outcome != Outcome::Miss ? "EDGE" : "Origin",
                                   .pop = site_.settings.pop,
                                   .request_id = request_id_});
    delivery.server_timing = timing;
  }
  rules::write_viewer_headers(kept, delivery, reply_fields_);
  if (site_.settings.cache_status) add_cache_status();
  if (!session_cookie_.empty()) reply_fields_.add("Set-Cookie", session_cookie_);
  head.fields = reply_fields_;
  replied_ = true;
  first_byte_ = mono();
  viewer_->reply(head);
}

// RFC 9211.
void Request::add_cache_status() {
  std::string text(site_.settings.pop);
  if (!answer_ || !for_cache_) {
    text += "; fwd=bypass";
  } else {
    const Object& object = *answer_->object;
    const rules::StoredLife life = object.life_as(object.purged(), now());
    const auto left = rules::Seconds(life.fresh_s) - (now() - life.answered);
    switch (answer_->outcome) {
      case Outcome::Hit:
        text += "; hit";
        break;
      case Outcome::RefreshHit:
        text += "; fwd=stale";
        break;
      default:
        text += "; fwd=miss";
        if (object.kept) text += "; stored";
    }
    if (answer_->collapsed) text += "; collapsed";
    text += fmt::format("; ttl={}", left.count());
  }
  reply_fields_.add_copy("Cache-Status", text);
}

// A response of ours: refusals, redirects, failures of origins.
void Request::reply_with(int status, rules::Fields kept, std::string_view body) {
  status_ = status;
  rules::FieldList fields;
  fields.add("Server", "CloudFront");
  fields.add_copy("Date", http::format_http_date(now()));
  for (const rules::Field& field : kept) fields.add(field.name, field.value);
  fields.add_copy("Via", fmt::format("1.1 {} (CloudFront)", site_.settings.via_host));
  ReplyHead head;
  head.status = status;
  head.has_body = request_.method != "HEAD" && !body.empty();
  head.length = reply_length_ = body.size();
  head.close = refusal_ == rules::Refusal::RequestTooLong;
  write_reply(head, fields);
  if (head.has_body) viewer_->send(std::string(body));
  end();
}

// RFC 9110 §7.8: from here on both sides send as they like.
void Request::begin_tunnel() {
  const Object& object = *answer_->object;
  tunnel_ = true;
  rules::FieldList kept;
  kept.add("Connection", "Upgrade");
  kept.add("Upgrade", "websocket");
  for (const rules::Field& field : object.fields.fields()) kept.add(field.name, field.value);
  ReplyHead head;
  head.status = 101;
  head.has_body = true;
  write_reply(head, kept);
  reader_.emplace(object.body, 0, kToTheEnd);
  fetch_->on_room([this] { read_body_on(); });
  viewer_->read_body();
  pump();
}

void Request::on_room() {
  if (reader_) pump();
}

void Request::pump() {
  if (over_) return;
  while (viewer_->unsent() < kUnsentMax) {
    Piece piece = reader_->take(answer_->object->body->parts() ? slices::kSliceBytes : kUnsentMax);
    if (!piece.empty()) {
      viewer_->send(std::move(piece));
      continue;
    }
    if (reader_->at_end()) {
      if (!multipart_) {
        if (const Body::Trailers* const trailers = answer_->object->body->trailers())
          viewer_->send_trailers(*trailers);
        return end();
      }
      if (++part_ == parts_.size()) {
        viewer_->send(multipart_->end());
        return end();
      }
      viewer_->send(multipart_->before(part_));
      read(parts_[part_].first, parts_[part_].last + 1);
      continue;
    }
    if (reader_->cut()) {
      over_ = true;
      log();
      return viewer_->abort();
    }
    return reader_->wait(wake());
  }
}

const std::shared_ptr<Wake>& Request::wake() {
  if (!wake_) wake_ = std::make_shared<Wake>(site_.worker.loop, [this] { pump(); });
  return wake_;
}

// The exchange, and with it this, may end here.
void Request::end() {
  over_ = true;
  log();
  viewer_->finish();
}

}  // namespace meridian::engines::cdn
