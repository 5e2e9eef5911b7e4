#include "services/route53/record_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "base/bytes.h"
#include "formats/dns/rdata.h"

namespace meridian::services::route53 {
namespace {

constexpr std::size_t kCharacterStringMax = 255;  // bytes, RFC 1035 §3.3

// A field of a value as it is written: quotes and escapes still in place.
struct Field {
  std::string_view text;
  bool quoted = false;
};

// Everything one check needs, and the one way to refuse.
class Value {
 public:
  Value(dns::Type type, std::string_view text) : type_(type), name_(dns::to_string(type)), text_(text) {}

  std::unexpected<std::string> refuse(std::string_view code, std::string_view description) const {
    return std::unexpected(fatal_problem(code, description, text_));
  }
  // Problems that AWS names after the type: "MXRRDATANotTwoFields".
  std::unexpected<std::string> refuse_rdata(std::string_view code, std::string_view description) const {
    return refuse(fmt::format("{}RRDATA{}", name_, code), description);
  }
  std::unexpected<std::string> refuse_unquoted(std::string_view field) const {
    return std::unexpected(
        fatal_problem("InvalidCharacterString", "Value should be enclosed in quotation marks", field));
  }

  dns::Type type() const { return type_; }
  const std::string& type_name() const { return name_; }
  std::string_view text() const { return text_; }
  const std::vector<Field>& fields() const { return fields_; }

  Checked<void> split();
  Checked<void> expect_fields(std::size_t count) const;
  Checked<void> expect_number(std::size_t field, std::uint64_t most, std::string_view what) const;
  Checked<void> expect_string(std::size_t field) const;
  Checked<std::string> wire() const;

 private:
  dns::Type type_;
  std::string name_;
  std::string_view text_;
  std::vector<Field> fields_;
};

Checked<void> Value::split() {
  for (std::size_t at = 0; at < text_.size();) {
    if (text_[at] == ' ' || text_[at] == '\t') {
      ++at;
      continue;
    }
    std::size_t begin = at;
    bool quoted = text_[at] == '"';
    if (quoted) ++at;
    for (; at < text_.size(); ++at) {
      char c = text_[at];
      if (c == '\\') {
        ++at;  // The character after it ends nothing.
      } else if (quoted ? c == '"' : c == ' ' || c == '\t') {
        break;
      }
    }
    at = std::min(at, text_.size());
    if (quoted) {
      if (at >= text_.size()) return refuse_unquoted(text_);
      ++at;
    }
    fields_.push_back({text_.substr(begin, at - begin), quoted});
  }
  return {};
}

Checked<void> Value::expect_fields(std::size_t count) const {
  static constexpr std::string_view kWords[] = {"Zero", "Single", "Two", "Three",
                                                "Four", "Five",   "Six", "Seven"};
  // An empty value is for the parser of the one field to name.
  if (fields_.size() == count || (count == 1 && fields_.empty())) return {};
  if (count == 1) return refuse_rdata("NotSingleField", "Value contains spaces");
  return refuse_rdata(fmt::format("Not{}Fields", kWords[count]),
                      fmt::format("{} record doesn't have {} fields", name_, count));
}

Checked<void> Value::expect_number(std::size_t field, std::uint64_t most, std::string_view what) const {
  std::string_view text = fields_[field].text;
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value <= most) return {};
  return refuse_rdata(fmt::format("Illegal{}", what),
                      fmt::format("{} should be a number between 0 and {}", what, most));
}

Checked<void> Value::expect_string(std::size_t field) const {
  const Field& string = fields_[field];
  if (!string.quoted) return refuse_unquoted(string.text);
  std::string_view inside = string.text.substr(1, string.text.size() - 2);
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < inside.size(); ++bytes) {
    if (inside[at] != '\\') {
      ++at;
    } else if (!dns::take_escape(inside, at, dns::Escapes::Octal)) {
      return refuse("InvalidEscape", "Value contains an escape that is not three octal digits");
    }
  }
  if (bytes > kCharacterStringMax) return refuse("CharacterStringTooLong", "Value is too long");
  return {};
}

Checked<std::string> Value::wire() const {
  auto rdata = dns::parse_rdata(type_, text_, dns::Name(), dns::Escapes::Octal);
  if (!rdata) return refuse_rdata("Illegal", rdata.error().message);
  return *std::move(rdata);
}

Checked<std::string> address(Value& value, std::string_view version) {
  TRY(value.expect_fields(1));
  auto rdata = value.wire();
  if (rdata) return rdata;
  return value.refuse_rdata(fmt::format("IllegalIP{}Address", version),
                            fmt::format("Value is not a valid IP{} address", version));
}

