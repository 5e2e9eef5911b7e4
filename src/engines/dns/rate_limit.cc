#include "engines/dns/rate_limit.h"

#include <algorithm>

#include "engines/dns/counters.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Rcode;

// What can be told apart without helping a forger: the name for positive answers and referrals, the zone for
// negative ones (AnswerResult::name_hash is that already), the client alone for refusals.
std::uint64_t class_of(const AnswerResult& result) {
  return result.name_hash ^ static_cast<std::uint64_t>(result.kind);
}

// RFC 7873 §5.2.4: who returns our cookie has received a reply of ours at this address.
bool has_server_cookie(Bytes bytes, const AnswerContext& context) {
  const auto query = meridian::dns::parse_query(bytes);
  if (!query || !query->edns || query->edns->cookie.size() <= kClientCookieSize) return false;
  const std::string_view cookie = query->edns->cookie;
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now).time_since_epoch().count();
  return is_server_cookie(context.identity.cookie_secret, cookie.substr(0, kClientCookieSize),
                          cookie.substr(kClientCookieSize), context.client.ip,
                          static_cast<std::uint32_t>(now));
}

SipKey drawn(Random& random) {
  return {random.next(), random.next()};
}

}  // namespace

RateLimit::RateLimit(const RateLimitOptions& options, unsigned workers, Random& seed)
    : responses_(options.responses_per_second, workers),
      prefix_queries_(options.queries_per_second_of_prefix, workers),
      zone_queries_(options.queries_per_second_of_zone, workers),
      slip_(options.slip),
      exempt_(options.exempt.begin(),
              options.exempt.begin() +
                  static_cast<std::ptrdiff_t>(std::min(options.exempt.size(), options.kExemptMax))),
      key_(drawn(seed)) {}

// The point is to spend nothing. A client of a connection is no forgery and is told.
std::optional<AnswerResult> RateLimit::refuse(Bytes query, const AnswerContext& context, MutableBytes out) {
  if (!prefix_queries_.limited()) return std::nullopt;
  const std::uint64_t prefix = ClientPrefix::of(context.client.ip).bits;
  if (take(Reason::Prefix, prefix_queries_, prefix, 0, context.now) == 0 || is_exempt(context.client.ip))
    return std::nullopt;
  if (context.transport == Transport::Udp) {
    count(Reason::Prefix, Action::Drop);
    return AnswerResult{};
  }
  count(Reason::Prefix, Action::Refuse);
  return answer_without_records(query, context, out, Rcode::Refused, false);
}

void RateLimit::apply(Bytes query, const AnswerContext& context, MutableBytes out, AnswerResult& result) {
  if (result.size == 0) return;
  if (zone_queries_.limited() && result.zone) {
    const std::uint64_t zone = result.zone->apex_node().hash();
    const std::uint32_t over = take(Reason::Zone, zone_queries_, zone, 0, context.now);
    if (over != 0 && !is_exempt(context.client.ip))
      return hold_back(Reason::Zone, over, query, context, out, result);
  }
  if (responses_.limited() && context.transport == Transport::Udp) {
    const std::uint64_t prefix = ClientPrefix::of(context.client.ip).bits;
    const std::uint32_t over = take(Reason::Response, responses_, prefix, class_of(result), context.now);
    if (over != 0 && !is_exempt(context.client.ip) && !has_server_cookie(query, context))
      hold_back(Reason::Response, over, query, context, out, result);
  }
}

void RateLimit::hold_back(Reason reason, std::uint32_t over, Bytes query, const AnswerContext& context,
                          MutableBytes out, AnswerResult& result) {
  AnswerResult instead;
  if (context.transport != Transport::Udp) {
    count(reason, Action::Refuse);
    instead = answer_without_records(query, context, out, Rcode::Refused, false);
  } else if (slip_ != 0 && over % slip_ == 0 && result.kind != AnswerKind::Malformed) {
    count(reason, Action::Slip);
    instead = answer_without_records(query, context, out, Rcode::NoError, true);
  } else {
    count(reason, Action::Drop);
  }
  result.size = instead.size;
  result.rcode = instead.rcode;
  result.truncated = instead.truncated;
}

std::uint32_t RateLimit::take(Reason reason, const Rate& rate, std::uint64_t first, std::uint64_t second,
                              SystemTime now) {
  const std::array<std::uint64_t, 3> words{static_cast<std::uint64_t>(reason), first, second};
  return table_.take(siphash<1, 3>(key_, {reinterpret_cast<const char*>(words.data()), sizeof words}), rate,
                     now);
}

// Asked only about those who are over a limit.
bool RateLimit::is_exempt(const net::IpAddress& client) const {
  return std::ranges::any_of(exempt_, [&](const net::Cidr& cidr) { return cidr.contains(client); });
}

void RateLimit::count(Reason reason, Action action) {
  Counters::add(counters_.cells[static_cast<std::size_t>(reason)][static_cast<std::size_t>(action)]);
}

}  // namespace meridian::engines::dns
