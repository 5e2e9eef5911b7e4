#include "services/logs/tokens.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "gen/logs/errors.h"

namespace meridian::services::logs {
namespace {

constexpr char kPageTokens = 'p';
constexpr std::size_t kTimeDigits = 20, kSequenceDigits = 36;

aws::Failure invalid_token() {
  return gen::logs::errors::InvalidParameterException("The specified nextToken is invalid.");
}

template <typename Number>
bool read_digits(std::string_view text, Number& out) {
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc();
}

std::string digits(const store::LogPosition& at) {
  return fmt::format("{:0{}}{:0{}}", at.time_ms, kTimeDigits, at.sequence, kSequenceDigits);
}

}  // namespace

std::string page_token(std::string_view last) {
  return to_base64(as_bytes(std::string(1, kPageTokens).append(last)));
}

aws::Outcome<std::string> read_page_token(std::string_view token) {
  const auto text = from_base64(token);
  if (!text || !text->starts_with(kPageTokens)) return invalid_token();
  return text->substr(1);
}

std::string events_token(const EventsToken& token) {
  return fmt::format("{}/{}/s", token.forward ? 'f' : 'b', digits(token.at));
}

aws::Outcome<EventsToken> read_events_token(std::string_view token) {
  if (token.size() != kTimeDigits + kSequenceDigits + 4 || !token.ends_with("/s")) return invalid_token();
  EventsToken out;
  out.forward = token.starts_with("f/");
  if (!out.forward && !token.starts_with("b/")) return invalid_token();
  if (!read_digits(token.substr(2, kTimeDigits), out.at.time_ms) ||
      !read_digits(token.substr(2 + kTimeDigits, kSequenceDigits), out.at.sequence))
    return invalid_token();
  return out;
}

std::string event_id(const store::LogPosition& at) {
  return digits(at);
}

}  // namespace meridian::services::logs
