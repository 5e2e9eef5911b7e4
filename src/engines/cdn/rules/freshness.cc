// Freshness: CloudFront's TTL table first, RFC 9111's arithmetic below it.
#include "engines/cdn/rules/freshness.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::cdn::rules {
namespace {

using Trace = std::vector<std::string>;

template <typename... Arguments>
void note(Trace* trace, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (trace) trace->push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
}

Seconds bounded(Seconds value) {
  return std::clamp(value, Seconds(0), kDeltaSecondsMax);
}
std::uint32_t as_u32(Seconds value) {
  return static_cast<std::uint32_t>(bounded(value).count());
}

// RFC 9111 §4.2.3. The greater of what the clocks and what the caches on the way say.
Seconds initial_age(const OriginTimes& origin, const Exchange& exchange, Trace* trace) {
  const Seconds apparent = origin.date ? bounded(exchange.answered - *origin.date) : Seconds(0);
  const Seconds delay = bounded(exchange.answered - exchange.asked);
  // An origin that is no cache sends no Age; the delay of its answer is then no age of its content.
  const Seconds corrected = origin.age.count() > 0 ? origin.age + delay : Seconds(0);
  const Seconds age = bounded(std::max(apparent, corrected));
  note(trace, "age on arrival: {} s = max({} s since Date, Age {} s{})", age.count(), apparent.count(),
       origin.age.count(), origin.age.count() > 0 ? fmt::format(" + {} s under way", delay.count()) : "");
  return age;
}

struct Said {
  LifetimeRule rule;
  Seconds lifetime;
};

// RFC 9111 §4.2.1, in CloudFront's order: max-age beats Expires, s-maxage beats both.
std::optional<Said> said_by_origin(const OriginTimes& origin, Time answered, Trace* trace) {
  const char* const field = origin.targeted ? "CDN-Cache-Control" : "Cache-Control";
  if (origin.control.s_maxage) {
    note(trace, "{}: s-maxage={}", field, origin.control.s_maxage->count());
    return Said{LifetimeRule::SMaxAge, *origin.control.s_maxage};
  }
  if (origin.control.max_age) {
    note(trace, "{}: max-age={}", field, origin.control.max_age->count());
    return Said{LifetimeRule::MaxAge, *origin.control.max_age};
  }
  if (origin.targeted || !origin.has_expires) return std::nullopt;
  if (!origin.expires) {
    note(trace, "Expires is no date: it has expired");
    return Said{LifetimeRule::Expires, Seconds(0)};
  }
  const Seconds lifetime = bounded(*origin.expires - origin.date.value_or(answered));
  note(trace, "Expires is {} s after {}", lifetime.count(), origin.date ? "Date" : "its arrival");
  return Said{LifetimeRule::Expires, lifetime};
}

// The bounds are those of the time in our cache, so the age that a response came with is taken off first.
Seconds within(const TtlRule& ttl, Seconds lifetime, Seconds age, Trace* trace) {
  const Seconds left = bounded(lifetime - age);
  Seconds fresh = std::min(left, ttl.maximum);
  if (fresh < left) note(trace, "lowered to the Maximum TTL {} s", ttl.maximum.count());
  if (fresh < ttl.minimum) {
    fresh = ttl.minimum;
    note(trace, "raised to the Minimum TTL {} s", ttl.minimum.count());
  }
  return fresh;
}

std::string_view forbidden_by(const CacheControl& control) {
  return control.no_store ? "no-store" : control.is_private ? "private" : "no-cache";
}

// A response that is no error.
Lifetime decide_answer(const LifetimeInput& input, Seconds age, Trace* trace) {
  const OriginTimes& origin = input.origin;
  const TtlRule& ttl = input.ttl;
  if (origin.control.forbids_keeping()) {
    if (ttl.minimum.count() == 0) {
      note(trace, "{}, and the Minimum TTL is 0: not kept", forbidden_by(origin.control));
      return {false, LifetimeRule::NotKept, {}};
    }
    note(trace, "{}, but the Minimum TTL overrides it: kept for {} s", forbidden_by(origin.control),
         ttl.minimum.count());
    return {true, LifetimeRule::KeptForMinimum, {.fresh_s = as_u32(ttl.minimum)}};
  }
  if (origin.varies_by_anything && ttl.minimum.count() == 0) {
    note(trace, "Vary: *, and the Minimum TTL is 0: kept, but fetched anew for every request");
    return {true, LifetimeRule::Default, {.fetch_unconditionally = true}};
  }
  const std::optional<Said> said = said_by_origin(origin, input.exchange.answered, trace);
  if (!said) {
    const Seconds fresh = std::max(ttl.minimum, bounded(ttl.fallback - age));
    note(trace, "nothing said by the origin: the Default TTL {} s, less the age, at least {} s: {} s",
         ttl.fallback.count(), ttl.minimum.count(), fresh.count());
    return {true, LifetimeRule::Default, {.fresh_s = as_u32(fresh)}};
  }
  const Seconds fresh = within(ttl, said->lifetime, age, trace);
  note(trace, "fresh for {} s: {} s less the age {} s, within {} to {} s", fresh.count(),
       said->lifetime.count(), age.count(), ttl.minimum.count(), ttl.maximum.count());
  return {true, said->rule, {.fresh_s = as_u32(fresh)}};
}

// CF:HTTPStatusCodes: the greater of the error caching TTL and what the origin says, that up to the Maximum
// TTL.
Lifetime decide_error(const LifetimeInput& input, StatusClass status, Seconds age, Trace* trace) {
  const CacheControl& control = input.origin.control;
  const bool says_how_long = control.s_maxage || control.max_age;
  if (status == StatusClass::ErrorWithMaxAge && (!says_how_long || control.forbids_keeping())) {
    note(trace, "status {} is kept only with max-age or s-maxage", input.status);
    return {false, LifetimeRule::StatusNotKept, {}};
  }
  Seconds fresh = input.error_minimum;
  LifetimeRule rule = LifetimeRule::Error;
  if (says_how_long && !control.forbids_keeping()) {
    const std::optional<Said> said = said_by_origin(input.origin, input.exchange.answered, trace);
    const Seconds left = std::min(bounded(said->lifetime - age), input.ttl.maximum);
    if (left > fresh) {
      fresh = left;
      rule = said->rule;
    }
  }
  note(trace, "status {}: kept for {} s (the error caching TTL is {} s)", input.status, fresh.count(),
       input.error_minimum.count());
  return {fresh.count() > 0, rule, {.fresh_s = as_u32(fresh)}};
}

}  // namespace

