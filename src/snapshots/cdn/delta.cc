#include "snapshots/cdn/delta.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <tuple>
#include <unordered_map>

#include "base/bytes.h"
#include "snapshots/cdn/delta_check.h"

namespace meridian::snapshots::cdn {
namespace {

constexpr std::string_view kMagic = "MCD2";  // the format and its version
// Behind the id of a soft invalidation. Edges that know of none do not read ids: to them it is a hard one.
constexpr std::string_view kSoftMark = " soft";

// fields() below names the parts of each struct once, all of them: a member that is added to a struct does
// not compile until it is encoded. A Writer and a Reader visit them in the same order.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <std::integral T>
  void number(const T& value) {
    for (std::size_t shift = sizeof(T) * 8; shift > 0; shift -= 8)
      append_u8(out_, static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (shift - 8)));
  }
  void number(const double& value) { number(std::bit_cast<std::uint64_t>(value)); }
  void number(const std::chrono::seconds& value) { number(static_cast<std::uint64_t>(value.count())); }
  template <typename E>
  void kind(const E& value, E) {
    append_u8(out_, static_cast<std::uint8_t>(value));
  }
  void text(const std::string& value, std::size_t = kTextBytesMax) { append_sized(out_, value); }
  void marked(const std::string& value, std::string_view mark, bool is_marked) {
    append_sized(out_, is_marked ? value + std::string(mark) : value);
  }
  template <typename T, typename Each>
  void list(const std::vector<T>& values, Each each, std::size_t = kListMax) {
    append_u32(out_, static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) each(value);
  }
  template <typename T, typename Each>
  void optional(const std::optional<T>& value, Each each) {
    append_u8(out_, value.has_value());
    if (value) each(*value);
  }
  template <typename T>
  void shared(const std::shared_ptr<const T>& value);

 private:
  std::string& out_;
};

class Reader {
 public:
  Reader(std::string_view bytes, SharedParts& parts) : bytes_(bytes), in_(bytes), parts_(parts) {}

  template <std::integral T>
  void number(T& value) {
    std::uint64_t read = 0;
    for (const std::uint8_t byte : in_.take(sizeof(T))) read = read << 8 | byte;
    if constexpr (std::same_as<T, bool>) good_ = good_ && read <= 1;
    value = static_cast<T>(read);
  }
  void number(double& value) { value = std::bit_cast<double>(in_.u64()); }
  void number(std::chrono::seconds& value) {
    const std::uint64_t count = in_.u64();
    good_ = good_ && count <= static_cast<std::uint64_t>(kTimeMax.count());
    value = good_ ? std::chrono::seconds(count) : std::chrono::seconds(0);
  }
  template <typename E>
  void kind(E& value, E last) {
    const std::uint8_t read = in_.u8();
    good_ = good_ && read <= static_cast<std::uint8_t>(last);
    if (good_) value = static_cast<E>(read);
  }
  void text(std::string& value, std::size_t size_max = kTextBytesMax) {
    const std::string_view read = in_.sized();
    good_ = good_ && read.size() <= size_max;
    if (good_) value = read;
  }
  void marked(std::string& value, std::string_view mark, bool& is_marked) {
    text(value);
    is_marked = value.ends_with(mark);
    if (is_marked) value.resize(value.size() - mark.size());
  }
  // Grows with what is there: a count of what is not makes nothing.
  template <typename T, typename Each>
  void list(std::vector<T>& values, Each each, std::size_t most = kListMax) {
    const std::uint32_t count = in_.u32();
    good_ = good_ && in_.ok() && count <= most;
    for (std::uint32_t i = 0; i < count && ok(); ++i) each(values.emplace_back());
  }
  template <typename T, typename Each>
  void optional(std::optional<T>& value, Each each) {
    bool there = false;
    number(there);
    if (ok() && there) each(value.emplace());
  }
  template <typename T>
  void shared(std::shared_ptr<const T>& value);

  bool ok() const { return good_ && in_.ok(); }
  bool whole() const { return ok() && in_.at_end(); }

 private:
  template <typename T>
  using Known = std::unordered_map<std::string_view, std::shared_ptr<const T>>;  // by its bytes

  const std::string_view bytes_;
  ByteReader in_;
  SharedParts& parts_;
  bool good_ = true;
  // What several refer to is one object again.
  std::tuple<Known<ResponseHeadersPolicy>, Known<TrustedKey>, Known<ViewerCertificate>, Known<OriginKeys>,
             Known<TierMap>>
      known_;
};

