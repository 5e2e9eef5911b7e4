#include "engines/cdn/origin_fetch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "engines/cdn/rules/compression_choice.h"
#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/rules/origin_request_headers.h"
#include "engines/cdn/rules/validation_merge.h"
#include "engines/cdn/rules/vary.h"
#include "engines/cdn/rules/viewer_response_headers.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/worker.h"
#include "http/date.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kUnsentBodyMax = 256 * 1024;  // of a viewer's body, waiting for the origin

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool may_have_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void write_http2_head(std::string target, rules::Fields fields, upstream::CallRequest& call) {
  auto& head = call.http2.emplace();
  head.authority = rules::value_of(fields, "host");
  head.path = std::move(target);
  for (const rules::Field& field : fields)
    if (!rules::same_name(field.name, "host")) head.fields.emplace_back(to_lower(field.name), field.value);
  call.body = upstream::CallRequest::Body::Chunked;
}

void write_head(const Ask& ask, std::string_view target, rules::Fields fields, upstream::CallRequest& call) {
  call.head = fmt::format("{} {} HTTP/1.1\r\n", ask.method, target);
  for (const rules::Field& field : fields) {
    call.head += field.name;
    call.head += ": ";
    call.head += field.value;
    call.head += "\r\n";
  }
  if (ask.has_body && ask.body_length) {
    call.body = upstream::CallRequest::Body::Length;
    call.head += fmt::format("Content-Length: {}\r\n", *ask.body_length);
  } else if (ask.has_body) {
    call.body = upstream::CallRequest::Body::Chunked;
    call.head += "Transfer-Encoding: chunked\r\n";
  } else if (may_have_content(ask.method)) {
    call.head += "Content-Length: 0\r\n";  // RFC 9110 §8.6
  }
  call.head += "\r\n";
}

}  // namespace

rules::Refusal meaning_of(upstream::Failure failure) {
  using rules::Refusal;
  using upstream::Failure;
  switch (failure) {
    case Failure::Name:
      return Refusal::OriginDnsError;
    case Failure::Connect:
      return Refusal::OriginConnectError;
    case Failure::ConnectTime:
      return Refusal::OriginUnreachable;
    case Failure::Tls:
      return Refusal::OriginTlsError;
    case Failure::ReadTime:
      return Refusal::OriginTimeout;
    case Failure::Write:
    case Failure::Closed:
    case Failure::BodyCut:
      return Refusal::OriginClosedEarly;
    case Failure::HeadTooLarge:
      return Refusal::OriginHeadersTooLarge;
    case Failure::Malformed:
      return Refusal::OriginInvalidResponse;
    case Failure::Limit:
      break;
  }
  return Refusal::Overloaded;
}

upstream::CallRequest call_request(const Worker& worker, const Ask& ask, const snapshots::cdn::Origin& to,
                                   const Object* previous) {
  rules::FieldList fields;
  rules::write_origin_request_headers({.behavior = *ask.behavior,
                                       .origin = to,
                                       .method = ask.method,
                                       .fields = ask.fields,
                                       .viewer = ask.viewer,
                                       .viewer_version = ask.viewer_version,
                                       .via_host = ask.via_host,
                                       .request_id = ask.request_id,
                                       .has_body = ask.has_body,
                                       .for_cache = ask.for_cache,
                                       .websocket = ask.upgrade,
                                       .grpc = ask.grpc},
                                      fields);
  if (previous && !previous->life.fetch_unconditionally)
    rules::write_revalidation(rules::Validators::of(previous->fields, previous->life.answered), fields);
  if (ask.range) {
    const std::string last = ask.range->last == kRangeEnd ? std::string() : std::to_string(ask.range->last);
    fields.add_copy("Range", fmt::format("bytes={}-{}", ask.range->first, last));
    if (!ask.if_range.empty()) fields.add_copy("If-Range", ask.if_range);
  }
  std::string target;
  rules::write_origin_target(*ask.behavior, to, ask.path, ask.query, target);
  if (worker.signer && to.access.kind != snapshots::cdn::OriginAccess::Kind::None)
    worker.signer->sign(*ask.distribution, to, ask.method, target, fields);

  upstream::CallRequest call;
  call.method = ask.method;
  using Protocol = snapshots::cdn::OriginProtocol;
  const bool tls =
      to.protocol == Protocol::HttpsOnly || (to.protocol == Protocol::MatchViewer && ask.viewer_tls);
  if (to.stand_in)
    call.peer = {to.stand_in->host, to.stand_in->port, to.stand_in->tls, {}, to.oldest_tls};
  else
    call.peer = {to.domain_name, tls ? to.https_port : to.http_port, tls, {}, to.oldest_tls};
  // CF: "the certificate must be for the origin's domain name, or for the Host that is forwarded".
  if (call.peer.tls) call.peer.server_name = without_port(rules::value_of(fields, "host"));
  call.times = {to.connection_attempts, to.connect_timeout, to.read_timeout, to.keep_alive};

  if (ask.grpc)
    write_http2_head(std::move(target), fields, call);
  else
    write_head(ask, target, fields, call);
  return call;
}

