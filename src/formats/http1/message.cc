// HTTP/1.1 message heads, read strictly.
#include "formats/http1/message.h"

#include <array>
#include <cstring>

#include "base/eight_bytes.h"
#include "base/result.h"

namespace meridian::http1 {
namespace {

enum Class : std::uint8_t { kToken = 1, kTarget = 2, kValue = 4, kHost = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  auto mark = [&classes](std::string_view set, std::uint8_t as) {
    for (char c : set) classes[static_cast<std::uint8_t>(c)] |= as;
  };
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric) classes[c] |= kToken | kHost;
    // Browsers send characters that RFC 3986 would have encoded (| ^ { }); a fragment never belongs here.
    if (c > 0x20 && c < 0x7F && c != '#') classes[c] |= kTarget;
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) classes[c] |= kValue;
  }
  mark("!#$%&'*+-.^_`|~", kToken);
  mark("-._~%!$&'()*+,;=:[]", kHost);
  return classes;
}
constexpr auto kClasses = make_classes();

bool is(char c, Class wanted) {
  return kClasses[static_cast<std::uint8_t>(c)] & wanted;
}

bool all(std::string_view text, Class wanted) {
  for (char c : text)
    if (!is(c, wanted)) return false;
  return true;
}

std::unexpected<Refusal> refuse(int status, const char* reason) {
  return std::unexpected(Refusal{status, reason});
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The line before the next CRLF, and past it. HeadEnd has made sure that every LF follows a CR.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  return line;
}

// Calls `each` with every member of a comma-separated list.
template <typename Each>
void for_each_member(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    each(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

Scan<std::uint8_t> parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.')
    return refuse(400, "malformed version");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!digit(text[5]) || !digit(text[7])) return refuse(400, "malformed version");
  if (text[5] != '1') return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  return static_cast<std::uint8_t>(text[7] == '0' ? 0 : 1);
}

// Collects the fields whose meaning decides where the message ends.
class FramingReader {
 public:
  FramingReader(Framing& out, std::uint8_t minor_version) : out_(out), minor_version_(minor_version) {
    out_ = Framing{};
  }

  Scan<void> see(const Field& field) {
    switch (field.name.size()) {
      case 10:
        if (equal_ignoring_case(field.name, "connection")) connection(field.value);
        break;
      case 14:
        if (equal_ignoring_case(field.name, "content-length")) return content_length(field.value);
        break;
      case 17:
        if (equal_ignoring_case(field.name, "transfer-encoding")) return transfer_encoding(field.value);
        break;
      default:
        break;
    }
    return {};
  }

  Scan<void> finish() {
    if (out_.chunked && out_.content_length) return refuse(400, "both Content-Length and Transfer-Encoding");
    // RFC 9112 §6.1: a Transfer-Encoding in HTTP/1.0 means that some intermediary did not understand it.
    if (out_.chunked && minor_version_ == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    out_.keep_alive = !close_ && (minor_version_ == 1 || keep_);
    return {};
  }

 private:
  void connection(std::string_view value) {
    for_each_member(value, [this](std::string_view option) {
      if (equal_ignoring_case(option, "close")) close_ = true;
      if (equal_ignoring_case(option, "keep-alive")) keep_ = true;
    });
  }

  Scan<void> content_length(std::string_view value) {
    // 18 digits cannot overflow 64 bits; no sign, no list, no white space inside.
    if (value.empty() || value.size() > 18) return refuse(400, "malformed Content-Length");
    std::uint64_t length = 0;
    for (char c : value) {
      if (c < '0' || c > '9') return refuse(400, "malformed Content-Length");
      length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (out_.content_length && *out_.content_length != length)
      return refuse(400, "two different Content-Lengths");
    out_.content_length = length;
    return {};
  }

  Scan<void> transfer_encoding(std::string_view value) {
    if (out_.chunked) return refuse(400, "more than one Transfer-Encoding");
    if (equal_ignoring_case(value, "chunked")) {
      out_.chunked = true;
      return {};
    }
    bool mentions_chunked = false;
    for_each_member(value, [&](std::string_view coding) {
      mentions_chunked |= equal_ignoring_case(coding.substr(0, 7), "chunked");
    });
    if (mentions_chunked || value.empty()) return refuse(400, "malformed Transfer-Encoding");
    return refuse(501, "unknown transfer coding");
  }

  Framing& out_;
  std::uint8_t minor_version_;
  bool close_ = false, keep_ = false;
};

Scan<Field> parse_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "folded header field");
  std::size_t colon = 0;
  while (colon < line.size() && is(line[colon], kToken)) ++colon;
  // Also refuses white space before the colon, as RFC 9112 §5.1 demands.
  if (colon == 0 || colon == line.size() || line[colon] != ':')
    return refuse(400, "malformed header field name");
  const std::string_view value = line.substr(colon + 1);
  if (!all(value, kValue)) return refuse(400, "control character in a header field");
  return Field{line.substr(0, colon), trim(value)};
}

// The fields of a head, each shown to `see` as it is found.
template <typename See>
Scan<void> parse_fields(std::string_view rest, std::vector<Field>& fields, See see) {
  fields.clear();
  for (;;) {
    const std::string_view line = take_line(rest);
    if (line.empty()) return {};
    const Field field = TRY(parse_field(line));
    TRY(see(field));
    fields.push_back(field);
  }
}

void split_query(std::string_view target, RequestHead& out) {
  const std::size_t mark = target.find('?');
  out.has_query = mark != std::string_view::npos;
  out.path = target.substr(0, mark);
  out.query = out.has_query ? target.substr(mark + 1) : std::string_view();
}

