#include "engines/cdn/disk/disk_tier.h"

#include <fmt/format.h>

#include <filesystem>

namespace meridian::engines::cdn::disk {
namespace {

// Strangers choose what is hashed: a key nobody else knows. It stays, or nothing would be found again.
Result<SipKey> read_secret(const DiskTierParts& parts, const std::string& path) {
  std::array<std::uint8_t, 16> bytes{};
  if (const auto kept = parts.disk.read(path); kept && kept->size() == bytes.size()) {
    std::ranges::copy(as_bytes(*kept), bytes.begin());
  } else {
    parts.random.fill(bytes);
    TRY(parts.disk.replace(path, bytes));
  }
  return SipKey::from_bytes(bytes);
}

// Also those of locations that are served another time.
Result<void> remove_caches(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.is_directory(error)) std::filesystem::remove_all(entry.path(), error);
  if (error) return fail(ErrorCode::Unavailable, directory + ": " + error.message(), ErrorSource::Storage);
  return {};
}

Result<void> check_room(const std::string& directory, std::uint64_t bytes_max) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error) return {};
  std::uint64_t ours = 0;
  for (auto at = std::filesystem::recursive_directory_iterator(directory, error);
       !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error))
    if (std::error_code ignored; at->is_regular_file(ignored)) ours += at->file_size(ignored);
  if (space.available + ours >= bytes_max) return {};
  return invalid(fmt::format("{} has room for {} bytes of the {} that the cache on disk may take", directory,
                             space.available + ours, bytes_max));
}

}  // namespace

Result<std::unique_ptr<DiskTier>> DiskTier::open(const DiskTierParts& parts, const std::string& directory,
                                                 std::uint64_t bytes_max,
                                                 const std::vector<std::string>& locations) {
  std::unique_ptr<DiskTier> tier(new DiskTier(TRY(DirectoryLock::take(directory))));
  TRY(check_room(directory, bytes_max));
  tier->key_secret_ = TRY(read_secret(parts, directory + "/secret"));
  tier->journal_ = PurgeJournal::open(parts.disk, directory + "/purges", parts.purges);
  if (!tier->journal_->has_begun()) TRY(remove_caches(directory));
  TRY(tier->journal_->begin());
  for (const std::string& location : locations)
    tier->caches_[location] = TRY(
        DiskCache::open({parts.disk, tier->pool_, parts.purges, parts.metrics, location},
                        directory + "/" + location, bytes_max / std::max<std::size_t>(locations.size(), 1)));
  return tier;
}

DiskTier::~DiskTier() {
  stop();
}

}  // namespace meridian::engines::cdn::disk