std::string_view to_string(LifetimeRule rule) {
  switch (rule) {
    case LifetimeRule::NotKept:
      return "not kept";
    case LifetimeRule::StatusNotKept:
      return "status not kept";
    case LifetimeRule::KeptForMinimum:
      return "minimum TTL";
    case LifetimeRule::SMaxAge:
      return "s-maxage";
    case LifetimeRule::MaxAge:
      return "max-age";
    case LifetimeRule::Expires:
      return "Expires";
    case LifetimeRule::Default:
      return "default TTL";
    case LifetimeRule::Error:
      return "error caching TTL";
  }
  return "";
}

OriginTimes read_origin_times(Fields response, Time now) {
  OriginTimes times;
  bool has_age = false, has_date = false;
  bool has_control = false;
  for (const Field& field : response) {
    // By length first: most fields of a head say nothing of time.
    switch (field.name.size()) {
      case 3:
        if (!has_age && same_name(field.name, "age")) {
          has_age = true;  // of several the first (RFC 9111 §5.1)
          const std::string_view first = trim(field.value.substr(0, field.value.find(',')));
          times.age = parse_delta_seconds(first).value_or(Seconds(0));
        }
        break;
      case 4:
        if (!has_date && same_name(field.name, "date")) {
          has_date = true;
          times.date = parse_http_date(field.value, now);
        } else if (same_name(field.name, "vary")) {
          for_each_member(field.value,
                          [&](std::string_view member) { times.varies_by_anything |= member == "*"; });
        }
        break;
      case 7:
        if (!times.has_expires && same_name(field.name, "expires")) {
          times.has_expires = true;
          times.expires = parse_http_date(field.value, now);
        }
        break;
      case 13:
        has_control |= same_name(field.name, "cache-control");
        break;
      case 17:
        times.targeted |= same_name(field.name, "cdn-cache-control");
        break;
      default:
        break;
    }
  }
  if (times.targeted) {
    const std::optional<CacheControl> targeted = read_cdn_cache_control(response);
    times.targeted = targeted.has_value();
    if (targeted) times.control = *targeted;
  }
  if (has_control && !times.targeted) times.control = read_cache_control(response);
  return times;
}

