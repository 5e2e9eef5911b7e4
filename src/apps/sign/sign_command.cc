// Words into a policy, and what the signer makes of it.
#include "apps/sign/sign_command.h"

#include <fmt/format.h>

#include <optional>

#include "apps/input.h"
#include "engines/cdn/signing/sign.h"

namespace meridian::apps {
namespace {

using engines::cdn::signing::Policy;
using engines::cdn::signing::Seconds;
using engines::cdn::signing::Time;

std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool literal(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "2026-12-31", "2026-12-31T12:00:00Z".
std::optional<Time> parse_date(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !literal(text, '-')) return std::nullopt;
  const auto m = digits(text, 2);
  if (!m || !literal(text, '-')) return std::nullopt;
  const auto d = digits(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  if (text.empty()) return sys_days(date);
  if (!literal(text, 'T')) return std::nullopt;
  const auto h = digits(text, 2);
  if (!h || *h > 23 || !literal(text, ':')) return std::nullopt;
  const auto min = digits(text, 2);
  if (!min || *min > 59 || !literal(text, ':')) return std::nullopt;
  const auto s = digits(text, 2);
  if (!s || *s > 59 || text != "Z") return std::nullopt;
  return sys_days(date) + hours(*h) + minutes(*min) + Seconds(*s);
}

Result<Time> parse_time(const std::string& word, std::string_view option) {
  std::string_view text = word;
  if (!text.empty() && text.size() <= 12 && text.find_first_not_of("0123456789") == text.npos)
    return Time(Seconds(std::stoll(word)));
  if (const auto date = parse_date(text)) return *date;
  return invalid(
      fmt::format("{} {}: neither a date such as 2026-12-31T12:00:00Z nor Unix seconds", option, word));
}

Result<Seconds> parse_lifetime(const std::string& word) {
  std::string_view text = word;
  const char unit = text.empty() ? '\0' : text.back();
  if (!text.empty()) text.remove_suffix(1);
  const std::int64_t each = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
  if (each == 0 || text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != text.npos)
    return invalid(fmt::format("--for {}: a number and s, m, h or d", word));
  return Seconds(std::stoll(std::string(text)) * each);
}

Result<Policy> policy_of(const SignOptions& options, Time now) {
  Policy policy;
  policy.resource = options.resource.empty() ? options.url : options.resource;
  if (options.expires.empty()) {
    policy.before = now + TRY(parse_lifetime(options.lifetime.empty() ? "1h" : options.lifetime));
  } else {
    policy.before = TRY(parse_time(options.expires, "--expires"));
  }
  if (!options.not_before.empty()) policy.after = TRY(parse_time(options.not_before, "--not-before"));
  if (!options.source.empty()) {
    const bool range = options.source.contains('/');
    policy.source = TRY(net::Cidr::parse(range ? options.source : options.source + "/32"));
    if (!policy.source->base.is_v4()) return invalid("--ip-address: CloudFront takes IPv4 only");
  }
  return policy;
}

}  // namespace

Result<std::string> signed_text(const SignOptions& options, std::string_view key_pem, SystemTime now) {
  using namespace engines::cdn::signing;
  if (!options.url.starts_with("https://") && !options.url.starts_with("http://"))
    return invalid("the URL begins with https:// or http://");
  const Policy policy = TRY(policy_of(options, std::chrono::floor<Seconds>(now)));
  const SigningKey key = TRY(SigningKey::parse(key_pem));
  const SignTerms terms{options.key_pair_id, key,
                        options.sha256 ? HashAlgorithm::Sha256 : HashAlgorithm::Sha1};
  if (!options.cookies) return TRY(sign_url(options.url, policy, terms)) + "\n";
  std::string lines;
  for (const auto& [name, value] : TRY(sign_cookies(options.url, policy, terms)))
    lines += fmt::format("{}={}\n", name, value);
  return lines;
}

int sign(const SignOptions& options, const Clock& clock) {
  const auto key = read_input(options.key_file);
  const auto text = key ? signed_text(options, *key, clock.now()) : std::unexpected(key.error());
  if (!text) {
    fmt::print(stderr, "meridian: {}\n", text.error().message);
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}

}  // namespace meridian::apps
