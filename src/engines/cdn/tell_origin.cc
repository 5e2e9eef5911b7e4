// What explain says of the origin: what it was asked and answered or, where it is to be spared, what it would
// be asked and what its answer would meet.
#include <fmt/format.h>

#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/accept_encoding.h"
#include "engines/cdn/rules/compression_choice.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/tier_look.h"

namespace meridian::engines::cdn {
namespace {

using snapshots::cdn::Origin;
using snapshots::cdn::OriginAccess;

// Of a request as it would be sent: "GET /a HTTP/1.1" and the fields.
struct Sent {
  std::string_view line;
  std::vector<rules::Field> fields;
};

Sent sent_in(std::string_view head) {
  Sent sent;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    if (sent.line.empty()) {
      sent.line = line.substr(0, line.rfind(' '));
    } else if (const std::size_t colon = line.find(": "); colon != line.npos) {
      sent.fields.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
  }
  return sent;
}

std::string access_text(const OriginAccess& access) {
  if (access.kind == OriginAccess::Kind::Identity)
    return fmt::format("signed as origin access identity {}", access.identity_id);
  switch (access.signing) {
    case snapshots::cdn::SigningBehavior::Always:
      return "signed by its origin access control (always)";
    case snapshots::cdn::SigningBehavior::NoOverride:
      return "signed by its origin access control, unless the viewer signed";
    case snapshots::cdn::SigningBehavior::Never:
      break;
  }
  return "not signed: its origin access control says never";
}

// What an origin may keep as a secret is not told.
std::string shown(const Origin& origin, const rules::Field& field) {
  const bool custom = std::ranges::any_of(
      origin.custom_headers, [&](const auto& header) { return rules::same_name(header.name, field.name); });
  if (custom) return fmt::format("{} (the origin's own)", field.name);
  if (origin.access.kind != OriginAccess::Kind::None &&
      (rules::same_name(field.name, "authorization") || rules::same_name(field.name, "x-amz-security-token")))
    return fmt::format("{} (SigV4)", field.name);
  return fmt::format("{}: {}", field.name, field.value);
}

}  // namespace

// find_object() with nobody disturbed: what the look through the tiers found, and may be served, is; else the
// story ends with what would be asked.
Request::Next Request::find_kept_object() {
  if (for_cache_ && look_->held().serves()) {
    const Tier::Held& held = look_->held();
    answer_ =
        Answer{.object = held.object, .outcome = Outcome::Hit, .stale = held.choice != Tier::Choice::Serve};
    return Next::Step;
  }
  if (for_cache_ && !look_->edge().empty())
    return end_story(fmt::format("edge {} would be asked", look_->edge()));
  return end_story("the origin would be asked");
}

Request::Next Request::end_story(std::string_view what_would_be) {
  tell_prospects();
  trace_->add("answer", fmt::format("not known: {}; with --fetch it is", what_would_be),
              {{"would_ask_origin", true}});
  over_ = true;
  viewer_->finish();
  return Next::Wait;
}

void Request::tell_origin(const Ask& ask, const Object* previous) {
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  const bool grouped = behavior_->group != snapshots::cdn::Behavior::kNoTarget;
  const Origin& origin =
      distribution.origins[grouped ? distribution.groups[behavior_->group].primary : behavior_->origin];
  const upstream::CallRequest call = call_request(site_.worker, ask, origin, previous);
  const Sent sent = sent_in(call.head);
  trace_->add("origin",
              fmt::format("{} at {}:{} over {}{}", origin.id, origin.domain_name, call.peer.port,
                          call.peer.tls ? "HTTPS" : "HTTP",
                          origin.stand_in ? ", for which this deployment's own S3 answers" : ""),
              {{"id", origin.id}, {"domain_name", origin.domain_name}, {"tls", call.peer.tls}});
  if (grouped) {
    const snapshots::cdn::OriginGroup& group = distribution.groups[behavior_->group];
    std::string statuses;
    for (const std::uint16_t status : group.failover_statuses) statuses += fmt::format(" {}", status);
    trace_->add("origin", fmt::format("group {}: after{} or no answer {} is asked", group.id, statuses,
                                      distribution.origins[group.secondary].id));
  }
  if (origin.access.kind != OriginAccess::Kind::None) trace_->add("origin", access_text(origin.access));
  trace_->add("sent", std::string(sent.line));
  for (const rules::Field& field : sent.fields)
    trace_->add("sent", shown(origin, field), {{"header", std::string(field.name)}});
  std::string left;
  for (const rules::Field& field : fields_)
    if (!rules::has(sent.fields, field.name)) left += (left.empty() ? "" : ", ") + std::string(field.name);
  if (!left.empty()) trace_->add("not sent", "header " + left, {{"names", left}});
  const std::size_t mark = sent.line.find('?');
  const std::size_t sent_query = mark == sent.line.npos ? 0 : sent.line.size() - mark - 1;
  if (!page_ && sent_query < query_.size())
    trace_->add("not sent", sent_query == 0 ? "the query string" : "a part of the query string");
}

// What is decided by the origin's answer, as far as it is decided already.
void Request::tell_prospects() {
  const snapshots::cdn::CacheKeyRule& key = behavior_->key;
  const rules::Field good[] = {{"Content-Type", "text/html"}};
  const auto [coding, why] =
      rules::choose_compression({.behavior = *behavior_,
                                 .viewer = rules::normalize_accept_encoding(fields_, key.gzip, key.brotli),
                                 .version = request_.version,
                                 .response = good,
                                 .content_length = rules::kCompressedBytesMin,
                                 .kept = for_cache_});
  if (coding == rules::kIdentity)
    trace_->add("compression", fmt::format("none: {}", why));
  else
    trace_->add(
        "compression",
        fmt::format("{}, if a text of {} to {} bytes comes with its Content-Length, not encoded, and is kept",
                    coding == rules::kBrotli ? "br" : "gzip", rules::kCompressedBytesMin,
                    rules::kCompressedBytesMax));
  if (!page_)
    for (const snapshots::cdn::ErrorPage& page : served_->distribution->error_pages) {
      if (page.page_path.empty())
        trace_->add("error page", fmt::format("{}: the origin's own, kept for {} s", page.error_code,
                                              page.caching_minimum.count()));
      else
        trace_->add("error page", fmt::format("{}: {} as {}, kept for {} s", page.error_code, page.page_path,
                                              page.response_code != 0 ? page.response_code : page.error_code,
                                              page.caching_minimum.count()));
    }
  tell_policy({});
}

void Request::tell_answered() {
  const Object& object = *answer_->object;
  std::string text;
  if (object.failed)
    text = std::string(rules::facts_of(*object.failed).sentence);
  else if (answer_->stale)
    text = "it failed: an expired copy stands in";
  else if (answer_->outcome == Outcome::RefreshHit)
    text = "304: the copy is still good";
  else
    text = fmt::format("{}, {}", object.status, object.kept ? "which is kept" : "which is not kept");
  if (answer_->collapsed) text += " (another request had asked)";
  trace_->add("origin said", text,
              {{"status", static_cast<std::int64_t>(object.status)}, {"kept", object.kept}});
  if (for_cache_ && !object.failed) tell_lifetime(*make_ask(true), object, *trace_);
}

}  // namespace meridian::engines::cdn
