#include "snapshots/feed/frame.h"

#include <algorithm>

namespace meridian::snapshots::feed {
namespace {

constexpr std::size_t kLengthSize = 4;

constexpr bool within(std::int32_t value, std::int32_t most) {
  return -most <= value && value <= most;
}

// fields() below names the parts of each frame once; a Writer and a Reader visit them in the same order.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void field(bool value) { append_u8(out_, value); }
  void field(std::uint16_t value) { append_u16(out_, value); }
  void field(std::uint32_t value) { append_u32(out_, value); }
  void field(std::uint64_t value) { append_u64(out_, value); }
  void field(const Position& value) {
    out_.append(reinterpret_cast<const char*>(value.store.bytes.data()), value.store.bytes.size());
    append_u64(out_, value.revision);
  }
  void field(const Crash& value) {
    field(value.zone_id, kZoneIdSizeMax);
    field(value.since);
    field(value.seen);
    field(value.why, kReasonSizeMax);
  }
  void field(const std::vector<health::HealthTable::Entry>& values) {
    append_u32(out_, static_cast<std::uint32_t>(values.size()));
    for (const auto& state : values) {
      field(state.id, kHealthCheckIdSizeMax);
      field(state.healthy);
    }
  }
  void field(const std::vector<CheckBytes>& values) {
    append_u32(out_, static_cast<std::uint32_t>(values.size()));
    for (const CheckBytes& check : values) {
      field(check.id, kHealthCheckIdSizeMax);
      field(check.bytes, kCheckBytesMax);
    }
  }
  void field(const std::vector<ServedAt>& values) {
    append_u32(out_, static_cast<std::uint32_t>(values.size()));
    for (const ServedAt& at : values) {
      field(at.code, kLocationCodeSizeMax);
      field(static_cast<std::uint32_t>(at.latitude));
      field(static_cast<std::uint32_t>(at.longitude));
      field(at.price_class);
      append_u32(out_, static_cast<std::uint32_t>(at.addresses.size()));
      for (const net::IpAddress& address : at.addresses) append_sized(out_, address.bytes());
    }
  }
  void field(const std::string& value, std::size_t size_max) {
    append_sized(out_, std::string_view(value).substr(0, size_max));
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(Bytes body) : in_(body) {}
  void field(bool& value) {
    const std::uint8_t byte = in_.u8();
    fits_ = fits_ && byte <= 1;
    value = byte != 0;
  }
  void field(std::uint16_t& value) { value = in_.u16(); }
  void field(std::uint32_t& value) { value = in_.u32(); }
  void field(std::uint64_t& value) { value = in_.u64(); }
  void field(Position& value) {
    const Bytes id = in_.take(value.store.bytes.size());
    std::copy(id.begin(), id.end(), value.store.bytes.begin());
    value.revision = in_.u64();
  }
  void field(Crash& value) {
    field(value.zone_id, kZoneIdSizeMax);
    field(value.since);
    field(value.seen);
    field(value.why, kReasonSizeMax);
    // It ends up in logs and in the store's records.
    const auto printable = [](char c) { return ' ' <= c && c <= '~'; };
    const bool sensible =
        value.zone_id.empty() ? value == Crash{} : 0 < value.since && value.since <= value.seen;
    fits_ =
        fits_ && std::ranges::all_of(value.zone_id, printable) && std::ranges::all_of(value.why, printable);
    fits_ = fits_ && sensible;
  }
  void field(std::vector<health::HealthTable::Entry>& values) {
    if (!count(values, kHealthStatesMax)) return;
    for (auto& state : values) {
      field(state.id, kHealthCheckIdSizeMax);
      field(state.healthy);
      fits_ = fits_ && health::is_health_check_id(state.id);
    }
  }
  void field(std::vector<CheckBytes>& values) {
    if (!count(values, kCheckEntriesMax)) return;
    for (CheckBytes& check : values) {
      field(check.id, kHealthCheckIdSizeMax);
      field(check.bytes, kCheckBytesMax);
      fits_ = fits_ && health::is_health_check_id(check.id);
    }
  }
  void field(std::vector<ServedAt>& values) {
    if (!count(values, kLocationsMax)) return;
    for (ServedAt& at : values) {
      field(at.code, kLocationCodeSizeMax);
      at.latitude = static_cast<std::int32_t>(in_.u32());
      at.longitude = static_cast<std::int32_t>(in_.u32());
      field(at.price_class);
      fits_ = fits_ && within(at.latitude, 9000) && within(at.longitude, 18000) && at.price_class <= 2 &&
              is_location_code(at.code);
      if (!count(at.addresses, kLocationAddressesMax)) return;
      for (net::IpAddress& address : at.addresses) field(address);
    }
  }
  void field(net::IpAddress& value) {
    const std::string_view bytes = in_.sized();
    std::array<std::uint8_t, 16> all{};
    fits_ = fits_ && (bytes.size() == 4 || bytes.size() == 16);
    if (!fits_) return;
    std::ranges::copy(as_bytes(bytes), all.begin());
    value =
        bytes.size() == 4 ? net::IpAddress::v4({all[0], all[1], all[2], all[3]}) : net::IpAddress::v6(all);
  }
  void field(std::string& value, std::size_t size_max) {
    const std::string_view bytes = in_.sized();
    fits_ = fits_ && bytes.size() <= size_max;
    value = bytes.substr(0, size_max);
  }
  void skip_rest() { in_.take(in_.remaining()); }
  bool whole() const { return fits_ && in_.ok() && in_.at_end(); }

 private:
  template <typename T>
  bool count(std::vector<T>& values, std::size_t most) {
    const std::uint32_t size = in_.u32();
    // Each takes at least a byte, so that what is not there makes nothing.
    fits_ = fits_ && in_.ok() && size <= most && size <= in_.remaining();
    if (fits_) values.resize(size);
    return fits_;
  }

  ByteReader in_;
  bool fits_ = true;
};

// A greeting of a version that is not spoken here is read no further than the version, so that it can be
// answered.
template <typename Io, typename Greeting>
bool spoken_version(Io& io, Greeting& greeting) {
  io.field(greeting.protocol);
  const bool spoken = is_spoken(greeting.protocol);
  if constexpr (std::is_same_v<Io, Reader>)
    if (!spoken) io.skip_rest();
  return spoken;
}

template <typename Io, typename AnyFrame>
void fields(Io& io, AnyFrame& frame) {
  using T = std::remove_const_t<AnyFrame>;
  if constexpr (std::is_same_v<T, Hello>) {
    if (!spoken_version(io, frame)) return;
    io.field(frame.name, kEdgeNameSizeMax);
    io.field(frame.software, kSoftwareSizeMax);
    io.field(frame.holds);
    io.field(frame.crash);
  } else if constexpr (std::is_same_v<T, Welcome>) {
    if (!spoken_version(io, frame)) return;
    io.field(frame.software, kSoftwareSizeMax);
    io.field(frame.newest);
  } else if constexpr (std::is_same_v<T, PackageHead>) {
    io.field(frame.from);
    io.field(frame.to);
    io.field(frame.plain_size);
    io.field(frame.size);
    io.field(frame.part, kPartBytesMax);
  } else if constexpr (std::is_same_v<T, PackagePart>) {
    io.field(frame.part, kPartBytesMax);
  } else if constexpr (std::is_same_v<T, Acknowledge> || std::is_same_v<T, Newest>) {
    io.field(frame.revision);
  } else if constexpr (std::is_same_v<T, Refusal>) {
    io.field(frame.from);
    io.field(frame.to);
    io.field(frame.reason, kReasonSizeMax);
  } else if constexpr (std::is_same_v<T, Load>) {
    io.field(frame.queries_per_s);
    io.field(frame.cpu_permille);
    io.field(frame.memory_bytes);
  } else if constexpr (std::is_same_v<T, Enrol>) {
    io.field(frame.token, kTokenSizeMax);
    io.field(frame.request_pem, kPemSizeMax);
  } else if constexpr (std::is_same_v<T, Renew>) {
    io.field(frame.request_pem, kPemSizeMax);
  } else if constexpr (std::is_same_v<T, Certificate>) {
    io.field(frame.name, kEdgeNameSizeMax);
    io.field(frame.certificate_pem, kPemSizeMax);
    io.field(frame.authority_pem, kPemSizeMax);
  } else if constexpr (std::is_same_v<T, Farewell>) {
    io.field(frame.reason, kReasonSizeMax);
  } else if constexpr (std::is_same_v<T, Health>) {
    io.field(frame.begins);
    io.field(frame.completes);
    io.field(frame.states);
  } else if constexpr (std::is_same_v<T, Checker>) {
    io.field(frame.region, kRegionSizeMax);
  } else if constexpr (std::is_same_v<T, Checks>) {
    io.field(frame.begins);
    io.field(frame.completes);
    io.field(frame.checks);
  } else if constexpr (std::is_same_v<T, Reports>) {
    io.field(frame.reports);
  } else if constexpr (std::is_same_v<T, Locations>) {
    io.field(frame.locations);
  } else if constexpr (std::is_same_v<T, Requests>) {
    io.field(frame.series);
    io.field(frame.number);
    io.field(frame.plain_size);
    io.field(frame.records, kRequestsBytesMax);
  } else if constexpr (std::is_same_v<T, RequestsTaken>) {
    io.field(frame.series);
    io.field(frame.number);
  } else if constexpr (std::is_same_v<T, TierAt>) {
    io.field(frame.address, kTierAddressSizeMax);
  } else if constexpr (std::is_same_v<T, Follow>) {
    io.field(frame.subject);
  } else {
    static_assert(std::is_same_v<T, ImageWanted>);
  }
}

std::unexpected<Error> malformed(std::string why) {
  return fail(ErrorCode::Invalid, "feed: " + std::move(why), ErrorSource::Peer);
}

template <std::size_t Kind = 0>
Result<Frame> read_frame(std::size_t kind, Bytes body) {
  if constexpr (Kind == std::variant_size_v<Frame>) {
    return malformed("a frame of an unknown kind");
  } else {
    if (kind != Kind) return read_frame<Kind + 1>(kind, body);
    std::variant_alternative_t<Kind, Frame> frame;
    Reader in(body);
    fields(in, frame);
    if (!in.whole()) return malformed("a frame whose fields do not fit it");
    return Frame(std::move(frame));
  }
}

}  // namespace

std::string encode(const Frame& frame) {
  std::string out(kLengthSize, '\0');
  append_u8(out, static_cast<std::uint8_t>(frame.index() + 1));
  Writer writer(out);
  std::visit([&](const auto& one) { fields(writer, one); }, frame);
  store_u32(reinterpret_cast<std::uint8_t*>(out.data()),
            static_cast<std::uint32_t>(out.size() - kLengthSize));
  return out;
}

Result<std::optional<Frame>> FrameReader::next() {
  ByteReader in(std::string_view(buffer_).substr(taken_));
  const std::uint32_t size = in.u32();
  if (in.ok() && (size == 0 || size > kFrameBytesMax)) return malformed("a frame of an impossible size");
  const Bytes frame = in.take(size);
  if (!in.ok()) {
    buffer_.erase(0, taken_);
    taken_ = 0;
    return std::nullopt;
  }
  taken_ += in.position();
  return TRY(read_frame(static_cast<std::size_t>(frame[0]) - 1, frame.subspan(1)));
}

bool is_spoken(std::uint16_t protocol) {
  return kProtocolVersionMin <= protocol && protocol <= kProtocolVersion;
}

bool is_location_code(std::string_view code) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !code.empty() && code.size() <= kLocationCodeSizeMax && std::ranges::all_of(code, allowed);
}

bool is_edge_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kEdgeNameSizeMax && std::ranges::all_of(name, allowed) &&
         name.front() != '-' && name.back() != '-';
}

}  // namespace meridian::snapshots::feed
