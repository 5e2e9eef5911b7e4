// HTTP-date, read by one cursor over the text.
#include "engines/cdn/rules/http_date.h"

#include <array>

#include "formats/http1/message.h"

namespace meridian::engines::cdn::rules {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

struct Cursor {
  std::string_view rest;
  bool ok = true;

  void literal(std::string_view text) {
    if (!ok || rest.size() < text.size() || !http1::equal_ignoring_case(rest.substr(0, text.size()), text)) {
      ok = false;
      return;
    }
    rest.remove_prefix(text.size());
  }
  int digits(std::size_t count) {
    int value = 0;
    if (rest.size() < count) ok = false;
    for (std::size_t i = 0; ok && i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') ok = false;
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(count);
    return value;
  }
  unsigned month() {
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
      if (!rest.empty() && http1::equal_ignoring_case(rest.substr(0, 3), kMonths[i])) {
        rest.remove_prefix(3);
        return static_cast<unsigned>(i + 1);
      }
    }
    ok = false;
    return 0;
  }
  Seconds time_of_day() {
    const int hour = digits(2);
    literal(":");
    const int minute = digits(2);
    literal(":");
    const int second = digits(2);
    if (hour > 23 || minute > 59 || second > 60) ok = false;  // 60: a leap second
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + Seconds(second);
  }
};

struct Parts {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  Seconds time{};
};

std::optional<Time> time_of(const Cursor& cursor, const Parts& parts) {
  using namespace std::chrono;
  if (!cursor.ok || !cursor.rest.empty()) return std::nullopt;
  const year_month_day date{year(parts.year), month(parts.month), day(static_cast<unsigned>(parts.day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + parts.time;
}

// "06 Nov 1994 08:49:37 GMT"
std::optional<Time> parse_fixdate(Cursor cursor) {
  Parts parts;
  parts.day = cursor.digits(2);
  cursor.literal(" ");
  parts.month = cursor.month();
  cursor.literal(" ");
  parts.year = cursor.digits(4);
  cursor.literal(" ");
  parts.time = cursor.time_of_day();
  cursor.literal(" GMT");
  return time_of(cursor, parts);
}

// "06-Nov-94 08:49:37 GMT"
std::optional<Time> parse_rfc850(Cursor cursor, Time now) {
  using namespace std::chrono;
  Parts parts;
  parts.day = cursor.digits(2);
  cursor.literal("-");
  parts.month = cursor.month();
  cursor.literal("-");
  const int two_digits = cursor.digits(2);
  cursor.literal(" ");
  parts.time = cursor.time_of_day();
  cursor.literal(" GMT");
  const int this_year = static_cast<int>(year_month_day(floor<days>(now)).year());
  parts.year = this_year - this_year % 100 + two_digits;
  if (parts.year > this_year + 50) parts.year -= 100;
  return time_of(cursor, parts);
}

// "Nov  6 08:49:37 1994"
std::optional<Time> parse_asctime(Cursor cursor) {
  Parts parts;
  parts.month = cursor.month();
  cursor.literal(" ");
  if (cursor.ok && cursor.rest.starts_with(' ')) {
    cursor.rest.remove_prefix(1);
    parts.day = cursor.digits(1);
  } else {
    parts.day = cursor.digits(2);
  }
  cursor.literal(" ");
  parts.time = cursor.time_of_day();
  cursor.literal(" ");
  parts.year = cursor.digits(4);
  return time_of(cursor, parts);
}

}  // namespace

std::optional<Time> parse_http_date(std::string_view text, Time now) {
  for (const std::string_view day : kDays) {
    if (text.size() < 4 || !http1::equal_ignoring_case(text.substr(0, 3), day.substr(0, 3))) continue;
    if (text.substr(3).starts_with(", ")) return parse_fixdate({text.substr(5)});
    if (text[3] == ' ') return parse_asctime({text.substr(4)});
    Cursor cursor{text};
    cursor.literal(day);
    cursor.literal(", ");
    return parse_rfc850(cursor, now);
  }
  return std::nullopt;
}

}  // namespace meridian::engines::cdn::rules
