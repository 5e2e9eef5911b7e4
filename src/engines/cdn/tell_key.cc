// What explain says of the key, and of what each tier holds under it.
#include <fmt/format.h>

#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/rules/selection.h"
#include "engines/cdn/tier_routes.h"

namespace meridian::engines::cdn {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

std::string size_text(const Object& object) {
  const auto length = object.length_now();
  return length ? fmt::format("{} bytes", *length) : "of a length that is not known yet";
}

}  // namespace

void Request::tell_key() {
  const snapshots::cdn::TtlRule& ttl = behavior_->ttl;
  trace_->add("cache policy",
              fmt::format("{}: minimum {} s, default {} s, maximum {} s",
                          behavior_->cache_policy_id.empty() ? "ForwardedValues" : behavior_->cache_policy_id,
                          ttl.minimum.count(), ttl.fallback.count(), ttl.maximum.count()),
              {{"cache_policy_id", behavior_->cache_policy_id},
               {"minimum_ttl", static_cast<std::int64_t>(ttl.minimum.count())},
               {"default_ttl", static_cast<std::int64_t>(ttl.fallback.count())},
               {"maximum_ttl", static_cast<std::int64_t>(ttl.maximum.count())}});
  if (!for_cache_) {
    const std::string why = behavior_->key.never_cache ? "every header is forwarded, so nothing is kept"
                            : rules::is_caching_disabled(*behavior_)
                                ? "the Maximum TTL is 0, so nothing is kept"
                            : !rules::is_cached_method(*behavior_, request_.method)
                                ? fmt::format("answers to {} are not kept", request_.method)
                            : request_.has_body ? "the request has a body"
                                                : "the connection is to be upgraded";
    trace_->add("cache", why + ": straight to the origin", {{"used", false}});
    return tell_origin(*make_ask(false), nullptr);
  }
  std::vector<std::string> lines;
  std::string bytes;
  rules::write_cache_key({.distribution_id = served_->distribution->id,
                          .is_options = !page_ && request_.method == "OPTIONS",
                          .path = path_,
                          .query = page_ ? std::string_view() : query_,
                          .fields = fields_},
                         behavior_->key, bytes, &lines);
  trace_->add_lines("cache key", lines);
  tell_left_out_of_key();
  tell_tiers();
}

void Request::tell_left_out_of_key() {
  const snapshots::cdn::CacheKeyRule& rule = behavior_->key;
  std::vector<std::string> headers, cookies, queries;
  for (const rules::Field& field : fields_) {
    if (rules::same_name(field.name, "cookie") || rules::selects_header(rule.headers, field.name)) continue;
    if ((rule.gzip || rule.brotli) && rules::same_name(field.name, "accept-encoding")) continue;
    add_once(headers, field.name);
  }
  rules::for_each_cookie(fields_, [&](std::string_view name, std::string_view) {
    if (!rules::selects_cookie(rule.cookies, name)) add_once(cookies, name);
  });
  if (!page_)
    rules::for_each_query_string(query_, [&](std::string_view name, std::string_view) {
      if (!rules::selects_query_string(rule.query_strings, name)) add_once(queries, name);
    });
  const auto tell = [this](const char* kind, const std::vector<std::string>& names) {
    if (names.empty()) return;
    trace_->add("not in it", fmt::format("{} {}", kind, joined(names)),
                {{"kind", kind}, {"names", joined(names)}});
  };
  tell("header", headers);
  tell("cookie", cookies);
  tell("query string", queries);
}

Tier::Held Request::look_through_tiers(const Ask& ask,
                                       const std::function<void(const Tier&, const Tier::Held&)>& each,
                                       const std::function<void(const TierHop&)>& on_peer) {
  const rules::Time now = site_.worker.now();
  const bool head = request_.method == "HEAD" && !page_;
  Tier* tier = &site_.tier;
  for (;;) {
    Tier::Held held = tier->look(key_, now);
    if (head && !held.serves()) held = tier->look(key_of_head(key_), now);
    each(*tier, held);
    const auto hops =
        held.choice == Tier::Choice::Ask ? site_.worker.routes.after(*tier, ask) : std::vector<TierHop>();
    if (hops.empty()) return held;
    if (hops.front().peer) {
      on_peer(hops.front());
      return held;
    }
    tier = hops.front().tier;
  }
}

void Request::tell_tiers() {
  const auto ask = make_ask(true);
  bool at_peer = false;
  const Tier::Held last = look_through_tiers(
      *ask, [this](const Tier& tier, const Tier::Held& held) { tell_copy(tier.name(), held); },
      [this, &at_peer](const TierHop& hop) {
        at_peer = true;
        tell_peer(hop);
      });
  if (!at_peer && !last.serves() && last.choice != Tier::Choice::Join) tell_origin(*ask, last.object.get());
}

void Request::tell_peer(const TierHop& hop) {
  trace_->add("cache",
              fmt::format("{}{}: at edge {}, which is asked, and tells how it answers itself", hop.region,
                          hop.shield ? " (Origin Shield)" : "", hop.peer->name),
              {{"tier", hop.region}, {"edge", hop.peer->name}, {"shield", hop.shield}});
}

void Request::tell_copy(std::string_view tier, const Tier::Held& held) {
  const rules::Time now = site_.worker.now();
  std::string text = held.purged ? "a copy, taken by an invalidation" : "no copy";
  if (held.object) {
    std::vector<std::string> lines;
    rules::judge(held.object->life, now, &lines);
    text = fmt::format("a copy: {}, {}, {}", held.object->status, size_text(*held.object), lines.front());
  }
  const char* what = "";
  switch (held.choice) {
    case Tier::Choice::Serve:
      break;
    case Tier::Choice::StandIn:
      what = "; it stands in, as the origin failed a moment ago";
      break;
    case Tier::Choice::ServeAndRefresh:
      what = "; served by stale-while-revalidate, and asked for behind it";
      break;
    case Tier::Choice::AskAlone:
      what = "; the origin wants no answer shared, so each request asks for itself";
      break;
    case Tier::Choice::Join:
      what = "; another request has asked, and this one waits for its answer";
      break;
    case Tier::Choice::Ask:
      break;
  }
  trace_->add("cache", fmt::format("{}: {}{}", tier, text, what),
              {{"tier", std::string(tier)},
               {"copy", held.object != nullptr},
               {"fresh", held.choice == Tier::Choice::Serve},
               {"age", held.object ? static_cast<std::int64_t>(held.object->life.age(now).count()) : -1}});
  if (held.object) tell_lifetime(*held.object);
}

// The arithmetic again, over what is kept of the head. Age is not: the age that it made the response arrive
// with is.
void Request::tell_lifetime(const Object& object) {
  rules::LifetimeInput input = lifetime_input(*make_ask(for_cache_), object.status, object.fields,
                                              {object.life.answered, object.life.answered});
  input.origin.age = rules::Seconds(object.life.initial_age_s);
  std::vector<std::string> lines;
  const rules::Lifetime now = rules::decide_lifetime(input, &lines);
  trace_->add_lines("lifetime", lines);
  if (object.kept && now.life.fresh_s != object.life.fresh_s)
    trace_->add("lifetime",
                fmt::format("but it came under another configuration: fresh for {} s", object.life.fresh_s));
}

}  // namespace meridian::engines::cdn