template <typename T, typename Of>
concept Any = std::same_as<std::remove_const_t<T>, Of>;

template <typename Io>
void texts(Io& io, auto& values) {
  io.list(values, [&](auto& value) { io.text(value); });
}
template <typename Io>
void structs(Io& io, auto& values) {
  io.list(values, [&](auto& value) { fields(io, value); });
}

template <typename Io, Any<Selection> T>
void fields(Io& io, T& value) {
  auto& [kind, names] = value;
  io.kind(kind, Selection::Kind::All);
  texts(io, names);
}

template <typename Io, Any<TtlRule> T>
void fields(Io& io, T& value) {
  auto& [minimum, fallback, maximum] = value;
  io.number(minimum);
  io.number(fallback);
  io.number(maximum);
}

template <typename Io, Any<CacheKeyRule> T>
void fields(Io& io, T& value) {
  auto& [headers, cookies, query_strings, gzip, brotli, never_cache] = value;
  fields(io, headers);
  fields(io, cookies);
  fields(io, query_strings);
  io.number(gzip);
  io.number(brotli);
  io.number(never_cache);
}

template <typename Io, Any<ForwardRule> T>
void fields(Io& io, T& value) {
  auto& [headers, cookies, query_strings, legacy] = value;
  fields(io, headers);
  fields(io, cookies);
  fields(io, query_strings);
  io.number(legacy);
}

template <typename Io, Any<AddedHeader> T>
void fields(Io& io, T& value) {
  auto& [name, text, override_origin] = value;
  io.text(name);
  io.text(text);
  io.number(override_origin);
}

template <typename Io, Any<CorsRule> T>
void fields(Io& io, T& value) {
  auto& [allow_credentials, override_origin, origins, methods, headers, exposed, max_age] = value;
  io.number(allow_credentials);
  io.number(override_origin);
  texts(io, origins);
  texts(io, methods);
  texts(io, headers);
  texts(io, exposed);
  io.optional(max_age, [&](auto& age) { io.number(age); });
}

template <typename Io, Any<ResponseHeadersPolicy> T>
void fields(Io& io, T& value) {
  auto& [id, cors, added, removed, server_timing_percent] = value;
  io.text(id);
  io.optional(cors, [&](auto& rule) { fields(io, rule); });
  structs(io, added);
  texts(io, removed);
  io.number(server_timing_percent);
}

template <typename Io, Any<TrustedKey> T>
void fields(Io& io, T& value) {
  auto& [id, public_pem] = value;
  io.text(id);
  io.text(public_pem, kPemBytesMax);
}

template <typename Io, Any<Behavior> T>
void fields(Io& io, T& value) {
  auto& [path_pattern, is_default, origin, group, viewer_protocol, allowed_methods, cache_options, compress,
         allow_grpc, ttl, key, forward, generated, response_headers, trusted_keys, restricted,
         realtime_log_arn, cache_policy_id, origin_request_policy_id] = value;
  io.text(path_pattern);
  io.number(is_default);
  io.number(origin);
  io.number(group);
  io.kind(viewer_protocol, ViewerProtocol::HttpsOnly);
  io.number(allowed_methods);
  io.number(cache_options);
  io.number(compress);
  io.number(allow_grpc);
  fields(io, ttl);
  fields(io, key);
  fields(io, forward);
  texts(io, generated);
  io.shared(response_headers);
  io.list(trusted_keys, [&](auto& trusted) { io.shared(trusted); });
  io.number(restricted);
  io.text(realtime_log_arn);
  io.text(cache_policy_id);
  io.text(origin_request_policy_id);
}

template <typename Io, Any<OriginAccess> T>
void fields(Io& io, T& value) {
  auto& [kind, signing, signed_service, identity_id] = value;
  io.kind(kind, OriginAccess::Kind::Identity);
  io.kind(signing, SigningBehavior::NoOverride);
  io.text(signed_service);
  io.text(identity_id);
}

template <typename Io, Any<OriginStandIn> T>
void fields(Io& io, T& value) {
  auto& [host, port, tls] = value;
  io.text(host);
  io.number(port);
  io.number(tls);
}

