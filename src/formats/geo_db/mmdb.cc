// The one file that knows libmaxminddb. The library only opens files, and maps them: bytes that are already
// read go through an anonymous one, so that nobody who writes to the operator's file can take the mapping
// away (SIGBUS).
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "formats/geo/geo.h"
#include "formats/geo_db/geo_db.h"

namespace meridian::geo_db {
namespace {

class AnonymousFile {
 public:
  AnonymousFile() : descriptor_(memfd_create("meridian-geo-database", MFD_CLOEXEC)) {}
  ~AnonymousFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  AnonymousFile(const AnonymousFile&) = delete;
  AnonymousFile& operator=(const AnonymousFile&) = delete;

  bool fill(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t wrote = write(descriptor_, bytes.data(), bytes.size());
      if (wrote < 0 && errno != EINTR) return false;
      if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

bool plausible(std::string_view code) {
  if (code.size() < 1 || code.size() > 3) return false;
  return code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string_view::npos;
}

class Mmdb final : public GeoDatabase {
 public:
  Mmdb() = default;
  ~Mmdb() override {
    if (open_) MMDB_close(&mmdb_);
  }
  Mmdb(const Mmdb&) = delete;
  Mmdb& operator=(const Mmdb&) = delete;

  Result<void> open(std::string_view bytes);
  const Metadata& metadata() const override { return metadata_; }
  Result<void> each_block(Family family, const std::function<void(const Block&)>& each) const override;
  Record record(std::uint32_t record) const override;
  std::optional<std::uint32_t> find(const net::IpAddress& address) const override;
  Details details(std::uint32_t record) const override;

 private:
  template <typename... Path>
  MMDB_entry_data_s value(std::uint32_t record, Path... path) const {
    MMDB_entry_s entry{&mmdb_, record};
    MMDB_entry_data_s found{};
    const std::array<const char*, sizeof...(Path) + 1> words = {path..., nullptr};
    if (MMDB_aget_value(&entry, &found, words.data()) != MMDB_SUCCESS) found.has_data = false;
    return found;
  }
  template <typename... Path>
  std::string_view text(std::uint32_t record, Path... path) const {
    const auto found = value(record, path...);
    if (!found.has_data || found.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    return {found.utf8_string, found.data_size};
  }
  template <typename... Path>
  double number(std::uint32_t record, Path... path) const {
    const auto found = value(record, path...);
    if (found.has_data && found.type == MMDB_DATA_TYPE_DOUBLE) return found.double_value;
    if (found.has_data && found.type == MMDB_DATA_TYPE_FLOAT) return static_cast<double>(found.float_value);
    return std::nan("");
  }

  template <typename... Path>
  std::uint32_t whole_number(std::uint32_t record, Path... path) const {
    const auto found = value(record, path...);
    if (found.has_data && found.type == MMDB_DATA_TYPE_UINT32) return found.uint32;
    return found.has_data && found.type == MMDB_DATA_TYPE_UINT16 ? found.uint16 : 0;
  }
  template <typename... Path>
  std::string detail(std::uint32_t record, Path... path) const {
    const std::string_view found = text(record, path...);
    const auto fits = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; };
    return found.size() <= kDetailBytesMax && std::ranges::all_of(found, fits) ? std::string(found) : "";
  }

  MMDB_s mmdb_{};
  bool open_ = false;
  Metadata metadata_;
};

Result<void> Mmdb::open(std::string_view bytes) {
  if (bytes.size() > kDatabaseBytesMax) return fail(ErrorCode::Limit, "the database is larger than 2 GiB");
  AnonymousFile file;
  if (!file.fill(bytes))
    return fail(ErrorCode::Unavailable, std::string("no memory for the database: ") + std::strerror(errno));
  const int status = MMDB_open(file.path().c_str(), MMDB_MODE_MMAP, &mmdb_);
  if (status != MMDB_SUCCESS) return invalid(std::string("not an .mmdb database: ") + MMDB_strerror(status));
  open_ = true;
  metadata_ = {mmdb_.metadata.database_type ? mmdb_.metadata.database_type : "", mmdb_.metadata.build_epoch,
               mmdb_.metadata.ip_version, mmdb_.metadata.node_count};
  if (metadata_.ip_version != 4 && metadata_.ip_version != 6)
    return invalid("not an .mmdb database of IP addresses");
  return {};
}

// Depth first, lower half first. What is above an IPv6 tree's /64 is walked; below it only the first address
// counts.
Result<void> Mmdb::each_block(Family family, const std::function<void(const Block&)>& each) const {
  struct Step {
    std::uint64_t node, first;
    unsigned depth;
    std::uint8_t type;
  };
  const bool v4 = family == Family::V4;
  if (!v4 && metadata_.ip_version == 4) return {};
  // Where IPv4 begins: the root of its own tree; below ::/96 of one for both.
  std::uint64_t start = 0;
  if (v4 && metadata_.ip_version == 6) {
    if (mmdb_.ipv4_start_node.netmask != 96) return {};
    start = mmdb_.ipv4_start_node.node_value;
    if (start >= metadata_.nodes) return {};
  }
  const bool skip_v4 = !v4 && mmdb_.ipv4_start_node.netmask == 96;
  const unsigned address_bits = v4 ? 32 : 64, depth_max = v4 ? 32 : 128;

  std::vector<Step> steps{{start, 0, 0, MMDB_RECORD_TYPE_SEARCH_NODE}};
  std::uint64_t visits = 0;
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.type == MMDB_RECORD_TYPE_DATA) {
      each({step.first, std::min(step.depth, address_bits), static_cast<std::uint32_t>(step.node)});
      continue;
    }
    if (++visits > kVisitsPerNode * metadata_.nodes || step.depth >= depth_max)
      return invalid("the database's tree of addresses is broken");
    MMDB_search_node_s node;
    if (MMDB_read_node(&mmdb_, static_cast<std::uint32_t>(step.node), &node) != MMDB_SUCCESS)
      return invalid("the database's tree of addresses is broken");
    const auto follow = [&](std::uint64_t record, std::uint8_t type, const MMDB_entry_s& entry,
                            bool upper) -> bool {
      if (type == MMDB_RECORD_TYPE_INVALID) return false;
      // 6to4, Teredo and mapped addresses lead to IPv4's nodes once more in MaxMind's databases.
      if (type == MMDB_RECORD_TYPE_EMPTY ||
          (type == MMDB_RECORD_TYPE_SEARCH_NODE && skip_v4 && record == mmdb_.ipv4_start_node.node_value))
        return true;
      std::uint64_t first = step.first;
      if (step.depth < address_bits)
        first |= static_cast<std::uint64_t>(upper) << (address_bits - 1 - step.depth);
      steps.push_back({type == MMDB_RECORD_TYPE_DATA ? entry.offset : record, first, step.depth + 1, type});
      return true;
    };
    const bool both = step.depth < address_bits;
    if ((both && !follow(node.right_record, node.right_record_type, node.right_record_entry, true)) ||
        !follow(node.left_record, node.left_record_type, node.left_record_entry, false))
      return invalid("the database's tree of addresses is broken");
  }
  return {};
}

Record Mmdb::record(std::uint32_t record) const {
  Record told;
  const auto code = [](std::string_view text) { return plausible(text) ? std::string(text) : std::string(); };
  const bool flat = !text(record, "country_code").empty();
  if (flat) {
    told.country = code(text(record, "country_code"));
    told.continent = code(text(record, "continent_code"));
    const auto* subdivision = geo::find_subdivision_named(told.country, text(record, "state1"));
    if (subdivision) told.subdivision = subdivision->code;
  } else {
    told.country = code(text(record, "country", "iso_code"));
    told.continent = code(text(record, "continent", "code"));
    told.subdivision = code(text(record, "subdivisions", "0", "iso_code"));
  }
  told.latitude = flat ? number(record, "latitude") : number(record, "location", "latitude");
  told.longitude = flat ? number(record, "longitude") : number(record, "location", "longitude");
  told.has_point = std::abs(told.latitude) <= 90 && std::abs(told.longitude) <= 180;
  if (!told.has_point) told.latitude = told.longitude = 0;
  return told;
}

std::optional<std::uint32_t> Mmdb::find(const net::IpAddress& address) const {
  sockaddr_storage storage{};
  const std::string_view bytes = address.bytes();
  if (address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
  }
  int error = MMDB_SUCCESS;
  const auto found = MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<const sockaddr*>(&storage), &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  return found.entry.offset;
}

Details Mmdb::details(std::uint32_t record) const {
  Details told;
  told.network = whole_number(record, "autonomous_system_number");
  if (!text(record, "country_code").empty()) {
    told.city = detail(record, "city");
    told.postal_code = detail(record, "postcode");
    told.time_zone = detail(record, "timezone");
    return told;
  }
  told.city = detail(record, "city", "names", "en");
  told.postal_code = detail(record, "postal", "code");
  told.time_zone = detail(record, "location", "time_zone");
  if (const std::uint32_t metro = whole_number(record, "location", "metro_code"); metro != 0)
    told.metro_code = std::to_string(metro);
  return told;
}

}  // namespace

Result<std::unique_ptr<GeoDatabase>> open_geo_database(std::string_view bytes) {
  auto database = std::make_unique<Mmdb>();
  TRY(database->open(bytes));
  return database;
}

}  // namespace meridian::geo_db
