#include "engines/cdn/access_log/record_wire.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace meridian::engines::cdn::access_log {
namespace {

constexpr std::uint8_t kForm = 2, kFormWithoutTimes = 1;
constexpr std::uint16_t kStatusMax = 999;
constexpr Duration kTakenMax = std::chrono::hours(24 * 365);
// Later than any log, and far from where times overflow.
constexpr SystemTime kBeganMax = SystemTime(std::chrono::sys_days(std::chrono::year(2200) / 1 / 1));

// A record with what a RequestRecord only points at.
struct Wired {
  std::string_view distribution_id, path_pattern;
  bool has_behavior = false;
  std::vector<http1::Field> fields;
  RequestRecord record;
};

// fields() below names the parts of a record once; a Writer and a Reader visit them in the same order.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void field(bool value) { append_u8(out_, value); }
  void field(std::uint64_t value) { append_u64(out_, value); }
  void field(int status) { append_u16(out_, static_cast<std::uint16_t>(status)); }
  void field(rules::HttpVersion value) { append_u8(out_, static_cast<std::uint8_t>(value)); }
  void field(Duration value) {
    field(static_cast<std::uint64_t>(std::clamp(value, Duration{}, kTakenMax).count()));
  }
  void field(SystemTime value) {
    field(static_cast<std::uint64_t>(std::clamp(value, SystemTime{}, kBeganMax).time_since_epoch().count()));
  }
  void field(std::string_view value) { append_sized(out_, value); }
  void field(const net::Address& value) {
    append_sized(out_, value.ip.bytes());
    append_u16(out_, value.port);
  }
  void field(std::span<const http1::Field> values) {
    values = values.first(std::min(values.size(), kRecordFieldsMax));
    append_u16(out_, static_cast<std::uint16_t>(values.size()));
    for (const http1::Field& value : values) {
      field(value.name);
      field(value.value);
    }
  }
  template <typename T>
  void field(const std::optional<T>& value) {
    field(value.has_value());
    if (value) field(*value);
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(ByteReader& in) : in_(in) {}
  void field(bool& value) {
    const std::uint8_t byte = in_.u8();
    fits_ = fits_ && byte <= 1;
    value = byte != 0;
  }
  void field(std::uint64_t& value) { value = in_.u64(); }
  void field(int& status) {
    status = in_.u16();
    fits_ = fits_ && status <= kStatusMax;
  }
  void field(rules::HttpVersion& value) {
    const std::uint8_t byte = in_.u8();
    fits_ = fits_ && byte <= static_cast<std::uint8_t>(rules::HttpVersion::Http3);
    value = fits_ ? static_cast<rules::HttpVersion>(byte) : rules::HttpVersion::Http11;
  }
  void field(Duration& value) { value = Duration(up_to(kTakenMax.count())); }
  void field(SystemTime& value) { value = SystemTime(Duration(up_to(kBeganMax.time_since_epoch().count()))); }
  void field(std::string_view& value) { value = in_.sized(); }
  void field(net::Address& value) {
    const Bytes ip = as_bytes(in_.sized());
    value.port = in_.u16();
    fits_ = fits_ && (ip.size() == 4 || ip.size() == 16);
    if (!fits_) return;
    std::array<std::uint8_t, 16> all{};
    std::ranges::copy(ip, all.begin());
    value.ip =
        ip.size() == 4 ? net::IpAddress::v4({all[0], all[1], all[2], all[3]}) : net::IpAddress::v6(all);
  }
  void field(std::vector<http1::Field>& values) {
    const std::uint16_t size = in_.u16();
    // Each takes eight bytes at least, so that what is not there makes nothing.
    fits_ = fits_ && size <= kRecordFieldsMax && std::size_t{size} * 8 <= in_.remaining();
    if (!fits_) return;
    values.resize(size);
    for (http1::Field& value : values) {
      field(value.name);
      field(value.value);
    }
  }
  template <typename T>
  void field(std::optional<T>& value) {
    bool there = false;
    field(there);
    if (there) field(value.emplace());
  }
  bool ok() const { return fits_ && in_.ok(); }

 private:
  Duration::rep up_to(Duration::rep most) {
    const std::uint64_t value = in_.u64();
    fits_ = fits_ && value <= static_cast<std::uint64_t>(most);
    return static_cast<Duration::rep>(std::min(value, static_cast<std::uint64_t>(most)));
  }

  ByteReader& in_;
  bool fits_ = true;
};

template <typename Io, typename AnyRecord, typename RequestFields>
void fields(Io& io, AnyRecord& record, RequestFields& of_request) {
  io.field(record.began);
  io.field(record.time_taken);
  io.field(record.to_first_byte);
  io.field(record.edge_location);
  io.field(record.request_id);
  io.field(record.viewer);
  io.field(record.method);
  io.field(record.host_header);
  io.field(record.uri_stem);
  io.field(record.uri_query);
  io.field(of_request);
  io.field(record.status);
  io.field(record.received_bytes);
  io.field(record.sent_bytes);
  io.field(record.result);
  io.field(record.response_result);
  io.field(record.detailed_result);
  io.field(record.tls);
  io.field(record.tls_version);
  io.field(record.tls_cipher);
  io.field(record.version);
  io.field(record.content_type);
  io.field(record.content_length);
  io.field(record.range_start);
  io.field(record.range_end);
  io.field(record.country);
  io.field(record.origin_first_byte);
  io.field(record.origin_last_byte);
}

bool read(ByteReader& in, bool has_times, Wired& out) {
  Reader reader(in);
  reader.field(out.distribution_id);
  reader.field(out.has_behavior);
  reader.field(out.path_pattern);
  fields(reader, out.record, out.fields);
  if (has_times) {
    reader.field(out.record.times);
    reader.field(out.record.network);
  }
  return reader.ok() && out.record.times > 0;
}

// False: nobody knows its distribution any more.
bool complete(Wired& wired, const FindDistribution& find) {
  RequestRecord& record = wired.record;
  record.fields = wired.fields;
  record.distribution = find(wired.distribution_id);
  if (!record.distribution) return false;
  if (!wired.has_behavior) return true;
  const auto& behaviors = record.distribution->behaviors;
  const auto at = std::ranges::find(behaviors, wired.path_pattern, &snapshots::cdn::Behavior::path_pattern);
  if (at != behaviors.end()) record.behavior = &*at;
  return true;
}

std::unexpected<Error> malformed(const char* why) {
  return fail(ErrorCode::Invalid, why, ErrorSource::Peer);
}

}  // namespace

