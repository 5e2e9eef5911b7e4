#include "formats/http2/static_table.h"

namespace meridian::http2 {

constexpr std::array<TableField, kStaticFields + 1> kStaticTable = {{
    {},
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

namespace {

constexpr std::size_t kBuckets = 256;

constexpr std::size_t bucket_of(std::string_view name) {
  const auto at = [name](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(name[i]));
  };
  return (name.size() * 7 + at(name.size() - 1) * 31 + at(name.size() / 2) * 3 + at(0)) % kBuckets;
}

struct Names {
  std::array<std::uint8_t, kBuckets> first{};  // 0: none
  std::array<std::uint8_t, kStaticFields + 1> next{};
};

constexpr Names make_names() {
  Names made;
  for (std::size_t i = kStaticFields; i >= 1; --i) {
    const std::size_t bucket = bucket_of(kStaticTable[i].name);
    made.next[i] = made.first[bucket];
    made.first[bucket] = static_cast<std::uint8_t>(i);
  }
  return made;
}

constexpr Names kNames = make_names();

}  // namespace

std::uint32_t find_static_name(std::string_view name) {
  if (name.empty()) return 0;
  for (std::uint8_t i = kNames.first[bucket_of(name)]; i != 0; i = kNames.next[i])
    if (kStaticTable[i].name == name) return i;
  return 0;
}

}  // namespace meridian::http2
