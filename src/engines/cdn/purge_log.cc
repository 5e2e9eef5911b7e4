#include "engines/cdn/purge_log.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::engines::cdn {

void PurgeLog::purge(std::string_view item) {
  std::unique_lock lock(mutex_);
  add(item);
}

bool PurgeLog::restore(std::uint64_t number, std::string_view item) {
  std::unique_lock lock(mutex_);
  if (number == 0) return false;
  if (lines_.empty() && newest() == 0) {
    before_first_ = number - 1;
    newest_ = number - 1;
  }
  if (number != newest() + 1) return false;
  add(item);
  return true;
}

void PurgeLog::each_line(const std::function<void(std::uint64_t, std::string_view)>& each) const {
  std::shared_lock lock(mutex_);
  std::uint64_t number = before_first_;
  for (const Line& line : lines_) each(++number, item_of(line));
}

std::string PurgeLog::item_of(const Line& line) {
  switch (line.kind) {
    case Line::Kind::Exact:
      break;
    case Line::Kind::Prefix:
      return line.text + "*";
    case Line::Kind::Tag:
      return "#" + line.text;
  }
  return line.text;
}

void PurgeLog::add(std::string_view item) {
  Line line;
  if (item.starts_with('#')) {
    line = {Line::Kind::Tag, to_lower(item.substr(1))};
  } else if (item.ends_with('*')) {
    line = {Line::Kind::Prefix, std::string(item.substr(0, item.size() - 1))};
  } else {
    line = {Line::Kind::Exact, std::string(item)};
  }
  const std::uint64_t number = newest_.load(std::memory_order_relaxed) + 1;
  const auto [at, is_new] = newest_of(line.kind).insert_or_assign(line.text, number);
  if (is_new && line.kind == Line::Kind::Prefix) ++prefix_sizes_[line.text.size()];
  lines_.push_back(std::move(line));
  if (lines_.size() > kPurgeLinesMax) forget_oldest();
  newest_.store(number, std::memory_order_release);
}

void PurgeLog::forget_oldest() {
  const Line& line = lines_.front();
  ++before_first_;
  Newest& newest = newest_of(line.kind);
  if (const auto at = newest.find(line.text); at != newest.end() && at->second == before_first_) {
    newest.erase(at);
    if (line.kind == Line::Kind::Prefix)
      if (const auto size = prefix_sizes_.find(line.text.size()); --size->second == 0)
        prefix_sizes_.erase(size);
  }
  lines_.pop_front();
}

std::uint64_t PurgeLog::newest_line(Line::Kind kind, std::string_view text) const {
  const Newest& newest = newest_of_[static_cast<std::size_t>(kind)];
  const auto at = newest.find(text);
  return at != newest.end() ? at->second : 0;
}

bool PurgeLog::purged(std::string_view uri, const std::vector<std::string>& tags,
                      std::atomic<std::uint64_t>& seen) const {
  const std::uint64_t from = seen.load(std::memory_order_relaxed);
  if (from == newest()) return false;
  std::shared_lock lock(mutex_);
  const std::uint64_t newest = before_first_ + lines_.size();
  if (from < before_first_ || from > newest) return true;
  if (is_after(Line::Kind::Exact, uri, from)) return true;
  for (const std::string& tag : tags)
    if (is_after(Line::Kind::Tag, tag, from)) return true;
  for (const auto& [size, count] : prefix_sizes_) {
    if (size > uri.size()) break;
    if (is_after(Line::Kind::Prefix, uri.substr(0, size), from)) return true;
  }
  seen.store(newest, std::memory_order_relaxed);
  return false;
}

void PurgeLog::count_taken(std::string_view uri, const std::vector<std::string>& tags,
                           std::uint64_t seen) const {
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::uint64_t earliest = kNone;
  const auto consider = [&](std::uint64_t line) {
    if (line > seen) earliest = std::min(earliest, line);
  };
  std::shared_lock lock(mutex_);
  consider(newest_line(Line::Kind::Exact, uri));
  for (const std::string& tag : tags) consider(newest_line(Line::Kind::Tag, tag));
  for (const auto& [size, count] : prefix_sizes_) {
    if (size > uri.size()) break;
    consider(newest_line(Line::Kind::Prefix, uri.substr(0, size)));
  }
  if (earliest == kNone) return;
  if (taken_) taken_->add();
  std::lock_guard counting(copies_mutex_);
  ++copies_[earliest];
  copies_.erase(copies_.begin(), copies_.upper_bound(before_first_));
}

std::vector<PurgeCount> PurgeLog::counts(std::size_t lines_max) const {
  std::vector<PurgeCount> counts;
  std::shared_lock lock(mutex_);
  std::lock_guard counting(copies_mutex_);
  for (auto at = copies_.rbegin(); at != copies_.rend() && counts.size() < lines_max; ++at)
    if (at->first > before_first_)
      counts.push_back({at->first, item_of(lines_[at->first - before_first_ - 1]), at->second});
  return counts;
}

std::shared_ptr<PurgeLog> PurgeLogs::of(std::string_view distribution_id) {
  std::lock_guard lock(mutex_);
  if (const auto at = logs_.find(distribution_id); at != logs_.end()) return at->second;
  return logs_.emplace(distribution_id, std::make_shared<PurgeLog>(std::string(distribution_id), taken_))
      .first->second;
}

void PurgeLogs::each_line(
    const std::function<void(std::string_view, std::uint64_t, std::string_view)>& each) const {
  std::lock_guard lock(mutex_);
  for (const auto& [id, log] : logs_)
    log->each_line([&](std::uint64_t number, std::string_view item) { each(id, number, item); });
}

void PurgeLogs::clear() {
  std::lock_guard lock(mutex_);
  logs_.clear();
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
