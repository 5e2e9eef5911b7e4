#include "engines/cdn/object_record.h"

#include <algorithm>

#include "base/bytes.h"
#include "engines/cdn/rules/compression_choice.h"
#include "engines/cdn/rules/http_date.h"
#include "http/date.h"

namespace meridian::engines::cdn {
namespace {

// Numbers of lines are on disks: new ones go to the end.
constexpr std::string_view kNames[] = {
    "Content-Type",
    "Date",
    "Last-Modified",
    "ETag",
    "Cache-Control",
    "Expires",
    "Server",
    "Via",
    "Vary",
    "Content-Encoding",
    "Content-Language",
    "Content-Disposition",
    "Accept-Ranges",
    "Age",
    "Location",
    "Link",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Allow-Credentials",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
    "Referrer-Policy",
    "Content-Security-Policy",
    "Set-Cookie",
    "Pragma",
    "Timing-Allow-Origin",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-server-side-encryption",
    "x-amz-version-id",
    "x-amz-storage-class",
    "content-type",
    "date",
    "last-modified",
    "etag",
    "cache-control",
    "expires",
    "server",
    "via",
    "vary",
    "content-encoding",
    "accept-ranges",
    "x-powered-by",
    "X-Powered-By",
};
static_assert(std::size(kNames) < 126);

// The first byte of a field: kWhole and the two texts follow; kCommon and a number; a name's, and a text; a
// name's with kDated, and seconds.
constexpr std::uint8_t kWhole = 0, kCommon = 1, kFirstName = 2, kDated = 128;

constexpr std::uint8_t kHasLength = 1, kNeverStale = 2, kUnconditionally = 4;

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : bytes_(text) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = bytes_.u8();
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  }
  std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
  std::uint8_t byte() { return bytes_.u8(); }
  std::string_view text() {
    const std::uint64_t size = number();
    return as_text(bytes_.take(static_cast<std::size_t>(std::min<std::uint64_t>(size, ~std::size_t{0}))));
  }
  std::uint32_t seconds() { return bytes_.u32(); }
  bool ok() const { return bytes_.ok(); }
  bool whole() const { return bytes_.ok() && bytes_.at_end(); }

 private:
  ByteReader bytes_;
};

std::unexpected<Error> broken() {
  return fail(ErrorCode::Corrupt, "an object's record cannot be read", ErrorSource::Storage);
}

// Seconds whose date is written as exactly that text.
std::optional<std::uint32_t> exact_seconds(std::string_view value) {
  if (value.size() != 29) return std::nullopt;
  const auto time = rules::parse_http_date(value, rules::Time(rules::Seconds(0)));
  if (!time || time->time_since_epoch().count() < 0 || time->time_since_epoch().count() > ~std::uint32_t{0})
    return std::nullopt;
  if (http::format_http_date(*time) != value) return std::nullopt;
  return static_cast<std::uint32_t>(time->time_since_epoch().count());
}

void put_field(std::string& out, const rules::Field& field, CommonFields* common) {
  const auto name = std::ranges::find(kNames, field.name);
  const bool known = name != std::end(kNames);
  const auto which = static_cast<std::uint8_t>(known ? kFirstName + (name - std::begin(kNames)) : 0);
  if (const auto seconds = known ? exact_seconds(field.value) : std::nullopt) {
    append_u8(out, which | kDated);
    return append_u32(out, *seconds);
  }
  if (common)
    if (const auto number = common->number_of(field)) {
      append_u8(out, kCommon);
      return put_number(out, *number);
    }
  append_u8(out, which);
  if (!known) put_text(out, field.name);
  put_text(out, field.value);
}

bool take_field(RecordReader& reader, const CommonFields* common, rules::FieldList& fields) {
  const std::uint8_t first = reader.byte();
  if (first == kWhole) {
    const std::string_view name = reader.text();
    fields.add(name, reader.text());
    return reader.ok();
  }
  if (first == kCommon) {
    const rules::Field* const field = common ? common->find(reader.number()) : nullptr;
    if (field) fields.add(field->name, field->value);
    return field != nullptr;
  }
  const std::size_t which = (first & ~kDated) - std::size_t{kFirstName};
  if (which >= std::size(kNames)) return false;
  if (first & kDated)
    fields.add_copy(kNames[which], http::format_http_date(rules::Time(rules::Seconds(reader.seconds()))));
  else
    fields.add(kNames[which], reader.text());
  return reader.ok();
}

}  // namespace