Checked<std::string> one_name(Value& value) {
  TRY(value.expect_fields(1));
  TRY(parse_domain_name(value.text()));
  return value.wire();
}

Checked<std::string> mx(Value& value) {
  TRY(value.expect_fields(2));
  TRY(value.expect_number(0, 65535, "Priority"));
  TRY(parse_domain_name(value.fields()[1].text));
  return value.wire();
}

Checked<std::string> srv(Value& value) {
  TRY(value.expect_fields(4));
  TRY(value.expect_number(0, 65535, "Priority"));
  TRY(value.expect_number(1, 65535, "Weight"));
  TRY(value.expect_number(2, 65535, "Port"));
  TRY(parse_domain_name(value.fields()[3].text));
  return value.wire();
}

Checked<std::string> soa(Value& value) {
  TRY(value.expect_fields(7));
  TRY(parse_domain_name(value.fields()[0].text));
  TRY(parse_domain_name(value.fields()[1].text));
  static constexpr std::string_view kNumbers[] = {"Serial", "Refresh", "Retry", "Expire", "Minimum"};
  for (std::size_t i = 0; i < 5; ++i) TRY(value.expect_number(2 + i, 0xffffffff, kNumbers[i]));
  return value.wire();
}

Checked<std::string> strings(Value& value) {
  if (value.fields().empty()) return value.refuse_unquoted(value.text());
  for (std::size_t i = 0; i < value.fields().size(); ++i) TRY(value.expect_string(i));
  return value.wire();
}

Checked<std::string> caa(Value& value) {
  TRY(value.expect_fields(3));
  TRY(value.expect_number(0, 255, "Flags"));
  std::string_view tag = value.fields()[1].text;
  bool good_tag = std::ranges::all_of(
      tag, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!good_tag) return value.refuse_rdata("IllegalTag", "Tag should contain only letters and digits");
  TRY(value.expect_string(2));
  return value.wire();
}

Checked<std::string> naptr(Value& value) {
  TRY(value.expect_fields(6));
  TRY(value.expect_number(0, 65535, "Order"));
  TRY(value.expect_number(1, 65535, "Preference"));
  for (std::size_t field : {2, 3, 4}) TRY(value.expect_string(field));
  TRY(parse_domain_name(value.fields()[5].text));
  return value.wire();
}

// DS, TLSA: three numbers and a hexadecimal string; SSHFP: two and one.
Checked<std::string> digest(Value& value,
                            std::initializer_list<std::pair<std::string_view, std::uint64_t>> numbers) {
  TRY(value.expect_fields(numbers.size() + 1));
  std::size_t field = 0;
  for (auto [what, most] : numbers) TRY(value.expect_number(field++, most, what));
  std::string_view hex = value.fields()[field].text;
  if (hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return value.refuse_rdata("IllegalHexadecimal", "Value is not an even number of hexadecimal digits");
  return value.wire();
}

Checked<std::string> service_binding(Value& value) {
  if (value.fields().size() < 2)
    return value.refuse_rdata("NotTwoFields",
                              fmt::format("{} record doesn't have 2 fields", value.type_name()));
  TRY(value.expect_number(0, 65535, "Priority"));
  TRY(parse_domain_name(value.fields()[1].text));
  return value.wire();
}

Checked<std::string> rdata_of(Value& value) {
  using enum dns::Type;
  TRY(value.split());
  switch (value.type()) {
    case A:
      return address(value, "v4");
    case AAAA:
      return address(value, "v6");
    case CNAME:
    case NS:
    case PTR:
      return one_name(value);
    case MX:
      return mx(value);
    case SRV:
      return srv(value);
    case SOA:
      return soa(value);
    case TXT:
    case SPF:
      return strings(value);
    case CAA:
      return caa(value);
    case NAPTR:
      return naptr(value);
    case DS:
      return digest(value, {{"KeyTag", 65535}, {"Algorithm", 255}, {"DigestType", 255}});
    case TLSA:
      return digest(value, {{"CertificateUsage", 255}, {"Selector", 255}, {"MatchingType", 255}});
    case SSHFP:
      return digest(value, {{"Algorithm", 255}, {"FingerprintType", 255}});
    case SVCB:
    case HTTPS:
      return service_binding(value);
    default:
      return value.refuse_rdata("Unsupported", "Record type is not supported");
  }
}

}  // namespace

Checked<ResourceRecord> parse_record_value(dns::Type type, std::string_view text) {
  Value value(type, trim(text));
  std::string rdata = TRY(rdata_of(value));
  return ResourceRecord{std::string(value.text()), std::move(rdata)};
}

}  // namespace meridian::services::route53
