#include "services/route53/validate.h"

#include <fmt/format.h>

#include <charconv>

namespace meridian::services::route53 {
namespace {

bool is_printable(char c) {
  return c > ' ' && c < '\x7f';
}

// How many bytes one piece of a name takes in the text: an escape, or the character itself. Zero: a bad
// escape.
std::size_t piece_size(std::string_view text) {
  if (text[0] != '\\') return 1;
  std::size_t position = 0;
  return dns::take_escape(text, position, dns::Escapes::Octal) ? position : 0;
}

// The character that begins the text: UTF-8, or the byte that cannot begin one.
std::string_view first_character(std::string_view text) {
  std::size_t size = 1;
  if ((text[0] & 0xc0) == 0xc0)
    while (size < text.size() && (text[size] & 0xc0) == 0x80) ++size;
  return text.substr(0, size);
}

}  // namespace

std::string fatal_problem(std::string_view code, std::string_view description, std::string_view value) {
  return fmt::format("FATAL problem: {} ({}) encountered with '{}'", code, description, value);
}

Checked<dns::Name> parse_domain_name(std::string_view text) {
  auto refuse = [](std::string_view code, std::string_view description, std::string_view value) {
    return std::unexpected(fatal_problem(code, description, value));
  };
  if (text.empty()) return refuse("DomainNameEmpty", "Domain name is empty", text);
  std::size_t label_begin = 0, label_bytes = 0;
  for (std::size_t at = 0; at < text.size() && text != ".";) {
    if (text[at] == '.') {
      if (label_bytes == 0) return refuse("DomainLabelEmpty", "Domain label is empty", text);
      label_begin = ++at;
      label_bytes = 0;
      continue;
    }
    std::size_t size = piece_size(text.substr(at));
    if (size == 0 || !is_printable(text[at]))
      return refuse("UnsupportedCharacter", "Value contains unsupported characters",
                    first_character(text.substr(at)));
    at += size;
    if (++label_bytes > dns::kLabelSizeMax) {
      std::size_t end = text.find('.', label_begin);
      return refuse("DomainLabelTooLong", "Domain label is too long",
                    text.substr(label_begin, end == std::string_view::npos ? end : end - label_begin));
    }
  }
  auto name = dns::Name::parse(text, dns::Name(), dns::Escapes::Octal);
  if (!name) return refuse("DomainNameTooLong", "Domain name is too long", text);
  return name->lower();
}

Checked<dns::Name> parse_zone_name(std::string_view text) {
  auto name = parse_domain_name(text);
  if (!name) return name;
  if (name->label_count() < 2) return std::unexpected(fmt::format("{} is reserved by AWS!", text));
  if (name->is_wildcard()) return std::unexpected(fmt::format("{} is not a valid domain name.", text));
  return name;
}

std::string_view bare_id(std::string_view id) {
  std::size_t slash = id.rfind('/');
  return slash == std::string_view::npos ? id : id.substr(slash + 1);
}

bool is_record_type(dns::Type type) {
  using enum dns::Type;
  switch (type) {
    case SOA:
    case A:
    case TXT:
    case NS:
    case CNAME:
    case MX:
    case NAPTR:
    case PTR:
    case SRV:
    case SPF:
    case AAAA:
    case CAA:
    case DS:
    case TLSA:
    case SSHFP:
    case SVCB:
    case HTTPS:
      return true;
    default:
      return false;
  }
}

Checked<std::size_t> parse_max_items(const std::optional<std::string>& text, std::size_t most,
                                     std::string_view member) {
  if (!text) return most;
  std::size_t value = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  bool whole = end == text->data() + text->size();
  if (whole && error == std::errc::result_out_of_range) return most;
  if (!whole || error != std::errc() || value == 0)
    return std::unexpected(fmt::format("{} '{}' is not a number greater than 0.", member, *text));
  return std::min(value, most);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace meridian::services::route53
