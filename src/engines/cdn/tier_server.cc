#include "engines/cdn/tier_server.h"

#include "engines/cdn/request.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/tier_look.h"
#include "engines/cdn/tier_wire.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kUnsentMax = 256 * 1024;  // taken from a body, and not yet by the peer

class TierExchange final : public Exchange {
 public:
  TierExchange(Worker& worker, ViewerStream& peer) : worker_(worker), peer_(peer) {}
  ~TierExchange() override {
    if (waiter_) waiter_->cancel();
    if (wake_) wake_->cancel();
  }
  void ask(const TierServer::Question& question, std::string have);
  void look(const TierServer::Question& question);
  void refuse(int status);

  void on_body(std::string_view, bool) override {}
  void on_room() override {
    if (reader_) pump();
  }

 private:
  const std::shared_ptr<Waiter>& wait();
  void answered(const Answer& answer);
  std::optional<rules::ByteRange> part_to_send(const Object& object) const;
  void pump();

  Worker& worker_;
  ViewerStream& peer_;
  TierServer::Question question_;
  bool is_head_ = false;
  std::string have_;
  std::shared_ptr<Waiter> waiter_;
  std::unique_ptr<TierLook> look_;
  std::unique_ptr<BodyReader> reader_;
  std::shared_ptr<Wake> wake_;
};

void TierExchange::ask(const TierServer::Question& question, std::string have) {
  question_ = question;
  is_head_ = question.ask->method == "HEAD";
  have_ = std::move(have);
  if (const auto found = question.tier->find(question.ask->key, worker_.now())) return answered(*found);
  if (is_head_) question.ask->key = question.head_key;
  question.tier->ask(wait());
}

const std::shared_ptr<Waiter>& TierExchange::wait() {
  waiter_ = std::make_shared<Waiter>(worker_, question_.ask, [this](const Answer& got) { answered(got); });
  return waiter_;
}

void TierExchange::look(const TierServer::Question& question) {
  look_ = std::make_unique<TierLook>(worker_, question.ask, [this](const TierLook::Told& told) {
    const std::string text = write_told(told);
    ReplyHead head;
    head.has_body = true;
    head.length = text.size();
    peer_.reply(head);
    peer_.send(Piece(text));
    peer_.finish();  // ends this
  });
  look_->begin(*question.tier);
}

void TierExchange::refuse(int status) {
  worker_.counters.tier_refusals.add();
  ReplyHead head;
  head.status = status;
  head.length = 0;
  peer_.reply(head);
  peer_.finish();  // ends this
}

void TierExchange::answered(const Answer& answer) {
  const Object& object = *answer.object;
  if (object.gone()) {
    if (!object.kept) object.body->abandon();
    return refuse(kTierBehind);
  }
  const bool same =
      !have_.empty() && object.status == 200 && !is_head_ && have_ == strong_etag(object.fields);
  ReplyHead head;
  head.has_body = !same && !is_head_ && !object.failed;
  if (head.has_body && object.body->parts() && !Tier::ask_as(answer.object, worker_, question_.ask))
    return question_.tier->ask_alone(wait(), nullptr);
  const auto part = head.has_body ? part_to_send(object) : std::nullopt;
  rules::FieldList fields;
  write_tier_reply(answer, worker_.now(), {same, part}, fields);
  head.fields = fields;
  head.length = !head.has_body ? 0 : part ? part->size() : object.body->length();
  worker_.counters.tier_answers.add();
  if (part) worker_.counters.tier_parts.add();
  peer_.reply(head);
  if (!head.has_body) {
    if (object.body->kind() == Body::Kind::Passing) object.body->abandon();
    return peer_.finish();
  }
  const std::uint64_t first = part && !object.part ? part->first : 0;
  reader_ = std::make_unique<BodyReader>(object.body, first, part ? first + part->size() : kToTheEnd);
  wake_ = std::make_shared<Wake>(worker_.loop, [this] { pump(); });
  pump();
}