rules::LifetimeInput lifetime_input(const Ask& ask, int status, rules::Fields fields,
                                    rules::Exchange exchange) {
  rules::LifetimeInput input;
  input.status = status;
  input.origin = rules::read_origin_times(fields, exchange.answered);
  input.ttl = ask.behavior->ttl;
  input.error_minimum = rules::error_minimum(*ask.distribution, status);
  input.exchange = exchange;
  return input;
}

std::shared_ptr<OriginFetch> OriginFetch::start(Worker& worker, std::shared_ptr<const Ask> ask,
                                                FetchTerms terms, OnResult on_result) {
  auto fetch = std::make_shared<OriginFetch>(worker, std::move(ask), std::move(terms), std::move(on_result));
  worker.keep(fetch);
  fetch->ask_origin();
  return fetch;
}

OriginFetch::OriginFetch(Worker& worker, std::shared_ptr<const Ask> ask, FetchTerms terms, OnResult on_result)
    : worker_(worker), ask_(std::move(ask)), terms_(std::move(terms)), on_result_(std::move(on_result)) {}

OriginFetch::~OriginFetch() {
  if (readers_changed_) readers_changed_->cancel();
  if (body_) body_->finish(Body::State::Cut);
}

const snapshots::cdn::Origin& OriginFetch::origin() const {
  const snapshots::cdn::Distribution& distribution = *ask_->distribution;
  if (ask_->behavior->group == snapshots::cdn::Behavior::kNoTarget)
    return distribution.origins[ask_->behavior->origin];
  const snapshots::cdn::OriginGroup& group = distribution.groups[ask_->behavior->group];
  return distribution.origins[secondary_ ? group.secondary : group.primary];
}

bool OriginFetch::may_fail_over() const {
  return !secondary_ && ask_->behavior->group != snapshots::cdn::Behavior::kNoTarget && !ask_->has_body &&
         (ask_->is_read() || ask_->method == "OPTIONS");
}

bool OriginFetch::fails_over(int status) const {
  if (!may_fail_over()) return false;
  const auto& statuses = ask_->distribution->groups[ask_->behavior->group].failover_statuses;
  return std::ranges::binary_search(statuses, static_cast<std::uint16_t>(status));
}

void OriginFetch::fail_over() {
  secondary_ = true;
  reads_left_ = 0;
  ask_origin();
}

void OriginFetch::ask_origin() {
  if (reads_left_ == 0)
    reads_left_ = ask_->is_read() ? std::max<unsigned>(1, origin().connection_attempts) : 1;
  asked_ = worker_.now();
  asked_at_ = worker_.loop.clock().monotonic();
  connected_ = false;
  worker_.counters.origin_requests.add();
  if (const auto most = origin().completion_timeout)
    completion_ = worker_.loop.after(*most, [this] {
      call_.reset();
      fail({upstream::Failure::ReadTime, "the response was not complete in time", body_ != nullptr});
    });
  upstream::CallRequest request = call_request(worker_, *ask_, origin(), terms_.previous.get());
  // CF:distribution-using-grpc: HTTPS all the way. Never answered from inside start().
  if (ask_->grpc && !request.peer.tls) {
    completion_ = worker_.loop.after(Duration::zero(), [this] {
      on_failure({upstream::Failure::Tls, "gRPC goes to origins over HTTPS alone", false});
    });
    return;
  }
  call_ = worker_.origins.start(std::move(request), *this);
}

void OriginFetch::on_connected(bool) {
  connected_ = true;
  if (!waiting_body_.empty()) call_->send(std::exchange(waiting_body_, {}));
  if (body_ended_) call_->finish_sending();
  if (told_room_) told_room_();
}

bool OriginFetch::takes_body() const {
  return call_ && connected_ && !body_ended_ && call_->unsent() < kUnsentBodyMax;
}

void OriginFetch::send_body(std::string_view piece, bool last) {
  body_ended_ |= last;
  if (!call_) return;
  if (!connected_) {
    waiting_body_ += piece;
    return;
  }
  call_->send(std::string(piece));
  if (last) call_->finish_sending();
}

void OriginFetch::on_room() {
  if (told_room_) told_room_();
}

