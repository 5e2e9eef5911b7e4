// Numbers, booleans, timestamps, blobs and percent-encoding. Rule: reading is strict: the whole text is the
// value.
#include "aws/protocols/scalar_text.h"

#include <charconv>
#include <cmath>

#include "base/bytes.h"

namespace meridian::aws {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr std::string_view kWeekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// What nanoseconds in 64 bits can hold: years 1678 to 2261.
constexpr int kYearMin = 1678, kYearMax = 2261;
constexpr double kSecondsMax = 9.2e9;

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T>
std::string number_text(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  }
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

template <typename T>
std::optional<T> real(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<T>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<T>::infinity();
  auto value = number<T>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

// Reads fixed pieces of a date from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  bool digits(std::size_t count, int& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  // After a dot: any number of digits, those beyond nanoseconds dropped.
  bool fraction(std::int64_t& nanos) {
    nanos = 0;
    if (!literal(".")) return true;
    std::int64_t unit = 100'000'000;
    std::size_t count = 0;
    while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
      nanos += (text_[count++] - '0') * unit;
      unit /= 10;
    }
    text_.remove_prefix(count);
    return count > 0;
  }
  template <std::size_t N>
  bool one_of(const std::string_view (&words)[N], int& index) {
    for (index = 0; index < static_cast<int>(N); ++index)
      if (literal(words[index])) return true;
    return false;
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t nanos = 0;
  int offset_minutes = 0;
};

std::optional<SystemTime> join(const Parts& parts) {
  std::chrono::year_month_day date{std::chrono::year(parts.year), std::chrono::month(parts.month),
                                   std::chrono::day(parts.day)};
  if (!date.ok() || parts.year < kYearMin || parts.year > kYearMax) return std::nullopt;
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  return SystemTime(sys_days(date).time_since_epoch() + hours(parts.hour) +
                    minutes(parts.minute - parts.offset_minutes) + seconds(parts.second) +
                    nanoseconds(parts.nanos));
}

std::optional<SystemTime> from_iso8601(std::string_view text) {
  Cursor cursor(text);
  Parts parts;
  if (!cursor.digits(4, parts.year) || !cursor.literal("-") || !cursor.digits(2, parts.month) ||
      !cursor.literal("-") || !cursor.digits(2, parts.day))
    return std::nullopt;
  if (cursor.at_end()) return join(parts);
  if (!cursor.literal("T") && !cursor.literal("t")) return std::nullopt;
  if (!cursor.digits(2, parts.hour) || !cursor.literal(":") || !cursor.digits(2, parts.minute) ||
      !cursor.literal(":") || !cursor.digits(2, parts.second) || !cursor.fraction(parts.nanos))
    return std::nullopt;
  if (!cursor.literal("Z") && !cursor.literal("z")) {
    int sign = cursor.literal("+") ? 1 : cursor.literal("-") ? -1 : 0;
    int offset_hours = 0, offset_minutes = 0;
    if (sign == 0 || !cursor.digits(2, offset_hours)) return std::nullopt;
    cursor.literal(":");
    if (!cursor.digits(2, offset_minutes)) return std::nullopt;
    parts.offset_minutes = sign * (offset_hours * 60 + offset_minutes);
  }
  return cursor.at_end() ? join(parts) : std::nullopt;
}

// IMF-fixdate of RFC 9110 §5.6.7, with the fraction that Smithy allows.
std::optional<SystemTime> from_rfc822(std::string_view text) {
  Cursor cursor(text);
  Parts parts;
  int weekday = 0, month = 0;
  if (!cursor.one_of(kWeekdays, weekday) || !cursor.literal(", ") || !cursor.digits(2, parts.day) ||
      !cursor.literal(" ") || !cursor.one_of(kMonths, month) || !cursor.literal(" ") ||
      !cursor.digits(4, parts.year) || !cursor.literal(" ") || !cursor.digits(2, parts.hour) ||
      !cursor.literal(":") || !cursor.digits(2, parts.minute) || !cursor.literal(":") ||
      !cursor.digits(2, parts.second) || !cursor.fraction(parts.nanos) || !cursor.literal(" GMT") ||
      !cursor.at_end())
    return std::nullopt;
  parts.month = month + 1;
  return join(parts);
}

void append_two(std::string& out, std::int64_t value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

std::string to_rfc822(SystemTime time) {
  auto day = std::chrono::floor<days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(time - day));
  std::string text;
  text.reserve(32);
  text += kWeekdays[std::chrono::weekday(day).c_encoding()];
  text += ", ";
  append_two(text, static_cast<unsigned>(date.day()));
  text += ' ';
  text += kMonths[static_cast<unsigned>(date.month()) - 1];
  text += ' ';
  text += number_text(static_cast<int>(date.year()));
  text += ' ';
  append_two(text, clock.hours().count());
  text += ':';
  append_two(text, clock.minutes().count());
  text += ':';
  append_two(text, clock.seconds().count());
  return text += " GMT";
}

std::string to_unix(SystemTime time) {
  auto millis = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  if (millis % 1000 == 0) return std::to_string(millis / 1000);
  return number_text(static_cast<double>(millis) / 1000);
}

template <typename T>
bool assign(void* value, std::optional<T> read) {
  if (!read) return false;
  *static_cast<T*>(value) = std::move(*read);
  return true;
}

template <typename T>
const T& at(const void* value) {
  return *static_cast<const T*>(value);
}

}  // namespace

