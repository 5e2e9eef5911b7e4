// What explain says of the key, and of what each tier holds under it.
#include <fmt/format.h>

#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/rules/selection.h"
#include "engines/cdn/tier_look.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kPurgesToldMax = 5;  // the latest

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
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

// What invalidations of the distribution have taken in all caches of this process.
void Request::tell_purges() {
  for (const PurgeCount& count : served_->purges->counts(kPurgesToldMax))
    trace_->add("invalidated",
                fmt::format("{}{}: {} found in memory so far, {} on disk", count.item,
                            count.soft ? " (soft)" : "", count.copies, count.on_disk),
                {{"item", count.item},
                 {"soft", count.soft},
                 {"copies", static_cast<std::int64_t>(count.copies)},
                 {"on_disk", static_cast<std::int64_t>(count.on_disk)}});
}

// Told before the object is found, so that it is of what was there. Other processes may have to be asked.
Request::Next Request::look_through_tiers() {
  const auto ask = make_ask(true);
  ask->range = range_to_ask();
  look_ = std::make_unique<TierLook>(site_.worker, ask, [this](TierLook::Told told) {
    for (Trace::Step& step : told.steps) trace_->add(step.what, std::move(step.text), std::move(step.fields));
    tell_purges();
    if (told.asks_origin) tell_origin(look_->ask(), look_->previous());
    if (std::exchange(looking_, Looking::Done) != Looking::Waits) return;
    step_ = index_of(&Request::find_object);
    run();
  });
  looking_ = Looking::Begins;
  look_->begin(site_.tier);
  if (looking_ == Looking::Done) return find_object();
  looking_ = Looking::Waits;
  return Next::Wait;
}

}  // namespace meridian::engines::cdn