StatusClass classify_status(int status) {
  if (status >= 200 && status <= 399) return StatusClass::Answer;
  switch (status) {
    case 404:
    case 414:
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
      return StatusClass::Error;
    case 400:
    case 403:
    case 405:
    case 412:
    case 415:
      return StatusClass::ErrorWithMaxAge;
    default:
      return StatusClass::Never;
  }
}

Seconds StoredLife::age(Time now) const {
  return bounded(Seconds(initial_age_s) + std::max(now - answered, Seconds(0)));
}

// What came in that very second was fresh for one at least: nothing at all is what origins say of answers
// that each request is to ask for itself.
StoredLife StoredLife::expired_at(Time when) const {
  StoredLife life = *this;
  if (fresh_s == 0 || when >= answered + Seconds(fresh_s)) return life;
  life.fresh_s = as_u32(std::max(when - answered, Seconds(1)));
  life.answered = when - Seconds(life.fresh_s);
  return life;
}

Lifetime decide_lifetime(const LifetimeInput& input, Trace* trace) {
  const StatusClass status = classify_status(input.status);
  if (status == StatusClass::Never) {
    note(trace, "status {} is never kept", input.status);
    return {false, LifetimeRule::StatusNotKept, {}};
  }
  const Seconds age = initial_age(input.origin, input.exchange, trace);
  Lifetime lifetime = status == StatusClass::Answer ? decide_answer(input, age, trace)
                                                    : decide_error(input, status, age, trace);
  const CacheControl& control = input.origin.control;
  StoredLife& life = lifetime.life;
  life.answered = input.exchange.answered;
  life.initial_age_s = as_u32(age);
  life.never_stale = control.must_revalidate || control.proxy_revalidate;
  // CF:Expiration: neither directive reaches beyond the Maximum TTL.
  if (control.stale_while_revalidate)
    life.stale_while_revalidate_s = as_u32(std::min(*control.stale_while_revalidate, input.ttl.maximum));
  if (control.stale_if_error)
    life.stale_if_error_s = as_u32(std::min(*control.stale_if_error, input.ttl.maximum));
  return lifetime;
}

Use judge(const StoredLife& life, Time now, Trace* trace) {
  const Seconds kept = now - life.answered;
  const Seconds fresh(life.fresh_s);
  if (kept < fresh && !life.fetch_unconditionally) {
    note(trace, "kept for {} of {} s: fresh", kept.count(), fresh.count());
    return Use::Fresh;
  }
  note(trace, "kept for {} s, fresh for {} s: expired", kept.count(), fresh.count());
  if (life.stale_while_revalidate_s > 0 && !life.never_stale &&
      kept < fresh + Seconds(life.stale_while_revalidate_s)) {
    note(trace, "stale-while-revalidate={}: served while it is asked for", life.stale_while_revalidate_s);
    return Use::StaleWhileRevalidate;
  }
  return Use::Revalidate;
}

std::optional<Seconds> stale_for_error(const StoredLife& life, Time now, Seconds error_minimum) {
  if (life.never_stale) return std::nullopt;  // RFC 9111 §5.2.2.2
  if (life.stale_if_error_s == kStaleWithoutEnd) return error_minimum;
  const Seconds left = life.answered + Seconds(life.fresh_s) + Seconds(life.stale_if_error_s) - now;
  if (left.count() <= 0) return std::nullopt;
  return std::min(left, error_minimum);
}

}  // namespace meridian::engines::cdn::rules