std::string timestamp_to_text(SystemTime time, TimestampFormat format) {
  switch (format) {
    case TimestampFormat::Rfc822:
      return to_rfc822(time);
    case TimestampFormat::Unix:
      return to_unix(time);
    case TimestampFormat::Default:
    case TimestampFormat::Iso8601:
      break;
  }
  bool whole = time == std::chrono::floor<seconds>(time);
  return whole ? format_iso8601(time) : format_iso8601_millis(time);
}

std::optional<SystemTime> timestamp_from_text(std::string_view text) {
  if (auto time = from_iso8601(text)) return time;
  if (auto time = from_rfc822(text)) return time;
  if (auto whole = number<std::int64_t>(text)) return timestamp_from_seconds(static_cast<double>(*whole));
  if (auto value = real<double>(text)) return timestamp_from_seconds(*value);
  return std::nullopt;
}

std::optional<SystemTime> timestamp_from_seconds(double value) {
  if (!(std::abs(value) <= kSecondsMax)) return std::nullopt;
  double whole = std::floor(value);
  // Beyond milliseconds a double of today's seconds is noise.
  auto millis = static_cast<std::int64_t>(std::llround((value - whole) * 1000));
  return SystemTime(seconds(static_cast<std::int64_t>(whole)) + std::chrono::milliseconds(millis));
}

double timestamp_to_seconds(SystemTime time) {
  auto millis = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  return static_cast<double>(millis) / 1000;
}

std::string scalar_to_text(const Shape& shape, const void* value, TimestampFormat format) {
  switch (shape.kind) {
    case Kind::Boolean:
      return at<bool>(value) ? "true" : "false";
    case Kind::Integer:
      return number_text(at<std::int32_t>(value));
    case Kind::Long:
      return number_text(at<std::int64_t>(value));
    case Kind::Float:
      return number_text(at<float>(value));
    case Kind::Double:
      return number_text(at<double>(value));
    case Kind::String:
      return at<std::string>(value);
    case Kind::Blob:
      return to_base64(as_bytes(at<std::string>(value)));
    case Kind::Timestamp:
      return timestamp_to_text(at<SystemTime>(value), format);
    case Kind::Structure:
    case Kind::List:
    case Kind::Map:
      break;
  }
  return {};
}

bool scalar_from_text(const Shape& shape, std::string_view text, void* value) {
  switch (shape.kind) {
    case Kind::Boolean:
      if (text != "true" && text != "false") return false;
      *static_cast<bool*>(value) = text == "true";
      return true;
    case Kind::Integer:
      return assign(value, number<std::int32_t>(text));
    case Kind::Long:
      return assign(value, number<std::int64_t>(text));
    case Kind::Float:
      return assign(value, real<float>(text));
    case Kind::Double:
      return assign(value, real<double>(text));
    case Kind::String:
      static_cast<std::string*>(value)->assign(text);
      return true;
    case Kind::Blob:
      return assign(value, from_base64(text));
    case Kind::Timestamp:
      return assign(value, timestamp_from_text(text));
    case Kind::Structure:
    case Kind::List:
    case Kind::Map:
      break;
  }
  return false;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      return "boolean";
    case Kind::Integer:
      return "integer";
    case Kind::Long:
      return "long";
    case Kind::Float:
      return "float";
    case Kind::Double:
      return "double";
    case Kind::String:
      return "string";
    case Kind::Blob:
      return "base64Binary";
    case Kind::Timestamp:
      return "dateTime";
    case Kind::Structure:
      return "structure";
    case Kind::List:
      return "list";
    case Kind::Map:
      return "map";
  }
  return "";
}

}  // namespace meridian::aws