void RecordWriter::add(const RequestRecord& record) {
  if (bytes_.empty()) append_u8(bytes_, kForm);
  Writer writer(bytes_);
  writer.field(record.distribution->id);
  writer.field(record.behavior != nullptr);
  writer.field(record.behavior ? std::string_view(record.behavior->path_pattern) : std::string_view());
  fields(writer, record, record.fields);
  writer.field(record.times);
  writer.field(record.network);
  records_ += record.times;
}

std::string RecordWriter::take() {
  records_ = 0;
  return std::exchange(bytes_, {});
}

Result<std::size_t> read_records(Bytes bytes, const FindDistribution& find,
                                 const std::function<void(const RequestRecord&)>& visit) {
  ByteReader in(bytes);
  const std::uint8_t form = in.u8();
  if (form != kForm && form != kFormWithoutTimes)
    return malformed("records of a form that is not known here");
  std::vector<Wired> all;
  while (!in.at_end())
    if (!read(in, form == kForm, all.emplace_back()))
      return malformed("records whose fields do not fit them");
  std::size_t unknown = 0;
  for (Wired& wired : all) {
    if (complete(wired, find))
      visit(wired.record);
    else
      unknown += static_cast<std::size_t>(wired.record.times);
  }
  return unknown;
}

}  // namespace meridian::engines::cdn::access_log