void OriginFetch::on_head(const http1::ResponseHead& head, http1::BodyEnd end) {
  if (fails_over(head.status)) {
    call_.reset();
    return fail_over();
  }
  Result result;
  if (head.status == 304 && terms_.previous) {
    result.not_modified = true;
    result.object = read_not_modified(head);
    time_head(*result.object);
    result.object->origin_last_byte = since_asked().count();
    return answer(std::move(result));
  }
  object_ = result.object = read_response(head, end);
  time_head(*object_);
  body_ = object_->body;
  if (body_->kind() == Body::Kind::Passing) watch_readers();
  if (terms_.slice && may_keep_ && SliceFetch::comes_in_slices(*ask_, *object_))
    terms_.slice(*object_, body_);
  answer(std::move(result));
}

Duration OriginFetch::since_asked() const {
  return worker_.loop.clock().monotonic() - asked_at_;
}

void OriginFetch::time_head(Object& object) const {
  object.origin_asked = asked_at_;
  object.origin_first_byte = since_asked();
}

void OriginFetch::decide(Object& object, rules::Fields fields) const {
  const rules::Lifetime lifetime =
      rules::decide_lifetime(lifetime_input(*ask_, object.status, fields, {asked_, worker_.now()}));
  object.life = lifetime.life;
  object.rule = lifetime.rule;
  object.kept = ask_->for_cache && lifetime.keep && object.status != 206 && object.status != 101 &&
                !(ask_->range && object.status == 416);  // of the range alone
}

std::shared_ptr<Object> OriginFetch::read_response(const http1::ResponseHead& head, http1::BodyEnd end) {
  auto object = std::make_shared<Object>();
  const auto part = part_in(head);
  object->status = part ? 200 : head.status;
  object->purges = ask_->purges;
  object->purges_seen = ask_->purges_seen;
  object->uri = ask_->uri;
  decide(*object, head.fields);
  std::optional<std::uint64_t> length = head.framing.content_length;
  if (ask_->grpc) length.reset();  // whatever it says of its body, trailers follow
  if (end == http1::BodyEnd::None && ask_->method != "HEAD") length = 0;
  if (part) length = part->range->size();
  if (part && *length < *part->size) object->part = part->range;
  const std::optional<std::uint64_t> whole = part ? part->size : length;
  object->too_large = whole && *whole > terms_.object_bytes_max;
  may_keep_ = object->kept;
  object->kept &= !object->too_large && !object->part;
  if (!ask_->distribution->tag_header.empty())
    object->tags = read_tags(rules::value_of(head.fields, ask_->distribution->tag_header));

  const std::string via = fmt::format("1.1 {} (CloudFront)", ask_->via_host);
  const std::string date = http::format_http_date(worker_.now());
  rules::FieldList kept;
  rules::write_kept_headers({.behavior = *ask_->behavior, .response = head.fields, .via = via, .date = date},
                            kept);
  if (part) kept.remove("content-range");
  if (!object->part && compress(head, *object, length, kept)) length.reset();
  object->fields = StoredFields(kept);
  const bool bodiless = end == http1::BodyEnd::None;
  object->body = std::make_shared<Body>(object->kept ? Body::Kind::Kept : Body::Kind::Passing,
                                        bodiless ? std::optional<std::uint64_t>(0) : length);
  object->length = object->part ? whole : length;
  return object;
}

// What a 206 has of the whole; nothing, if it is no answer to what was asked.
std::optional<rules::ContentRange> OriginFetch::part_in(const http1::ResponseHead& head) const {
  if (!ask_->range || head.status != 206) return std::nullopt;
  const auto got = rules::parse_content_range(rules::value_of(head.fields, "content-range"));
  if (!got || !got->size || !rules::answers_range(*got, *ask_->range, head.framing.content_length))
    return std::nullopt;
  return got;
}

bool OriginFetch::compress(const http1::ResponseHead& head, Object& object,
                           std::optional<std::uint64_t> length, rules::FieldList& kept) {
  if (ask_->method != "GET") return false;
  const snapshots::cdn::CacheKeyRule& key = ask_->behavior->key;
  const auto [coding, why] = rules::choose_compression(
      {.behavior = *ask_->behavior,
       .viewer = rules::normalize_accept_encoding(ask_->fields, key.gzip, key.brotli),
       .version = ask_->viewer_version,
       .status = object.status,
       .response = head.fields,
       .content_length = length,
       .kept = object.kept && object.life.fresh_s > 0});
  object.compression = why;
  if (coding == rules::kIdentity) return false;
  kept.set("Content-Encoding", coding == rules::kBrotli ? "br" : "gzip");
  rules::add_to_vary("Accept-Encoding", kept);
  if (const rules::Field* tag = rules::find(kept, "etag")) {
    const std::string_view weak = rules::compressed_etag(tag->value, kept);
    if (weak.empty())
      kept.remove("etag");
    else
      kept.set("ETag", weak);
  }
  compressor_ = make_compressor(coding);
  return true;
}

