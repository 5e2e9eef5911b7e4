// Presentation form to RDATA. Rule: whatever a field's parser lets through, check_rdata() sees before the
// caller does.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/bytes.h"
#include "formats/dns/base32.h"
#include "formats/dns/fields.h"
#include "formats/dns/rdata.h"
#include "formats/dns/rdata_layout.h"
#include "formats/dns/svc_params.h"
#include "net/address.h"

namespace meridian::dns {
namespace {

// What a refusal quotes of the text it refuses.
constexpr std::size_t kQuotedMax = 64;
std::string quote(std::string_view text) {
  return "'" + std::string(text.substr(0, kQuotedMax)) + "'";
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_timestamp(std::string_view text) {
  if (text.size() != 14)  // RFC 4034 §3.2: seconds since 1970 are fine as well
    return parse_number(text, 0xffffffff);
  if (!parse_number(text, UINT64_MAX)) return std::nullopt;
  auto part = [text](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(*parse_number(text.substr(at, size), 9999));
  };
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                   std::chrono::month(part(4, 2)), std::chrono::day(part(6, 2))};
  unsigned hour = part(8, 2), minute = part(10, 2), second = part(12, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                         static_cast<std::int64_t>(hour * 3600 + minute * 60 + second);
  if (seconds < 0 || seconds > 0xffffffff) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

// One parse: consumes fields from the left, appends wire form.
class RdataParser {
 public:
  RdataParser(Type type, std::span<const RawField> fields, const Name& origin, Escapes escapes,
              std::string& out)
      : type_(type), fields_(fields), origin_(origin), escapes_(escapes), out_(out) {}

  Result<void> known() {
    for (const FieldSpec& spec : layout_of(type_)) {
      spec_ = &spec;
      TRY(field(spec.kind));
    }
    if (!fields_.empty())
      return invalid(to_string(type_) + " has too many fields: " + quote(fields_[0].text));
    return {};
  }

  // RFC 3597 §5, behind "\#".
  Result<void> generic() {
    auto size = fields_.empty() ? std::nullopt : parse_number(fields_[0].text, kRdataSizeMax);
    if (!size) return invalid("the length behind \\# is not a number between 0 and 65535");
    fields_ = fields_.subspan(1);
    auto bytes = from_hex(rest());
    if (!bytes) return invalid("the bytes behind \\# are not hexadecimal");
    if (bytes->size() != *size)
      return invalid("\\# announces " + std::to_string(*size) + " bytes and has " +
                     std::to_string(bytes->size()));
    out_ += *bytes;
    return {};
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return invalid(to_string(type_) + " " + std::string(spec_->name) + " " + std::string(what));
  }
  std::unexpected<Error> wrong(std::string_view text, std::string_view what) const {
    return wrong(quote(text) + " " + std::string(what));
  }

  Result<RawField> take() {
    if (fields_.empty()) return wrong("is missing");
    RawField field = fields_[0];
    fields_ = fields_.subspan(1);
    return field;
  }
  // Hexadecimal and base64 at the end of RDATA may be cut by blanks.
  std::string rest() {
    std::string text;
    for (const RawField& field : fields_) text += field.text;
    fields_ = {};
    return text;
  }

  Result<void> field(FieldKind kind) {
    switch (kind) {
      case FieldKind::U8:
        return number(0xff);
      case FieldKind::U16:
        return number(0xffff);
      case FieldKind::U32:
        return number(0xffffffff);
      case FieldKind::Duration:
        return duration();
      case FieldKind::Timestamp:
        return timestamp();
      case FieldKind::TypeCode:
        return type_code();
      case FieldKind::Ip4:
        return address(true);
      case FieldKind::Ip6:
        return address(false);
      case FieldKind::Name:
        return name();
      case FieldKind::String:
        return string();
      case FieldKind::Strings:
        do TRY(string());
        while (!fields_.empty());
        return {};
      case FieldKind::CaaTag:
        return tag();
      case FieldKind::CaaValue:
        return value();
      case FieldKind::Hex:
        return digits(from_hex(rest()), "is not hexadecimal");
      case FieldKind::Base64:
        return digits(from_base64(rest()), "is not base64");
      case FieldKind::Salt:
        return salt();
      case FieldKind::NextHash:
        return next_hash();
      case FieldKind::TypeBitmap:
        return bitmap();
      case FieldKind::SvcParams:
        return params();
    }
    return wrong("is of an unknown kind");
  }

  Result<void> number(std::uint32_t max) {
    std::string_view text = TRY(take()).text;
    auto value = parse_number(text, max);
    if (!value) return wrong(text, "is not a number between 0 and " + std::to_string(max));
    if (max > 0xffff)
      append_u32(out_, static_cast<std::uint32_t>(*value));
    else if (max > 0xff)
      append_u16(out_, static_cast<std::uint16_t>(*value));
    else
      append_u8(out_, static_cast<std::uint8_t>(*value));
    return {};
  }

  Result<void> duration() {
    std::string_view text = TRY(take()).text;
    auto seconds = parse_duration(text);
    if (!seconds) return wrong(text, "is not a number of seconds between 0 and 4294967295");
    append_u32(out_, *seconds);
    return {};
  }

  Result<void> timestamp() {
    std::string_view text = TRY(take()).text;
    auto seconds = parse_timestamp(text);
    if (!seconds) return wrong(text, "is not a time as YYYYMMDDHHmmSS");
    append_u32(out_, *seconds);
    return {};
  }

  Result<void> type_code() {
    std::string_view text = TRY(take()).text;
    auto type = parse_type(text);
    if (!type) return wrong(text, "is not a type");
    append_u16(out_, static_cast<std::uint16_t>(*type));
    return {};
  }

  Result<void> address(bool v4) {
    std::string_view text = TRY(take()).text;
    auto address = net::IpAddress::parse(text);
    if (!address || address->is_v4() != v4)
      return wrong(text, v4 ? "is not an IPv4 address" : "is not an IPv6 address");
    out_ += address->bytes();
    return {};
  }

  Result<void> name() {
    RawField field = TRY(take());
    if (field.quoted) return wrong(field.text, "is quoted, but is a name");
    if (field.text == "@" && escapes_ == Escapes::Decimal) {
      out_ += origin_.wire();
      return {};
    }
    auto name = Name::parse(field.text, origin_, escapes_);
    if (!name) return wrong(field.text, "is not a name: " + name.error().message);
    out_ += name->wire();
    return {};
  }

  Result<void> string() {
    RawField field = TRY(take());
    std::size_t length = out_.size();
    out_.push_back(0);
    TRY(text(field));
    std::size_t size = out_.size() - length - 1;
    if (size > 255) return wrong("is longer than 255 bytes");
    out_[length] = static_cast<char>(size);
    return {};
  }

  Result<void> tag() {
    std::string_view text = TRY(take()).text;
    if (text.size() > 255) return wrong("is longer than 255 bytes");
    append_u8(out_, static_cast<std::uint8_t>(text.size()));
    out_ += text;
    return {};
  }

  Result<void> value() { return text(TRY(take())); }

  Result<void> text(const RawField& field) {
    if (field.text.find('\\') == std::string_view::npos) {
      out_ += field.text;
      return {};
    }
    auto bytes = resolve_escapes(field.text, escapes_);
    if (!bytes) return wrong(bytes.error().message);
    out_ += *bytes;
    return {};
  }

  Result<void> digits(const std::optional<std::string>& bytes, std::string_view refusal) {
    if (!bytes) return wrong(refusal);
    if (bytes->empty()) return wrong("is missing");
    out_ += *bytes;
    return {};
  }

  Result<void> salt() {
    std::string_view text = TRY(take()).text;
    auto bytes = from_hex(text == "-" ? "" : text);
    if (!bytes || bytes->size() > 255) return wrong(text, "is neither - nor hexadecimal");
    append_u8(out_, static_cast<std::uint8_t>(bytes->size()));
    out_ += *bytes;
    return {};
  }

  Result<void> next_hash() {
    std::string_view text = TRY(take()).text;
    auto bytes = from_base32hex(text);
    if (!bytes || bytes->size() > 255) return wrong(text, "is not base32hex");
    append_u8(out_, static_cast<std::uint8_t>(bytes->size()));
    out_ += *bytes;
    return {};
  }

  Result<void> bitmap() {
    std::vector<std::uint16_t> types;
    while (!fields_.empty()) {
      std::string_view text = TRY(take()).text;
      auto type = parse_type(text);
      if (!type) return wrong(text, "is not a type");
      types.push_back(static_cast<std::uint16_t>(*type));
    }
    std::sort(types.begin(), types.end());
    for (std::size_t i = 0; i < types.size();) {
      unsigned window = types[i] >> 8;
      std::array<std::uint8_t, 32> bits{};
      std::size_t size = 0;
      for (; i < types.size() && types[i] >> 8 == window; ++i) {
        size = (types[i] & 255u) / 8 + 1;
        bits[size - 1] |= static_cast<std::uint8_t>(0x80 >> types[i] % 8);
      }
      append_u8(out_, static_cast<std::uint8_t>(window));
      append_u8(out_, static_cast<std::uint8_t>(size));
      out_ += as_text(Bytes(bits).first(size));
    }
    return {};
  }

  Result<void> params() {
    std::vector<std::string_view> texts;
    for (const RawField& field : fields_) texts.push_back(field.text);
    fields_ = {};
    auto wire = parse_svc_params(texts, escapes_);
    if (!wire) return wrong(wire.error().message);
    out_ += *wire;
    return {};
  }

  Type type_;
  std::span<const RawField> fields_;
  const Name& origin_;
  Escapes escapes_;
  std::string& out_;
  const FieldSpec* spec_ = nullptr;
};
}  // namespace

std::optional<std::uint32_t> parse_duration(std::string_view text) {
  std::uint64_t total = 0, number = 0;
  bool digits = false, unit = false;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      digits = true;
    } else {
      std::uint64_t seconds = 0;
      switch (c | 0x20) {
        case 's':
          seconds = 1;
          break;
        case 'm':
          seconds = 60;
          break;
        case 'h':
          seconds = 3600;
          break;
        case 'd':
          seconds = 86400;
          break;
        case 'w':
          seconds = 604800;
          break;
      }
      if (!digits || !seconds) return std::nullopt;
      total += number * seconds;
      number = 0;
      digits = false;
      unit = true;
    }
    if (number > 0xffffffff || total > 0xffffffff) return std::nullopt;
  }
  // "1h30" leaves open what the 30 are.
  if (digits == unit) return std::nullopt;
  total += number;
  return static_cast<std::uint32_t>(total);
}

Result<void> parse_rdata_fields(Type type, std::span<const RawField> fields, const Name& origin,
                                Escapes escapes, std::string& out) {
  bool generic = !fields.empty() && fields[0].text == "\\#" && !fields[0].quoted;
  if (!generic && layout_of(type).empty())
    return invalid(to_string(type) + " is only read in the form \\# length bytes");
  out.clear();
  if (generic)
    TRY(RdataParser(type, fields.subspan(1), origin, escapes, out).generic());
  else
    TRY(RdataParser(type, fields, origin, escapes, out).known());
  return check_rdata(type, out);
}

Result<std::string> parse_rdata(Type type, std::string_view text, const Name& origin, Escapes escapes) {
  std::string out;
  TRY(parse_rdata_fields(type, TRY(cut_fields(text)), origin, escapes, out));
  return out;
}

}  // namespace meridian::dns
