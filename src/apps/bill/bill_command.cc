#include "apps/bill/bill_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "apps/bill/bill_text.h"
#include "apps/bill/read_usage.h"
#include "apps/input.h"

namespace meridian::apps::bill {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr double kMonthDays = 30.4375;  // a year's twelfth
constexpr days kLongest{1440};          // CloudWatch gives so many points at a time

Result<sys_days> parse_day(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  int used = 0;
  const bool read = std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) == 3 &&
                    used == static_cast<int>(text.size());
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!read || !date.ok()) return invalid(fmt::format("'{}' is no day: 2026-11-01 is one", text));
  return sys_days(date);
}

// The month so far unless it is said.
Result<Period> period_of(const BillOptions& options, SystemTime now) {
  const sys_days today = std::chrono::floor<days>(now);
  const std::chrono::year_month_day date(today);
  Period period;
  period.start =
      options.start.empty() ? sys_days(date.year() / date.month() / 1) : TRY(parse_day(options.start));
  period.end = options.end.empty() ? today + days(1) : TRY(parse_day(options.end));
  if (period.end <= period.start) return invalid("the time ends before it begins");
  if (period.end - period.start > kLongest)
    return invalid(fmt::format("a bill is of {} days at most", kLongest.count()));
  return period;
}

// Of one calendar month the whole is a month, whatever its length.
double months_of(const Period& period) {
  const std::chrono::year_month_day first(period.start), last(period.end - days(1));
  const double length = static_cast<double>((period.end - period.start).count());
  if (first.year() == last.year() && first.month() == last.month()) {
    const sys_days month(first.year() / first.month() / 1);
    const sys_days next(first.year() / first.month() / std::chrono::last);
    return length / static_cast<double>((next - month).count() + 1);
  }
  return length / kMonthDays;
}

Result<std::string> bill(const BillOptions& options, const Clock& clock) {
  const Prices prices = TRY(options.prices.empty() ? parse_prices(shipped_prices())
                                                   : parse_prices(TRY(read_input(options.prices))));
  const auto shares = TRY(parse_shares(prices, options.price_regions));
  const Period period = TRY(period_of(options, clock.now()));
  Usage usage = TRY(read_usage(options.client, options.distribution, period.start, period.end, clock));
  usage.months = months_of(period);
  const Statement statement = make_statement(usage, prices, shares, options.https_percent / 100);
  return options.client.output == Output::Json ? as_json(period, usage, prices, statement)
                                               : as_text(period, usage, prices, statement);
}

}  // namespace

int run_bill(const BillOptions& options, const Clock& clock) {
  const auto text = bill(options, clock);
  if (!text) {
    fmt::print(stderr, "meridian: {}\n", text.error().message);
    return text.error().code == ErrorCode::Invalid ? 2 : 1;
  }
  fmt::print("{}", *text);
  return 0;
}

}  // namespace meridian::apps::bill