bool is_target(std::string_view text) {
  using eight_bytes::below, eight_bytes::equal;
  const std::size_t plain = eight_bytes::plain_words(text, [](std::uint64_t word) {
    return word | below(word, 0x21) | equal(word, 0x7F) | equal(word, '#');
  });
  return all(text.substr(plain), kTarget);
}

// RFC 9112 §3.2: origin-form, absolute-form, or the asterisk of OPTIONS. CONNECT is for proxies.
Scan<void> parse_target(RequestHead& out) {
  if (out.target.empty() || !is_target(out.target)) return refuse(400, "malformed request target");
  if (out.method == "CONNECT") return refuse(501, "CONNECT is not served here");
  if (out.target.front() == '/') {
    split_query(out.target, out);
    return {};
  }
  if (out.target == "*" && out.method == "OPTIONS") {
    split_query(out.target, out);
    return {};
  }
  const std::size_t scheme = out.target.find("://");
  if (scheme == std::string_view::npos) return refuse(400, "malformed request target");
  const std::string_view name = out.target.substr(0, scheme);
  if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https"))
    return refuse(400, "malformed request target");
  const std::string_view rest = out.target.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?");
  // RFC 9112 §3.2.2: the authority of the target replaces the Host field, wherever that goes.
  out.host = rest.substr(0, end);
  if (out.host.empty() || !all(out.host, kHost)) return refuse(400, "malformed request target");
  for (Field& field : out.fields)
    if (equal_ignoring_case(field.name, "host")) field.value = out.host;
  split_query(end == std::string_view::npos ? std::string_view() : rest.substr(end), out);
  if (out.path.empty()) out.path = "/";
  return {};
}

Scan<void> parse_request_line(std::string_view line, RequestHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400, "malformed request line");
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  if (!is_token(out.method)) return refuse(400, "malformed method");
  out.minor_version = TRY(parse_version(line.substr(last + 1)));
  return {};
}

}  // namespace

Scan<std::size_t> HeadEnd::find(std::string_view bytes) {
  while (seen_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
    if (found == nullptr) {
      seen_ = bytes.size();
      break;
    }
    const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    // A bare LF is where readers differ; every real client sends CRLF.
    if (at == line_start_ || bytes[at - 1] != '\r') return refuse(400, "line without CR LF");
    const std::size_t size = at - 1 - line_start_;
    line_start_ = seen_ = at + 1;
    if (size > limits_.line_bytes_max) return refuse(lines_ == 0 ? 414 : 431, "line too long");
    if (line_start_ > limits_.head_bytes_max) return refuse(431, "head too large");
    if (size == 0 && lines_ > 0) return line_start_;
    if (size == 0 && line_start_ > 4) return refuse(400, "empty lines before the request");
    if (size > 0 && ++lines_ > limits_.fields_max + 1) return refuse(431, "too many header fields");
  }
  if (bytes.size() - line_start_ > limits_.line_bytes_max + 1)
    return refuse(lines_ == 0 ? 414 : 431, "line too long");
  if (bytes.size() > limits_.head_bytes_max) return refuse(431, "head too large");
  return 0;
}

Scan<void> parse_request(std::string_view head, RequestHead& out) {
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  out.host = {};
  out.expect_continue = false;
  TRY(parse_request_line(take_line(head), out));
  FramingReader framing(out.framing, out.minor_version);
  std::size_t hosts = 0;
  auto see = [&](const Field& field) -> Scan<void> {
    if (field.name.size() == 4 && equal_ignoring_case(field.name, "host")) {
      if (++hosts > 1) return refuse(400, "more than one Host");
      if (!all(field.value, kHost)) return refuse(400, "malformed Host");
      out.host = field.value;
    } else if (field.name.size() == 6 && equal_ignoring_case(field.name, "expect")) {
      if (!equal_ignoring_case(field.value, "100-continue")) return refuse(417, "unknown expectation");
      out.expect_continue = out.minor_version == 1;  // RFC 9110 §10.1.1: ignored from HTTP/1.0
    }
    return framing.see(field);
  };
  TRY(parse_fields(head, out.fields, see));
  TRY(framing.finish());
  if (hosts == 0 && out.minor_version == 1) return refuse(400, "no Host");
  return parse_target(out);
}

Scan<void> parse_response(std::string_view head, ResponseHead& out) {
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  const std::string_view line = take_line(head);
  out.minor_version = TRY(parse_version(line.substr(0, 8)));
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return refuse(400, "malformed status line");
  out.status = 0;
  for (char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return refuse(400, "malformed status");
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || out.status > 599) return refuse(400, "malformed status");
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  if (!all(out.reason, kValue)) return refuse(400, "control character in the reason");
  FramingReader framing(out.framing, out.minor_version);
  TRY(parse_fields(head, out.fields, [&](const Field& field) { return framing.see(field); }));
  return framing.finish();
}

BodyEnd response_body(const ResponseHead& head, std::string_view method) {
  if (method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) return BodyEnd::None;
  if (head.framing.chunked) return BodyEnd::Chunked;
  if (head.framing.content_length) return BodyEnd::Length;
  return BodyEnd::Close;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool is_token(std::string_view text) {
  return !text.empty() && all(text, kToken);
}

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields)
    if (equal_ignoring_case(field.name, name)) return &field;
  return nullptr;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";  // RFC 9112 §4: the phrase may be empty
  }
}

}  // namespace meridian::http1