// What differs from object to object is not common, and would fill the room for what is.
std::optional<std::uint32_t> CommonFields::number_of(const rules::Field& field) {
  static constexpr std::string_view kOwn[] = {"etag",
                                              "last-modified",
                                              "date",
                                              "expires",
                                              "age",
                                              "set-cookie",
                                              "location",
                                              "content-disposition",
                                              "x-amz-id-2",
                                              "x-amz-request-id",
                                              "x-amz-version-id",
                                              "content-range"};
  if (field.name.size() + field.value.size() > kFieldBytesMax) return std::nullopt;
  if (std::ranges::any_of(kOwn, [&](std::string_view own) { return rules::same_name(own, field.name); }))
    return std::nullopt;
  scratch_.assign(field.name).append(":").append(field.value);
  if (const auto at = numbers_.find(scratch_); at != numbers_.end()) return at->second;
  if (fields_.size() >= kFieldsMax) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(fields_.size());
  const std::string_view kept = numbers_.emplace(scratch_, number).first->first;
  fields_.push_back({kept.substr(0, field.name.size()), kept.substr(field.name.size() + 1)});
  return number;
}

bool is_recordable(const Object& object) {
  if (!object.kept || object.failed || !object.purges) return false;
  if (object.body->parts()) return object.body->state() != Body::State::Cut;
  return object.body->kind() == Body::Kind::Kept && object.body->state() == Body::State::Whole &&
         !object.body->trailers();
}

void write_record(const Object& object, CommonFields* common, std::string& out) {
  put_text(out, object.uri);
  put_number(out, object.tags.size());
  for (const std::string& tag : object.tags) put_text(out, tag);
  put_number(out, static_cast<std::uint64_t>(object.status));
  const rules::StoredLife& life = object.life;
  append_u8(
      out, static_cast<std::uint8_t>((object.length ? kHasLength : 0) | (life.never_stale ? kNeverStale : 0) |
                                     (life.fetch_unconditionally ? kUnconditionally : 0)));
  append_u8(out, static_cast<std::uint8_t>(object.rule));
  append_u8(out, rules::number_of_why(object.compression));
  put_number(out, static_cast<std::uint64_t>(life.answered.time_since_epoch().count()));
  put_number(out, life.initial_age_s);
  put_number(out, life.fresh_s);
  put_number(out, life.stale_while_revalidate_s);
  put_number(out, life.stale_if_error_s + 1);  // the most frequent, no end, is 0
  if (object.length) put_number(out, *object.length);
  put_number(out, object.fields.fields().size());
  for (const rules::Field& field : object.fields.fields()) put_field(out, field, common);
}

Result<RecordedNames> read_recorded_names(std::string_view text) {
  RecordReader reader(text);
  RecordedNames names;
  names.uri = reader.text();
  const std::uint64_t tags = reader.number();
  if (tags > kTagsMax) return broken();
  for (std::uint64_t i = 0; i < tags; ++i) names.tags.emplace_back(reader.text());
  if (!reader.ok()) return broken();
  return names;
}

Result<std::shared_ptr<Object>> read_record(std::string_view text, const CommonFields* common) {
  rules::FieldList fields;
  return read_record(text, common, fields);
}

Result<std::shared_ptr<Object>> read_record(std::string_view text, const CommonFields* common,
                                            rules::FieldList& fields) {
  RecordReader reader(text);
  auto object = std::make_shared<Object>();
  object->uri = reader.text();
  const std::uint64_t tags = reader.number();
  if (tags > kTagsMax) return broken();
  for (std::uint64_t i = 0; i < tags; ++i) object->tags.emplace_back(reader.text());
  object->status = static_cast<int>(reader.small());
  const std::uint8_t flags = reader.byte(), rule = reader.byte();
  if (rule > static_cast<std::uint8_t>(rules::LifetimeRule::Error) || object->status < 100 ||
      object->status > 599)
    return broken();
  object->rule = static_cast<rules::LifetimeRule>(rule);
  object->compression = rules::why_of_number(reader.byte());
  rules::StoredLife& life = object->life;
  life.never_stale = flags & kNeverStale;
  life.fetch_unconditionally = flags & kUnconditionally;
  life.answered = rules::Time(rules::Seconds(static_cast<std::int64_t>(reader.number() & 0xffff'ffff'ffff)));
  life.initial_age_s = reader.small();
  life.fresh_s = reader.small();
  life.stale_while_revalidate_s = reader.small();
  life.stale_if_error_s = reader.small() - 1;
  if (flags & kHasLength) object->length = reader.number();
  const std::uint64_t count = reader.number();
  if (!reader.ok() || count > text.size()) return broken();
  fields.clear();
  for (std::uint64_t i = 0; i < count; ++i)
    if (!take_field(reader, common, fields)) return broken();
  if (!reader.whole()) return broken();
  object->fields = StoredFields(fields);
  object->kept = true;
  return object;
}

}  // namespace meridian::engines::cdn