// What is sent of it; nothing: all. Who cannot keep a part is better off with the whole, and of what lies
// behind the end the first slice tells where that is.
std::optional<rules::ByteRange> TierExchange::part_to_send(const Object& object) const {
  if (object.part) return object.part;
  const auto length = object.length_now();
  if (!question_.part || object.status != 200 || !object.kept || length.value_or(0) == 0 ||
      strong_etag(object.fields).empty())
    return std::nullopt;
  rules::ByteRange part = *question_.part;
  if (part.first >= *length) part = whole_slices({0, 0});
  part.last = std::min(part.last, *length - 1);
  return part.size() == *length ? std::nullopt : std::optional(part);
}

void TierExchange::pump() {
  while (peer_.unsent() < kUnsentMax) {
    Piece piece = reader_->take(kUnsentMax);
    if (!piece.empty()) {
      peer_.send(std::move(piece));
      continue;
    }
    if (reader_->at_end()) return peer_.finish();
    if (reader_->cut()) return peer_.abort();
    return reader_->wait(wake_);
  }
}

}  // namespace

std::unique_ptr<Exchange> TierServer::begin(const ViewerRequest& request, ViewerStream& stream) {
  auto exchange = std::make_unique<TierExchange>(worker_, stream);
  const auto read_request = read_tier_request(request.path, request.query, request.fields);
  if (!read_request || request.has_body) {
    exchange->refuse(400);
    return exchange;
  }
  if (auto question = read(*read_request, stream.connection()); !question)
    exchange->refuse(question.error());
  else if (read_request->role.look)
    exchange->look(*question);
  else
    exchange->ask(*question, std::string(read_request->have));
  return exchange;
}

std::expected<TierServer::Question, int> TierServer::read(const TierRequest& request,
                                                          const ViewerConnection& connection) {
  if (connection.tls && !worker_.routes.knows(connection.client_name)) return std::unexpected(kTierForeign);
  if (!worker_.purges.has(request.wanted)) return std::unexpected(kTierBehind);
  Question question;
  question.tier = worker_.routes.here(request.role.region);
  const auto served = served_.find_id(request.distribution_id);
  if (!question.tier || !served || !served->distribution->enabled) return std::unexpected(kTierUnknown);
  const snapshots::cdn::Behavior& behavior =
      served->distribution->behaviors[served->match.match(request.path)];
  if (!rules::is_cached_method(behavior, request.method) || rules::is_caching_disabled(behavior))
    return std::unexpected(kTierUnknown);

  question.ask = std::make_shared<Ask>();
  Ask& ask = *question.ask;
  ask.distribution = served->distribution;
  ask.behavior = &behavior;
  ask.purges = served->purges;
  ask.purges_seen = served->purges->newest();
  ask.method = request.method;
  ask.path = request.path;
  ask.query = request.query;
  for (const rules::Field& field : request.fields) ask.fields.add_copy(field.name, field.value);
  ask.viewer = request.viewer;
  ask.viewer_version = request.version;
  ask.viewer_tls = request.tls;
  ask.request_id = request.request_id;
  question.part = request.range;
  if (request.range) ask.range = whole_slices(*request.range);
  ask.if_range = request.if_range;
  ask.via_host = worker_.via_host;
  ask.at_shield = request.role.shield;
  std::string bytes;
  rules::write_cache_key({.distribution_id = ask.distribution->id,
                          .is_options = request.method == "OPTIONS",
                          .path = request.path,
                          .query = request.query,
                          .fields = request.fields},
                         behavior.key, bytes);
  ask.key = rules::hash_cache_key(key_secret_, bytes);
  ask.place = place_of(bytes);
  ask.uri = uri_of(behavior, request.path, request.query);
  question.head_key = key_of_head(ask.key);
  return question;
}

}  // namespace meridian::engines::cdn