template <typename Io, Any<Origin> T>
void fields(Io& io, T& value) {
  auto& [id, domain_name, path, custom_headers, is_s3, protocol, http_port, https_port, oldest_tls,
         connection_attempts, connect_timeout, read_timeout, keep_alive, completion_timeout, shield_region,
         access, stand_in] = value;
  io.text(id);
  io.text(domain_name);
  io.text(path);
  structs(io, custom_headers);
  io.number(is_s3);
  io.kind(protocol, OriginProtocol::HttpsOnly);
  io.number(http_port);
  io.number(https_port);
  io.kind(oldest_tls, net::TlsVersion::Tls13);
  io.number(connection_attempts);
  io.number(connect_timeout);
  io.number(read_timeout);
  io.number(keep_alive);
  io.optional(completion_timeout, [&](auto& time) { io.number(time); });
  io.text(shield_region);
  fields(io, access);
  io.optional(stand_in, [&](auto& other) { fields(io, other); });
}

template <typename Io, Any<OriginGroup> T>
void fields(Io& io, T& value) {
  auto& [id, primary, secondary, failover_statuses] = value;
  io.text(id);
  io.number(primary);
  io.number(secondary);
  io.list(failover_statuses, [&](auto& status) { io.number(status); });
}

template <typename Io, Any<GeoRestriction> T>
void fields(Io& io, T& value) {
  auto& [kind, countries] = value;
  io.kind(kind, GeoRestriction::Kind::Block);
  texts(io, countries);
}

template <typename Io, Any<ErrorPage> T>
void fields(Io& io, T& value) {
  auto& [error_code, page_path, response_code, caching_minimum] = value;
  io.number(error_code);
  io.text(page_path);
  io.number(response_code);
  io.number(caching_minimum);
}

template <typename Io, Any<StandardLog> T>
void fields(Io& io, T& value) {
  auto& [enabled, include_cookies, bucket, prefix] = value;
  io.number(enabled);
  io.number(include_cookies);
  io.text(bucket);
  io.text(prefix);
}

template <typename Io, Any<ContinuousDeployment> T>
void fields(Io& io, T& value) {
  auto& [staging_id, weight, sticky_idle, sticky_maximum, header_name, header_value] = value;
  io.text(staging_id);
  io.number(weight);
  io.optional(sticky_idle, [&](auto& time) { io.number(time); });
  io.optional(sticky_maximum, [&](auto& time) { io.number(time); });
  io.text(header_name);
  io.text(header_value);
}

template <typename Io, Any<ViewerCertificate> T>
void fields(Io& io, T& value) {
  auto& [chain_pem, key_pem] = value;
  io.text(chain_pem, kPemBytesMax);
  io.text(key_pem, kPemBytesMax);
}

template <typename Io, Any<ViewerTls> T>
void fields(Io& io, T& value) {
  auto& [certificate_arn, security_policy, certificate] = value;
  io.text(certificate_arn);
  io.text(security_policy);
  io.shared(certificate);
}

template <typename Io, Any<Distribution> T>
void fields(Io& io, T& value) {
  auto& [id, account, arn, domain_name, aliases, revision, enabled, staging, ipv6, http2, http3, price_class,
         default_root_object, geo, error_pages, origins, groups, behaviors, tls, log, additional_metrics,
         tag_header, continuous_deployment] = value;
  io.text(id);
  io.text(account);
  io.text(arn);
  io.text(domain_name);
  texts(io, aliases);
  io.number(revision);
  io.number(enabled);
  io.number(staging);
  io.number(ipv6);
  io.number(http2);
  io.number(http3);
  io.kind(price_class, PriceClass::All);
  io.text(default_root_object);
  fields(io, geo);
  structs(io, error_pages);
  structs(io, origins);
  structs(io, groups);
  structs(io, behaviors);
  fields(io, tls);
  fields(io, log);
  io.number(additional_metrics);
  io.text(tag_header);
  io.optional(continuous_deployment, [&](auto& deployment) { fields(io, deployment); });
}

template <typename Io, Any<OriginKey> T>
void fields(Io& io, T& value) {
  auto& [date, service, key] = value;
  io.text(date);
  io.text(service);
  io.text(key);
}

template <typename Io, Any<OriginKeys> T>
void fields(Io& io, T& value) {
  auto& [access_key_id, keys] = value;
  io.text(access_key_id);
  structs(io, keys);
}

