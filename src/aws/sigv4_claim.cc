// Reading a signature off a request, in its header or its query form, with the messages AWS gives for what is
// missing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "aws/protocols/scalar_text.h"
#include "aws/sigv4.h"
#include "base/bytes.h"
#include "base/percent.h"
#include "base/result.h"

namespace meridian::aws::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::unexpected<Refusal> incomplete(std::string message) {
  return std::unexpected(Refusal{Reason::Incomplete, std::move(message)});
}

std::unexpected<Refusal> version_2() {
  return std::unexpected(Refusal{
      Reason::Version2,
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."});
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(5);  // of a credential
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  return value;
}

std::optional<SystemTime> make_time(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || year > 2200 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return SystemTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

// 20260101T000000Z
std::optional<SystemTime> parse_basic_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const std::array<std::optional<int>, 6> parts = {number(text.substr(0, 4)),  number(text.substr(4, 2)),
                                                   number(text.substr(6, 2)),  number(text.substr(9, 2)),
                                                   number(text.substr(11, 2)), number(text.substr(13, 2))};
  for (const auto& part : parts)
    if (!part) return std::nullopt;
  return make_time(*parts[0], *parts[1], *parts[2], *parts[3], *parts[4], *parts[5]);
}

// "Sun, 06 Nov 1994 08:49:37 GMT", which a Date header may hold instead.
std::optional<SystemTime> parse_http_date(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4)),
             hour = number(text.substr(17, 2)), minute = number(text.substr(20, 2)),
             second = number(text.substr(23, 2));
  if (month % 3 != 0 || !day || !year || !hour || !minute || !second) return std::nullopt;
  return make_time(*year, static_cast<int>(month / 3) + 1, *day, *hour, *minute, *second);
}

Verdict<void> read_time(Claim& claim, std::string_view text) {
  auto time = parse_basic_time(text);
  const bool is_basic = time.has_value();
  if (!time) time = parse_http_date(text);
  if (!time)
    return incomplete(fmt::format(
        "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
        text));
  claim.time = *time;
  claim.time_text = is_basic ? std::string(text) : format_basic_time(*time);
  return {};
}

Verdict<void> read_credential(Claim& claim, std::string_view text) {
  if (std::ranges::count(text, '/') != 4)
    return incomplete(
        fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                    "keyid/date/region/service/term, got '{}'",
                    text));
  for (std::string* part :
       {&claim.access_key_id, &claim.date, &claim.region, &claim.service, &claim.terminator}) {
    const std::size_t size = std::min(text.find('/'), text.size());
    *part = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return {};
}

