// Heads of origins and of viewers through the rules of the CDN: any fields give an answer, times stay within
// their bounds, and parts of objects lie within the object.
#include <cstdint>
#include <cstdlib>

#include "engines/cdn/rules/behavior_match.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/compression_choice.h"
#include "engines/cdn/rules/freshness.h"
#include "engines/cdn/rules/origin_request_headers.h"
#include "engines/cdn/rules/partial_content.h"
#include "engines/cdn/rules/rule_fixture.h"
#include "engines/cdn/rules/unsafe_invalidation.h"
#include "engines/cdn/rules/validation_merge.h"
#include "engines/cdn/rules/viewer_response_headers.h"

namespace {

using namespace meridian::engines::cdn::rules;
using meridian::snapshots::cdn::Behavior;
using Kind = meridian::snapshots::cdn::Selection::Kind;

void must(bool holds) {
  if (!holds) std::abort();
}

Behavior some_behavior(std::uint8_t choice) {
  Behavior behavior;
  behavior.key.headers = {Kind::Only, {"accept", "origin"}};
  behavior.key.query_strings = {static_cast<Kind>(choice & 3), {"a"}};
  behavior.key.cookies = {static_cast<Kind>(choice >> 2 & 3), {"s*"}};
  behavior.forward.headers = {static_cast<Kind>(choice >> 4 & 3), {"host"}};
  behavior.forward.legacy = choice & 64;
  behavior.key.gzip = behavior.key.brotli = behavior.compress = choice & 128;
  return behavior;
}

void read_times(Fields fields, int status) {
  const Time now = kNow;
  LifetimeInput input{status, read_origin_times(fields, now), {}, kErrorTtl, {now - Seconds(1), now}};
  std::vector<std::string> trace;
  const Lifetime lifetime = decide_lifetime(input, &trace);
  const Lifetime again = decide_lifetime(input);
  must(lifetime.keep == again.keep && lifetime.life == again.life);
  must(lifetime.life.fresh_s <= kDeltaSecondsMax.count());
  for (const std::int64_t later : {0, 1, 86400, 1 << 30}) {
    must(lifetime.life.age(now + Seconds(later)).count() >= 0);
    (void)judge(lifetime.life, now + Seconds(later));
    (void)stale_for_error(lifetime.life, now + Seconds(later), kErrorTtl);
  }
}

void read_ranges(Fields fields, std::uint64_t size) {
  const RangeChoice choice = choose_ranges(fields, size);
  if (choice.kind == RangeChoice::Kind::Part)
    must(choice.part.first <= choice.part.last && choice.part.last < size);
  for (std::size_t i = 0; choice.kind == RangeChoice::Kind::Parts && i < choice.parts.size(); ++i) {
    must(choice.parts[i].last < size);
    must(i == 0 || choice.parts[i].first > choice.parts[i - 1].last);
  }
  if (const auto range = parse_content_range(value_of(fields, "content-range")); range && range->range)
    must(range->range->first <= range->range->last);
}

void write_heads(Fields fields, const Behavior& behavior) {
  FieldList kept, merged, sent, viewers;
  write_kept_headers({behavior, fields, "1.1 v", "now"}, kept);
  merge_not_modified(kept, fields, merged);
  const meridian::snapshots::cdn::Origin origin;
  const meridian::net::IpAddress viewer;
  write_origin_request_headers({behavior, origin, "GET", fields, viewer}, sent);
  must(find(sent, "host") == &sent.fields().front());
  Delivery delivery;
  delivery.request = fields;
  write_viewer_headers(kept, delivery, viewers);
}

void read_paths(Fields fields) {
  for (const Field& field : fields) {
    std::string once, twice;
    const std::string normal(normalize_path(field.value, once));
    if (normal.starts_with('/') && !normal.contains('%')) must(normalize_path(normal, twice) == normal);
    (void)invalidated_paths("www.example.com", "/a/b", fields);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::vector<Field> fields = head(text);
  const Behavior behavior = some_behavior(data[0]);
  read_times(fields, 200 + data[1] * 2);
  read_ranges(fields, data[1] * 100);
  write_heads(fields, behavior);
  read_paths(fields);
  (void)evaluate_conditions("GET", fields, Validators::of(fields, kNow));
  (void)holds_if_range(fields, Validators::of(fields, kNow));
  (void)choose_compression({behavior, normalize_accept_encoding(fields, true, true), HttpVersion::Http11, 200,
                            fields, 5000, true});
  std::string key;
  write_cache_key({"E1", false, "/", value_of(fields, "query"), fields}, behavior.key, key);
  return 0;
}