template <typename Io, Any<TierEdge> T>
void fields(Io& io, T& value) {
  auto& [name, address, regions] = value;
  io.text(name);
  io.text(address);
  io.list(
      regions, [&](auto& region) { io.text(region); }, kTierRegionsMax);
}

template <typename Io, Any<TierMap> T>
void fields(Io& io, T& value) {
  auto& [edges] = value;
  io.list(
      edges, [&](auto& edge) { fields(io, edge); }, kTierEdgesMax);
}

template <typename Io, Any<Invalidation> T>
void fields(Io& io, T& value) {
  auto& [id, distribution_id, revision, paths, soft] = value;
  io.marked(id, kSoftMark, soft);
  io.text(distribution_id);
  io.number(revision);
  texts(io, paths);
}

// A distribution is never null, and shared by nobody here.
template <typename Io>
void fields(Io& io, SharedDistribution& value) {
  auto made = std::make_shared<Distribution>();
  fields(io, *made);
  value = std::move(made);
}
template <typename Io>
void fields(Io& io, const SharedDistribution& value) {
  fields(io, *value);
}

template <typename Io, Any<Delta> T>
void fields(Io& io, T& value) {
  auto& [from, to, whole, puts, removes, invalidations, invalidations_after, own_certificate, origin_keys,
         tier_map] = value;
  io.number(from);
  io.number(to);
  io.number(whole);
  io.list(
      puts, [&](auto& put) { fields(io, put); }, kDistributionsMax);
  io.list(
      removes, [&](auto& id) { io.text(id); }, kDistributionsMax);
  io.list(
      invalidations, [&](auto& invalidation) { fields(io, invalidation); }, kInvalidationsMax);
  io.number(invalidations_after);
  io.shared(own_certificate);
  io.shared(origin_keys);
  io.shared(tier_map);
}

template <typename T>
void Writer::shared(const std::shared_ptr<const T>& value) {
  append_u8(out_, value != nullptr);
  if (value) fields(*this, *value);
}

template <typename T>
void Reader::shared(std::shared_ptr<const T>& value) {
  bool there = false;
  number(there);
  if (!ok() || !there) return;
  const std::size_t begin = in_.position();
  auto made = std::make_shared<T>();
  fields(*this, *made);
  if (!ok()) return;
  const std::string_view text = bytes_.substr(begin, in_.position() - begin);
  auto& known = std::get<Known<T>>(known_)[text];
  if (!known) {
    known = std::move(made);
    parts_.unify(text, known);
  }
  value = known;
}

}  // namespace

std::unique_ptr<const CdnSnapshot> apply(const CdnSnapshot& before, const Delta& delta) {
  if (!delta.whole) return before.next(delta.to, delta.puts, delta.removes, delta.own_certificate);
  const CdnSnapshot nothing;
  return nothing.next(delta.to, delta.puts, {},
                      delta.own_certificate ? delta.own_certificate : before.own_certificate());
}

Delta image_of(const CdnSnapshot& snapshot, SharedOriginKeys origin_keys, SharedTierMap tier_map) {
  Delta image{.to = snapshot.revision(), .whole = true};
  image.puts.reserve(snapshot.size());
  snapshot.by_id().for_each([&](const auto&, const SharedDistribution& each) { image.puts.push_back(each); });
  // One snapshot, one image.
  std::ranges::sort(image.puts, {},
                    [](const SharedDistribution& each) -> std::string_view { return each->id; });
  image.own_certificate = snapshot.own_certificate();
  image.origin_keys = std::move(origin_keys);
  image.tier_map = std::move(tier_map);
  return image;
}

std::string encode(const Delta& delta) {
  std::string out(kMagic);
  Writer writer(out);
  fields(writer, delta);
  return out;
}

Result<Delta> decode(std::string_view bytes) {
  SharedParts alone;
  return decode(bytes, alone);
}

Result<Delta> decode(std::string_view bytes, SharedParts& parts) {
  if (!bytes.starts_with(kMagic))
    return fail(ErrorCode::Invalid, "CDN delta: not one of this version", ErrorSource::Peer);
  Reader reader(bytes.substr(kMagic.size()), parts);
  Delta delta;
  fields(reader, delta);
  if (!reader.whole())
    return fail(ErrorCode::Invalid, "CDN delta: its fields do not fit it", ErrorSource::Peer);
  TRY(check(delta));
  return delta;
}

}  // namespace meridian::snapshots::cdn