Verdict<void> read_signed_headers(Claim& claim, std::string_view text) {
  for (;;) {
    const std::size_t end = text.find(';');
    if (claim.signed_headers.size() == kSignedHeadersMax) return incomplete("Too many 'SignedHeaders'.");
    claim.signed_headers.push_back(to_lower(text.substr(0, end)));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

Verdict<void> read_header(Claim& claim, const HttpRequest& request, std::string_view authorization) {
  const std::size_t space = authorization.find(' ');
  const std::string_view algorithm = authorization.substr(0, space);
  if (algorithm == "AWS") return version_2();
  if (algorithm.starts_with("AWS4-") && algorithm != kAlgorithm)
    return incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'.", algorithm));
  std::string_view credential, signed_headers, signature;
  if (algorithm == kAlgorithm && space != std::string_view::npos) {
    for (std::string_view part : split(authorization.substr(space + 1), ',')) {
      part = trim(part);
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
      if (name == "Credential") credential = value;
      if (name == "SignedHeaders") signed_headers = value;
      if (name == "Signature") signature = value;
    }
  }
  const std::string* date = request.headers.find("x-amz-date");
  if (date == nullptr) date = request.headers.find("date");
  std::string missing;
  if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
  if (signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
  if (signed_headers.empty()) missing += "Authorization header requires 'SignedHeaders' parameter. ";
  if (date == nullptr)
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  // Only the scheme is repeated: what follows it may be somebody's password.
  if (!missing.empty()) return incomplete(fmt::format("{}Authorization={}", missing, algorithm));

  TRY(read_credential(claim, credential));
  TRY(read_time(claim, *date));
  TRY(read_signed_headers(claim, signed_headers));
  claim.signature = signature;
  claim.security_token = request.headers.get("x-amz-security-token");
  return {};
}

// The parameters of the query form, decoded. What needs no decoding is not copied: the query outlives this.
struct QueryParameters {
  std::optional<std::string_view> algorithm, credential, signature, signed_headers, date, expires, token;
  std::optional<std::string_view> key_2, signature_2;  // of version 2
  std::array<std::string, 9> decoded;
};

void read_parameters(std::string_view query, QueryParameters& found) {
  const std::pair<std::string_view, std::optional<std::string_view>*> wanted[] = {
      {"X-Amz-Algorithm", &found.algorithm},
      {"X-Amz-Credential", &found.credential},
      {"X-Amz-Signature", &found.signature},
      {"X-Amz-SignedHeaders", &found.signed_headers},
      {"X-Amz-Date", &found.date},
      {"X-Amz-Expires", &found.expires},
      {"X-Amz-Security-Token", &found.token},
      {"AWSAccessKeyId", &found.key_2},
      {"Signature", &found.signature_2},
  };
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty() || !std::string_view("XAS").contains(pair.front())) continue;  // none of the wanted
    const std::size_t equals = std::min(pair.find('='), pair.size());
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
      const auto& [name, value] = wanted[i];
      if (pair.substr(0, equals) != name || *value) continue;
      *value = pair.substr(std::min(equals + 1, pair.size()));
      if ((*value)->contains('%')) *value = found.decoded[i] = percent_decode(**value).value_or("");
    }
  }
}

Verdict<void> read_expires(Claim& claim, std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size())
    return incomplete("X-Amz-Expires should be a number");
  if (seconds < 0) return incomplete("X-Amz-Expires must be non-negative");
  if (seconds > kExpiresSecondsMax)
    return incomplete(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
        "than "
        "604800 seconds");
  claim.expires_s = seconds;
  return {};
}

Verdict<void> read_query(Claim& claim, const QueryParameters& given) {
  std::string missing;
  const auto need = [&missing](const std::optional<std::string_view>& value, std::string_view name) {
    if (!value || value->empty())
      missing += fmt::format("AWS query-string parameters must include '{}'. ", name);
  };
  need(given.algorithm, "X-Amz-Algorithm");
  need(given.credential, "X-Amz-Credential");
  need(given.signature, "X-Amz-Signature");
  need(given.signed_headers, "X-Amz-SignedHeaders");
  need(given.date, "X-Amz-Date");
  if (!missing.empty()) return incomplete(missing + "Re-examine the query-string parameters.");
  if (*given.algorithm != kAlgorithm)
    return incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'.", *given.algorithm));
  claim.in_query = true;
  TRY(read_credential(claim, *given.credential));
  TRY(read_time(claim, *given.date));
  if (given.expires) TRY(read_expires(claim, *given.expires));
  TRY(read_signed_headers(claim, *given.signed_headers));
  claim.signature = *given.signature;
  claim.security_token = given.token.value_or("");
  return {};
}

}  // namespace

Verdict<std::optional<Claim>> read_claim(const HttpRequest& request) {
  const std::string* authorization = request.headers.find("authorization");
  QueryParameters query;
  read_parameters(request.query, query);
  if (authorization != nullptr && query.algorithm)
    return std::unexpected(
        Refusal{Reason::Mismatch,
                "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
                "header."});
  if (query.key_2 && query.signature_2 && authorization == nullptr && !query.algorithm && !query.signature &&
      !query.credential)
    return version_2();
  Verdict<std::optional<Claim>> read;
  if (authorization != nullptr)
    TRY(read_header(read->emplace(), request, trim(*authorization)));
  else if (query.algorithm || query.signature || query.credential)
    TRY(read_query(read->emplace(), query));
  return read;
}

}  // namespace meridian::aws::sigv4
