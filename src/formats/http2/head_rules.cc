#include "formats/http2/head_rules.h"

#include <array>
#include <charconv>

namespace meridian::http2 {
namespace {

enum Class : std::uint8_t { Token = 1, Name = 2, Value = 4, Target = 8, Host = 16 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> made{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    const bool letter = upper || lower || digit;
    if (letter || (c < 0x80 && c != 0 &&
                   std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos))
      made[c] |= Token | (upper ? 0 : Name);
    if (c >= 0x20 ? c != 0x7F : c == '\t') made[c] |= Value;
    if (c > 0x20 && c != 0x7F && c != '#') made[c] |= Target;
    if (letter ||
        (c < 0x80 && c != 0 &&
         std::string_view("-._~!$&'()*+,;=:[]%").find(static_cast<char>(c)) != std::string_view::npos))
      made[c] |= Host;
  }
  return made;
}

constexpr auto kClasses = make_classes();

bool all(std::string_view text, Class of) {
  unsigned common = of;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// RFC 9113 §8.2.2.
bool speaks_of_connection(std::string_view name) {
  switch (name.size()) {
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    default:
      return false;
  }
}

}  // namespace

void HeadCheck::begin(Section section) {
  section_ = section;
  good_ = true;
  plain_came_ = connect_ = options_ = star_ = host_came_ = false;
  seen_ = 0;
  status_ = 0;
  content_length_.reset();
  authority_.clear();
  host_.clear();
}

bool HeadCheck::is_well_formed(std::string_view name, std::string_view value) {
  if (name.empty()) return false;
  if (name == ":method") return !value.empty() && all(value, Token);
  if (name == ":path") return (value.starts_with('/') || value == "*") && all(value, Target);
  if (name == ":authority") return all(value, Host);
  if (name.front() == ':') return true;  // as few as they are, they are compared
  if (!all(name, Name) || !all(value, Value)) return false;
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) return false;
  return true;
}

bool HeadCheck::field(std::string_view name, std::string_view value, bool judged) {
  good_ = good_ && (judged || is_well_formed(name, value)) &&
          (name.front() == ':' ? pseudo_field(name, value) : plain_field(name, value));
  return good_;
}

bool HeadCheck::first(Pseudo which) {
  if (seen_ & which) return false;
  seen_ |= which;
  return true;
}

// RFC 9113 §8.3: each at most once, and before the others.
bool HeadCheck::pseudo_field(std::string_view name, std::string_view value) {
  if (plain_came_ || section_ == Section::Trailers) return false;
  if (section_ == Section::Response) {
    if (name != ":status" || !first(Status) || value.size() != 3) return false;
    const auto [end, error] = std::from_chars(value.data(), value.data() + 3, status_);
    // RFC 9113 §8.6: there is no 101.
    return error == std::errc() && end == value.data() + 3 && status_ >= 100 && status_ <= 599 &&
           status_ != 101;
  }
  if (name == ":method") {
    connect_ = value == "CONNECT";
    options_ = value == "OPTIONS";
    return first(Method);
  }
  if (name == ":scheme") return first(Scheme) && (value == "https" || value == "http");
  if (name == ":path") {
    star_ = value == "*";
    return first(Path);
  }
  if (name == ":authority") {
    authority_ = value;
    return first(Authority);
  }
  return false;
}

bool HeadCheck::plain_field(std::string_view name, std::string_view value) {
  plain_came_ = true;
  if (speaks_of_connection(name)) return false;
  if (name == "te") return value == "trailers";
  if (name == "content-length") {
    std::uint64_t length = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, length);
    if (value.empty() || error != std::errc() || end != last) return false;
    if (content_length_ && *content_length_ != length) return false;
    content_length_ = length;
  }
  if (name == "host" && section_ == Section::Request) {
    if (host_came_ || !all(value, Host)) return false;
    host_came_ = true;
    host_ = value;
  }
  return true;
}

bool HeadCheck::end() {
  if (!good_ || section_ == Section::Trailers) return good_;
  if (section_ == Section::Response) return seen_ == Status;
  // RFC 9113 §8.3.1: who names two hosts is up to something.
  if (host_came_ && (seen_ & Authority) && host_ != authority_) return false;
  if (connect_) return seen_ == (Method | Authority);
  if (star_ && !options_) return false;
  return (seen_ & (Method | Scheme | Path)) == (Method | Scheme | Path);
}

}  // namespace meridian::http2
