#include "engines/health/report_wire.h"

#include <algorithm>
#include <type_traits>

namespace meridian::engines::health {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr Duration kIntervalMax = std::chrono::hours(1);
constexpr unsigned kThresholdMax = 1000;

// fields() below names the parts of a value once; a Writer and a Reader visit them in the same order.
class Writer {
 public:
  explicit Writer(std::string& out, SystemTime now = {}) : out_(out), now_(now) {}
  void field(bool value) { append_u8(out_, value); }
  void field(std::uint16_t value) { append_u16(out_, value); }
  void field(unsigned value) { append_u32(out_, value); }
  void field(Duration value) {
    append_u64(out_, static_cast<std::uint64_t>(std::max<Duration::rep>(0, value.count())));
  }
  void field(SystemTime value) { field(now_ - value); }
  void field(const net::IpAddress& value) { append_sized(out_, value.bytes()); }
  void field(const std::string& value) {
    append_sized(out_, std::string_view(value).substr(0, kWireTextMax));
  }
  template <typename T>
  void begin(const std::optional<T>& value) {
    field(value.has_value());
  }

 private:
  std::string& out_;
  SystemTime now_;
};

class Reader {
 public:
  explicit Reader(Bytes bytes, SystemTime now = {}) : in_(bytes), now_(now) {}
  void field(bool& value) {
    const std::uint8_t byte = in_.u8();
    fits_ = fits_ && byte <= 1;
    value = byte != 0;
  }
  void field(std::uint16_t& value) { value = in_.u16(); }
  void field(unsigned& value) { value = in_.u32(); }
  void field(Duration& value) {
    const std::uint64_t count = in_.u64();
    constexpr auto most = static_cast<std::uint64_t>(Duration::max().count());
    fits_ = fits_ && count <= most;
    value = Duration(static_cast<Duration::rep>(std::min(count, most)));
  }
  void field(SystemTime& value) {
    Duration age{};
    field(age);
    value = now_ - std::min(age, now_.time_since_epoch());
  }
  void field(net::IpAddress& value) {
    const std::string_view bytes = in_.sized();
    if (bytes.size() == 4) {
      std::array<std::uint8_t, 4> v4;
      std::ranges::copy(as_bytes(bytes), v4.begin());
      value = net::IpAddress::v4(v4);
    } else if (bytes.size() == 16) {
      std::array<std::uint8_t, 16> v6;
      std::ranges::copy(as_bytes(bytes), v6.begin());
      value = net::IpAddress::v6(v6);
    } else {
      fits_ = false;
    }
  }
  void field(std::string& value) {
    const std::string_view text = in_.sized();
    fits_ = fits_ && text.size() <= kWireTextMax;
    value = text.substr(0, kWireTextMax);
  }
  template <typename T>
  void begin(std::optional<T>& value) {
    bool there = false;
    field(there);
    if (there) value.emplace();
  }
  bool whole() const { return fits_ && in_.ok() && in_.at_end(); }

 private:
  ByteReader in_;
  SystemTime now_;
  bool fits_ = true;
};

template <typename T, typename Value>
concept Of = std::is_same_v<std::remove_const_t<T>, Value>;

template <typename Io>
void fields(Io& io, Of<HttpQuestion> auto& question) {
  io.field(question.domain_name);
  io.field(question.path);
  io.field(question.health_check_id);
  io.field(question.tls);
  io.field(question.sni);
}

template <typename Io>
void fields(Io& io, Of<CheckSettings> auto& settings) {
  io.field(settings.target.endpoint.ip);
  io.field(settings.target.endpoint.port);
  io.begin(settings.target.http);
  if (settings.target.http) fields(io, *settings.target.http);
  io.field(settings.target.search_string);
  io.field(settings.target.name);
  io.field(settings.target.public_only);
  io.field(settings.interval);
  io.field(settings.failure_threshold);
}

template <typename Io>
void fields(Io& io, Of<Observation> auto& observation) {
  io.begin(observation.from);
  if (observation.from) io.field(*observation.from);
  io.field(observation.endpoint);
  io.field(observation.verdict.healthy);
  io.field(observation.verdict.reason);
  io.field(observation.checked);
}

template <typename Io>
void fields(Io& io, Of<Report> auto& report) {
  io.begin(report.mind);
  if (report.mind) io.field(*report.mind);
  io.field(report.against);
  io.begin(report.last);
  if (report.last) fields(io, *report.last);
  // A probe that just failed is both.
  bool same = report.last_failure == report.last;
  io.field(same);
  if (!same) {
    io.begin(report.last_failure);
    if (report.last_failure) fields(io, *report.last_failure);
  } else if constexpr (std::is_same_v<Io, Reader>) {
    report.last_failure = report.last;
  }
}

template <typename Value>
std::string write(const Value& value, SystemTime now) {
  std::string out;
  append_u8(out, kForm);
  Writer writer(out, now);
  fields(writer, value);
  return out;
}

template <typename Value>
Result<Value> read(Bytes bytes, SystemTime now) {
  const bool known = !bytes.empty() && bytes[0] == kForm;
  Value value;
  Reader reader(bytes.subspan(bytes.empty() ? 0 : 1), now);
  if (known) fields(reader, value);
  if (!known || !reader.whole())
    return fail(ErrorCode::Invalid, "it comes in a form that is not known here", ErrorSource::Peer);
  return value;
}

}  // namespace

std::string write_settings(const CheckSettings& settings) {
  return write(settings, {});
}

Result<CheckSettings> read_settings(Bytes bytes) {
  auto settings = TRY(read<CheckSettings>(bytes, {}));
  const bool sensible = settings.interval > Duration::zero() && settings.interval <= kIntervalMax &&
                        settings.failure_threshold > 0 && settings.failure_threshold <= kThresholdMax;
  if (!sensible)
    return fail(ErrorCode::Invalid, "an interval or threshold that no check has", ErrorSource::Peer);
  return settings;
}

std::string write_report(const Report& report, SystemTime now) {
  return write(report, now);
}

Result<Report> read_report(Bytes bytes, SystemTime now) {
  return read<Report>(bytes, now);
}

}  // namespace meridian::engines::health
