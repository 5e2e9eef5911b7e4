#include "engines/cdn/tier_wire.h"

#include <fmt/format.h>

#include <charconv>

namespace meridian::engines::cdn {
namespace {

constexpr std::string_view kTheirs = "v-";
constexpr std::string_view kLook = "look-";  // before a role
constexpr std::uint64_t kSecondsMax = ~std::uint32_t{0};

std::unexpected<Error> refused(std::string_view what) {
  return fail(ErrorCode::Invalid, fmt::format("between tiers: {} that is none", what), ErrorSource::Peer);
}

template <typename Number>
std::optional<Number> number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return static_cast<Number>(value);
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

template <typename Number>
bool take(std::string_view& text, Number& out, std::uint64_t most = kSecondsMax) {
  const auto value = number<Number>(take_word(text), most);
  if (value) out = *value;
  return value.has_value();
}

std::vector<rules::Field> theirs(rules::Fields fields) {
  std::vector<rules::Field> out;
  for (const rules::Field& field : fields)
    if (rules::starts_with_name(field.name, kTheirs))
      out.push_back({field.name.substr(kTheirs.size()), field.value});
  return out;
}

// FIRST LAST, or FIRST alone.
std::string range_text(const rules::ByteRange& range) {
  return range.last == kRangeEnd ? fmt::to_string(range.first)
                                 : fmt::format("{} {}", range.first, range.last);
}

bool read_range(std::string_view text, std::optional<rules::ByteRange>& out) {
  rules::ByteRange range{0, kRangeEnd};
  if (!take(text, range.first, kTierByteMax)) return false;
  if (!text.empty() && (!take(text, range.last, kTierByteMax) || !text.empty())) return false;
  if (range.last < range.first) return false;
  out = range;
  return true;
}

// AGE INITIAL FRESH STALE-WHILE-REVALIDATE STALE-IF-ERROR NEVER-STALE UNCONDITIONAL RULE
// One that a soft purge has hit has expired for everybody.
std::string life_text(const Object& object, rules::Time now) {
  const rules::StoredLife life = object.life_as(object.purged(), now);
  const auto age = std::max<std::int64_t>(0, (now - life.answered).count());
  return fmt::format("{} {} {} {} {} {:d} {:d} {}", age, life.initial_age_s, life.fresh_s,
                     life.stale_while_revalidate_s, life.stale_if_error_s, life.never_stale,
                     life.fetch_unconditionally, static_cast<int>(object.rule));
}

bool read_life(std::string_view text, rules::Time now, TierReply& reply) {
  rules::StoredLife& life = reply.life;
  std::uint64_t age = 0;
  unsigned never_stale = 0, unconditional = 0, rule = 0;
  if (!take(text, age) || !take(text, life.initial_age_s) || !take(text, life.fresh_s) ||
      !take(text, life.stale_while_revalidate_s) || !take(text, life.stale_if_error_s) ||
      !take(text, never_stale, 1) || !take(text, unconditional, 1) ||
      !take(text, rule, static_cast<unsigned>(rules::LifetimeRule::Error)) || !text.empty())
    return false;
  life.answered = now - rules::Seconds(age);
  life.never_stale = never_stale != 0;
  life.fetch_unconditionally = unconditional != 0;
  reply.rule = static_cast<rules::LifetimeRule>(rule);
  return true;
}

}  // namespace

std::string_view strong_etag(rules::Fields fields) {
  const std::string_view tag = rules::value_of(fields, "etag");
  return tag.starts_with('"') ? tag : std::string_view();
}

std::string write_tier_request(const Ask& ask, const TierRole& role, const PurgePosition& wanted,
                               std::string_view have) {
  std::string out = fmt::format(
      "GET {}{}{} HTTP/1.1\r\nHost: tier\r\nm-version: {}\r\nm-role: {}{}\r\nm-region: {}\r\n"
      "m-distribution: {}\r\nm-purges: {} {}\r\nm-method: {}\r\nm-viewer: {} {} {:d}\r\nm-request: {}\r\n",
      ask.path, ask.query.empty() ? "" : "?", ask.query, ask.range ? kTierRangeVersion : kTierWireVersion,
      role.look ? kLook : "", role.shield ? "shield" : "regional", role.region, ask.distribution->id,
      wanted.revision, wanted.store, ask.method, ask.viewer.to_string(), static_cast<int>(ask.viewer_version),
      ask.viewer_tls, ask.request_id);
  if (ask.range) out += fmt::format("m-range: {}\r\n", range_text(*ask.range));
  if (!ask.if_range.empty()) out += fmt::format("m-if-range: {}\r\n", ask.if_range);
  if (!have.empty()) out += fmt::format("m-have: {}\r\n", have);
  for (const rules::Field& field : ask.fields.fields()) {
    out += kTheirs;
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  out += "\r\n";
  return out;
}

Result<TierRequest> read_tier_request(std::string_view path, std::string_view query, rules::Fields fields) {
  const auto value = [&](std::string_view name) { return rules::value_of(fields, name); };
  const bool has_range = value("m-version") == kTierRangeVersion;
  if (!has_range && value("m-version") != kTierWireVersion) return refused("a version");
  TierRequest request;
  std::string_view role = value("m-role");
  const bool look = role.starts_with(kLook);
  if (look) role.remove_prefix(kLook.size());
  request.role = {value("m-region"), role == "shield", look};
  if ((role != "shield" && role != "regional") || request.role.region.empty()) return refused("a role");
  request.distribution_id = value("m-distribution");
  request.method = value("m-method");
  request.request_id = value("m-request");
  request.have = value("m-have");
  request.path = path;
  request.query = query;
  if (request.distribution_id.empty() || !http1::is_token(request.method) || !path.starts_with('/'))
    return refused("a question");
  std::string_view purges = value("m-purges");
  if (!take(purges, request.wanted.revision, ~std::uint64_t{0})) return refused("a revision");
  request.wanted.store = purges;
  std::string_view viewer = value("m-viewer");
  const auto address = net::IpAddress::parse(take_word(viewer));
  unsigned version = 0, tls = 0;
  if (!address || !take(viewer, version, static_cast<unsigned>(HttpVersion::Http3)) ||
      !take(viewer, tls, 1) || !viewer.empty())
    return refused("a viewer");
  request.viewer = *address;
  request.version = static_cast<HttpVersion>(version);
  request.tls = tls != 0;
  if (has_range) {
    request.if_range = value("m-if-range");
    if (request.method != "GET" || !read_range(value("m-range"), request.range) ||
        (!request.if_range.empty() && !request.if_range.starts_with('"')))
      return refused("a range");
  }
  request.fields = theirs(fields);
  return request;
}

void write_tier_reply(const Answer& answer, rules::Time now, const TierBody& body, rules::FieldList& fields) {
  const Object& object = *answer.object;
  fields.add_copy("m-status", fmt::to_string(object.status));
  fields.add_copy("m-outcome", fmt::to_string(static_cast<int>(answer.outcome)));
  fields.add_copy("m-life", life_text(object, now));
  fields.add_copy("m-flags", fmt::format("{:d} {:d} {:d} {:d} {:d} {:d}", answer.stale, answer.collapsed,
                                         object.kept, object.too_large, body.same, answer.from_shield));
  if (answer.stands_in_until > now)
    fields.add_copy("m-stands-in", fmt::to_string((answer.stands_in_until - now).count()));
  if (object.failed) fields.add_copy("m-failed", fmt::to_string(static_cast<int>(*object.failed)));
  if (const auto length = object.length_now()) fields.add_copy("m-length", fmt::to_string(*length));
  if (body.part) fields.add_copy("m-part", range_text(*body.part));
  for (const rules::Field& field : object.fields.fields())
    fields.add(fields.keep(std::string(kTheirs) + std::string(field.name)), field.value);
}

Result<TierReply> read_tier_reply(rules::Fields fields, rules::Time now) {
  const auto value = [&](std::string_view name) { return rules::value_of(fields, name); };
  TierReply reply;
  const auto status = number<int>(value("m-status"), 599);
  if (!status || *status < 200) return refused("a status");
  reply.status = *status;
  const auto outcome = number<std::uint8_t>(value("m-outcome"), static_cast<unsigned>(Outcome::Error));
  if (!outcome) return refused("an outcome");
  reply.outcome = static_cast<Outcome>(*outcome);
  if (!read_life(value("m-life"), now, reply)) return refused("a life");
  std::string_view flags = value("m-flags");
  for (bool* flag :
       {&reply.stale, &reply.collapsed, &reply.kept, &reply.too_large, &reply.same, &reply.from_shield}) {
    unsigned read = 0;
    if (!take(flags, read, 1)) return refused("a flag");
    *flag = read != 0;
  }
  if (!flags.empty()) return refused("a flag");
  if (const auto* field = rules::find(fields, "m-stands-in")) {
    const auto seconds = number<std::uint32_t>(field->value, kSecondsMax);
    if (!seconds) return refused("a time");
    reply.stands_in = rules::Seconds(*seconds);
  }
  if (const auto* field = rules::find(fields, "m-failed")) {
    const auto failed = number<std::uint8_t>(field->value, static_cast<unsigned>(rules::Refusal::Overloaded));
    if (!failed) return refused("a failure");
    reply.failed = static_cast<rules::Refusal>(*failed);
  }
  if (const auto* field = rules::find(fields, "m-length")) {
    reply.length = number<std::uint64_t>(field->value, kTierByteMax);
    if (!reply.length) return refused("a length");
  }
  if (const auto* field = rules::find(fields, "m-part")) {
    if (!read_range(field->value, reply.part) || !reply.length || reply.part->last >= *reply.length ||
        reply.part->size() == *reply.length || reply.status != 200 || reply.same || reply.failed)
      return refused("a part");
  }
  reply.fields = theirs(fields);
  return reply;
}

}  // namespace meridian::engines::cdn
