#include "formats/dns/zone_file.h"

#include <cstring>

#include "base/bytes.h"
#include "formats/dns/fields.h"
#include "formats/dns/generate.h"
#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {
constexpr std::uint32_t kTtlMax = 0x7fffffff;        // RFC 2181 §8
constexpr std::size_t kEntryFieldsMax = 65536 + 16;  // a bitmap of every type there is
// Each costs a second look at all that follows.
constexpr unsigned kUnclosedMax = 16;

std::string quote(std::string_view text) {
  return "'" + std::string(text.substr(0, 64)) + "'";
}

class ZoneFileParser {
 public:
  ZoneFileParser(std::string_view text, const ZoneFileOptions& options,
                 const std::function<void(const Record&, std::size_t)>& on_record,
                 const std::function<void(const ZoneFileError&)>& on_error)
      : text_(text),
        on_record_(on_record),
        on_error_(on_error),
        origin_(options.origin),
        default_ttl_(options.default_ttl),
        generate_left_(options.generate_max) {}

  void run() {
    while (at_ < text_.size()) {
      entry_line_ = line_;
      auto done = read_entry();
      if (done && !fields_.empty()) done = entry();
      if (!done) on_error_({entry_line_, done.error().message});
    }
  }

 private:
  // Cuts the next entry into fields_ and moves behind its last line; after a refusal, behind the line that
  // caused it.
  Result<void> read_entry() {
    fields_.clear();
    blank_start_ = text_[at_] == ' ' || text_[at_] == '\t';
    std::size_t start = at_, depth = 0;
    bool crowded = false;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '\n') {
        ++at_;
        ++line_;
        if (depth == 0) break;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == ';') {
        skip_to_line_end();
      } else if (c == '(') {
        ++at_;
        ++depth;
      } else if (c == ')') {
        if (depth == 0) return refuse_line(invalid("')' without '('"));
        ++at_;
        --depth;
      } else {
        auto field = take_field(text_, at_, "();");
        if (!field) return refuse_line(std::unexpected(std::move(field).error()));
        crowded = fields_.size() >= kEntryFieldsMax;
        if (!crowded) fields_.push_back(*field);
      }
    }
    if (depth > 0) return refuse_unclosed(start);
    if (crowded) return invalid("entry has more fields than any record");
    return {};
  }

  void skip_to_line_end() {
    const void* end = std::memchr(text_.data() + at_, '\n', text_.size() - at_);
    at_ = end ? static_cast<std::size_t>(static_cast<const char*>(end) - text_.data()) : text_.size();
  }

  std::unexpected<Error> refuse_line(std::unexpected<Error> why) {
    if (!blank_start_) owner_known_ = false;
    skip_to_line_end();
    if (at_ < text_.size()) {
      ++at_;
      ++line_;
    }
    owner_known_ = false;
    return why;
  }

  // The parenthesis has swallowed the rest of the text; what follows its line may be good.
  std::unexpected<Error> refuse_unclosed(std::size_t start) {
    if (++unclosed_ >= kUnclosedMax) return invalid("'(' without ')', once too often: the rest is not read");
    at_ = start;
    line_ = entry_line_;
    return refuse_line(invalid("'(' without ')'"));
  }

  Result<void> entry() {
    if (!blank_start_ && !fields_[0].quoted && fields_[0].text[0] == '$') return directive();
    return record(fields_);
  }

  Result<void> directive() {
    std::string name = to_lower(fields_[0].text);
    if (name == "$generate") {
      auto done = generate();
      owner_known_ = false;  // no one name is the last
      return done;
    }
    if (name == "$include") return invalid("$INCLUDE is not supported: the text must be whole");
    if (name != "$origin" && name != "$ttl") return invalid("unknown directive " + quote(fields_[0].text));
    if (name == "$origin") origin_known_ = false;
    if (fields_.size() != 2) return invalid(std::string(fields_[0].text) + " takes one value");
    if (name == "$origin") {
      origin_ = TRY(parse_name(fields_[1]));
      origin_known_ = true;
      return {};
    }
    default_ttl_ = TRY(parse_ttl(fields_[1].text));
    return {};
  }

  Result<void> generate() {
    if (fields_.size() < 4) return invalid("$GENERATE takes a range, an owner, a type and data");
    GenerateRange range = TRY(parse_generate_range(fields_[1].text));
    if (range.count() > generate_left_) return invalid("$GENERATE makes too many records");
    generate_left_ -= range.count();
    // The templates stay in fields_, which the records made do not touch.
    std::vector<std::string> texts(fields_.size() - 2);
    std::vector<RawField> fields(texts.size());
    for (std::uint64_t value = range.start; value <= range.stop; value += range.step) {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        TRY(expand_generate(fields_[i + 2].text, static_cast<std::uint32_t>(value), texts[i]));
        fields[i] = {texts[i], fields_[i + 2].quoted};
      }
      auto made = record(fields);
      if (!made) return invalid("$GENERATE at " + std::to_string(value) + ": " + made.error().message);
    }
    return {};
  }

  Result<Name> parse_name(const RawField& field) const {
    if (field.quoted) return invalid("name " + quote(field.text) + " is quoted");
    if (field.text == "@") return origin_;
    auto name = Name::parse(field.text, origin_);
    if (!name) return invalid(quote(field.text) + " is not a name: " + name.error().message);
    return name;
  }

  static Result<std::uint32_t> parse_ttl(std::string_view text) {
    auto ttl = parse_duration(text);
    if (!ttl || *ttl > kTtlMax)
      return invalid("TTL " + quote(text) + " is not between 0 and 2147483647 seconds");
    return *ttl;
  }

  Result<void> record(std::span<const RawField> fields) {
    if (!blank_start_) owner_known_ = false;
    if (!origin_known_) return invalid("the origin is unknown: its $ORIGIN was refused");
    if (!blank_start_) {
      record_.owner = TRY(parse_name(fields[0]));
      owner_known_ = true;
      fields = fields.subspan(1);
    }
    if (!owner_known_) return invalid("the owner is left out and that of the entry before is unknown");

    auto ttl = TRY(take_ttl_and_class(fields));
    record_.type = TRY(take_type(fields));
    TRY(parse_rdata_fields(record_.type, fields, origin_, Escapes::Decimal, record_.rdata));
    record_.ttl = TRY(settle_ttl(ttl));
    on_record_(record_, entry_line_);
    return {};
  }

  // Either may come first (RFC 1035 §5.1); no type begins with a digit.
  static Result<std::optional<std::uint32_t>> take_ttl_and_class(std::span<const RawField>& fields) {
    std::optional<std::uint32_t> ttl;
    for (bool klass = false; !fields.empty() && !fields[0].quoted && !fields[0].text.empty();
         fields = fields.subspan(1)) {
      std::string_view text = fields[0].text;
      if (!ttl && text[0] >= '0' && text[0] <= '9') {
        ttl = TRY(parse_ttl(text));
        continue;
      }
      if (klass || text.size() > 10) break;
      std::string lower = to_lower(text);
      if (lower == "ch" || lower == "hs" || lower == "cs" ||
          (lower.starts_with("class") && lower != "class1"))
        return invalid("class " + quote(text) + " is not IN");
      if (lower != "in" && lower != "class1") break;
      klass = true;
    }
    return ttl;
  }

  static Result<Type> take_type(std::span<const RawField>& fields) {
    if (fields.empty()) return invalid("the type is missing");
    auto type = fields[0].quoted ? std::nullopt : parse_type(fields[0].text);
    if (!type) return invalid(quote(fields[0].text) + " is not a type");
    auto number = static_cast<std::uint16_t>(*type);
    // RFC 6895 §3.1: questions and meta records, not data.
    if (number == 0 || *type == Type::OPT || (number >= 128 && number <= 255))
      return invalid("type " + to_string(*type) + " does not stand in zones");
    fields = fields.subspan(1);
    return *type;
  }

  Result<std::uint32_t> settle_ttl(std::optional<std::uint32_t> stated) {
    if (stated) return *(last_ttl_ = stated);
    if (default_ttl_) return *default_ttl_;
    if (record_.type == Type::SOA) {
      ByteReader minimum(as_bytes(record_.rdata).last(4));
      default_ttl_ = std::min(minimum.u32(), kTtlMax);
      return *default_ttl_;
    }
    if (last_ttl_) return *last_ttl_;
    return invalid("there is no TTL, here or by $TTL or in an entry before");
  }

  std::string_view text_;
  const std::function<void(const Record&, std::size_t)>& on_record_;
  const std::function<void(const ZoneFileError&)>& on_error_;
  std::size_t at_ = 0, line_ = 1, entry_line_ = 1;
  unsigned unclosed_ = 0;
  std::vector<RawField> fields_;
  bool blank_start_ = false;

  Name origin_;
  bool origin_known_ = true;
  Record record_;  // its owner is that of the last entry
  bool owner_known_ = false;
  std::optional<std::uint32_t> default_ttl_, last_ttl_;
  std::uint64_t generate_left_;
};
}  // namespace

void parse_zone_file(std::string_view text, const ZoneFileOptions& options,
                     const std::function<void(const Record& record, std::size_t line)>& on_record,
                     const std::function<void(const ZoneFileError&)>& on_error) {
  ZoneFileParser(text, options, on_record, on_error).run();
}

std::string print_record(const Record& record) {
  std::string out = record.owner.to_string() + "\t" + std::to_string(record.ttl) + "\t" +
                    to_string(record.klass) + "\t" + to_string(record.type) + "\t";
  // Records of updates may have no RDATA, and other classes other layouts: RFC 3597's form shows any bytes.
  auto text = print_rdata(record.type, record.rdata);
  return out + (text ? *text : print_generic_rdata(record.rdata));
}

}  // namespace meridian::dns
