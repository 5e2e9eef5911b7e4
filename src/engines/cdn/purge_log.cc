#include "engines/cdn/purge_log.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::engines::cdn {

void PurgeLog::purge(std::string_view item) {
  Line line;
  if (item.starts_with('#')) {
    line = {Line::Kind::Tag, to_lower(item.substr(1))};
  } else if (item.ends_with('*')) {
    line = {Line::Kind::Prefix, std::string(item.substr(0, item.size() - 1))};
  } else {
    line = {Line::Kind::Exact, std::string(item)};
  }
  std::unique_lock lock(mutex_);
  lines_.push_back(std::move(line));
  if (lines_.size() > kPurgeLinesMax) {
    lines_.pop_front();
    ++before_first_;
  }
  newest_.fetch_add(1, std::memory_order_release);
}

bool PurgeLog::purged(std::string_view uri, const std::vector<std::string>& tags,
                      std::atomic<std::uint64_t>& seen) const {
  const std::uint64_t from = seen.load(std::memory_order_relaxed);
  if (from == newest()) return false;
  std::shared_lock lock(mutex_);
  if (from < before_first_) return true;
  for (std::size_t i = static_cast<std::size_t>(from - before_first_); i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    if (line.kind == Line::Kind::Exact    ? uri == line.text
        : line.kind == Line::Kind::Prefix ? uri.starts_with(line.text)
                                          : std::ranges::find(tags, line.text) != tags.end())
      return true;
  }
  seen.store(before_first_ + lines_.size(), std::memory_order_relaxed);
  return false;
}

std::shared_ptr<PurgeLog> PurgeLogs::of(std::string_view distribution_id) {
  std::lock_guard lock(mutex_);
  if (const auto at = logs_.find(distribution_id); at != logs_.end()) return at->second;
  return logs_.emplace(distribution_id, std::make_shared<PurgeLog>()).first->second;
}

std::vector<std::string> read_tags(std::string_view value) {
  std::vector<std::string> tags;
  while (!value.empty() && tags.size() < kTagsMax) {
    std::string_view tag = value.substr(0, value.find(','));
    value.remove_prefix(std::min(tag.size() + 1, value.size()));
    while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
    while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
    if (!tag.empty() && tag.size() <= kTagBytesMax) tags.push_back(to_lower(tag));
  }
  return tags;
}

}  // namespace meridian::engines::cdn
