#include "apps/bill/bill_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "formats/json/json.h"

namespace meridian::apps::bill {
namespace {

constexpr const char* kNotCounted[] = {
    "data that viewers send to origins, and what origins send (free from AWS)",
    "requests by method: AWS asks more for PUT, POST and the like in some regions",
    "Origin Shield, functions, field-level encryption",
    "S3 requests, and storage in unfinished uploads; reading from streams, and what they keep beyond seven "
    "days",
    "ACM (free for CloudFront); CloudWatch",
    "DNS queries by kind: alias records to distributions are free, latency and geo cost more",
    "taxes, commitments, and the 12-month free tier",
};

std::string day(std::chrono::sys_days when) {
  return fmt::format("{:%Y-%m-%d}", std::chrono::system_clock::time_point(when));
}

}  // namespace

std::string as_text(const Period& period, const Usage& usage, const Prices& prices,
                    const Statement& statement) {
  std::string out = fmt::format("At AWS's list prices of {}, for {} to {} (US dollars)\n\n", prices.as_of,
                                day(period.start), day(period.end - std::chrono::days(1)));
  for (const DistributionUsage& one : usage.distributions)
    out += fmt::format("{}  {}: {:.0f} requests, {:.3f} GB, {:.0f} invalidation paths\n", one.id, one.name,
                       one.requests, one.bytes / 1e9, one.invalidation_paths);
  if (!usage.distributions.empty()) out += "\n";
  std::size_t what = 0, quantity = 0;
  for (const Line& line : statement.lines) {
    what = std::max(what, line.what.size());
    quantity = std::max(quantity, line.quantity.size());
  }
  for (const Line& line : statement.lines)
    out += fmt::format("{:{}}  {:>{}}  {:>10.2f}{}{}\n", line.what, what, line.quantity, quantity,
                       line.amount, line.rate.empty() ? "" : "  ", line.rate);
  out +=
      fmt::format("{:{}}  {:>10.2f}\n\nNot counted:\n", "Together", what + 2 + quantity, statement.total());
  for (const char* what_not : kNotCounted) out += fmt::format("  - {}\n", what_not);
  out += "\nPrices read from:\n";
  for (const std::string& source : prices.sources) out += fmt::format("  {}\n", source);
  return out;
}

std::string as_json(const Period& period, const Usage& usage, const Prices& prices,
                    const Statement& statement) {
  std::string out;
  json::Writer json(out);
  const auto text = [&](std::string_view name, std::string_view value) {
    json.key(name);
    json.string(value);
  };
  const auto number = [&](std::string_view name, double value) {
    json.key(name);
    json.number(value);
  };
  json.begin_object();
  text("start", day(period.start));
  text("end", day(period.end));
  text("prices_as_of", prices.as_of);
  text("currency", "USD");
  json.key("distributions");
  json.begin_array();
  for (const DistributionUsage& one : usage.distributions) {
    json.begin_object();
    text("id", one.id);
    text("name", one.name);
    number("requests", one.requests);
    number("bytes", one.bytes);
    number("invalidation_paths", one.invalidation_paths);
    json.end_object();
  }
  json.end_array();
  json.key("lines");
  json.begin_array();
  for (const Line& line : statement.lines) {
    json.begin_object();
    text("what", line.what);
    text("quantity", line.quantity);
    text("rate", line.rate);
    number("amount", line.amount);
    json.end_object();
  }
  json.end_array();
  number("total", statement.total());
  json.key("not_counted");
  json.begin_array();
  for (const char* what_not : kNotCounted) json.string(what_not);
  json.end_array();
  json.end_object();
  return out + "\n";
}

}  // namespace meridian::apps::bill