// RFC 9111 §4.3.4: the same body under a newer head.
std::shared_ptr<Object> OriginFetch::read_not_modified(const http1::ResponseHead& head) {
  const Object& previous = *terms_.previous;
  auto object = std::make_shared<Object>();
  object->status = previous.status;
  object->purges = ask_->purges;
  object->purges_seen = ask_->purges_seen;
  object->uri = previous.uri;
  object->tags = previous.tags;
  object->compression = previous.compression;
  object->length = previous.length;
  object->body = previous.body;
  const std::string via = fmt::format("1.1 {} (CloudFront)", ask_->via_host);
  const std::string date = http::format_http_date(worker_.now());
  rules::FieldList newer, merged;
  rules::write_kept_headers({.behavior = *ask_->behavior, .response = head.fields, .via = via, .date = date},
                            newer);
  rules::merge_not_modified(previous.fields, newer, merged);
  decide(*object, merged);
  object->fields = StoredFields(merged);
  return object;
}

void OriginFetch::on_data(std::string_view piece) {
  if (!body_) return;
  if (compressor_) {
    std::string out;
    compressor_->add(piece, out);
    body_->append(out);
  } else {
    body_->append(piece);
  }
  // Of unknown length, and too long for any cache.
  if (body_->kind() == Body::Kind::Kept && body_->size() > terms_.object_bytes_max) {
    watch_readers();
    body_->stop_keeping();
  }
  if (!paused_ && body_->congested()) {
    paused_ = true;
    call_->pause();
  }
}

void OriginFetch::watch_readers() {
  readers_changed_ = std::make_shared<Wake>(worker_.loop, [this] { body_changed(); });
  body_->set_producer(readers_changed_);
}

// The readers of a passing body took something, or left.
void OriginFetch::body_changed() {
  if (body_->abandoned()) return cancel();
  if (!paused_ || !call_ || body_->congested()) return;
  paused_ = false;
  call_->resume();
}

void OriginFetch::on_trailers(rules::Fields fields) {
  if (!body_) return;
  Body::Trailers kept;
  for (const rules::Field& field : fields) kept.emplace_back(field.name, field.value);
  body_->set_trailers(std::move(kept));
}

void OriginFetch::on_end() {
  if (body_) {
    object_->origin_last_byte = since_asked().count();
    if (compressor_) {
      std::string out;
      compressor_->finish(out);
      body_->append(out);
    }
    body_->finish(Body::State::Whole);
  }
  if (terms_.on_whole) terms_.on_whole();
  over();
}

void OriginFetch::on_failure(const upstream::CallFailure& failure) {
  worker_.counters.origin_failures.add();
  call_.reset();
  completion_.reset();
  // CF: "GET and HEAD requests: CloudFront tries again, as often as it tries to connect".
  if (!body_ && failure.kind == upstream::Failure::ReadTime && --reads_left_ > 0) return ask_origin();
  fail(failure);
}

void OriginFetch::fail(const upstream::CallFailure& failure) {
  if (body_) {
    body_->finish(Body::State::Cut);
    return over();
  }
  if (may_fail_over()) return fail_over();
  auto object = std::make_shared<Object>();
  object->failed = meaning_of(failure.kind);
  object->status = rules::facts_of(*object->failed).status;
  object->purges = ask_->purges;
  object->purges_seen = ask_->purges_seen;
  object->uri = ask_->uri;
  object->body = Body::of("");
  decide(*object, {});
  answer({.object = std::move(object)});
  over();
}

void OriginFetch::answer(Result result) {
  if (const auto told = std::exchange(on_result_, nullptr)) told(std::move(result));
}

void OriginFetch::cancel() {
  on_result_ = nullptr;
  if (body_) body_->finish(Body::State::Cut);
  over();
}

void OriginFetch::over() {
  if (std::exchange(over_, true)) return;
  call_.reset();
  completion_.reset();
  if (readers_changed_) readers_changed_->cancel();
  told_room_ = nullptr;
  worker_.release(this);
}

Answer to_answer(OriginFetch::Result result) {
  return {.object = std::move(result.object),
          .outcome = result.not_modified ? Outcome::RefreshHit : Outcome::Miss};
}

}  // namespace meridian::engines::cdn
