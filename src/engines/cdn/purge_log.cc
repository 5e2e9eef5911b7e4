#include "engines/cdn/purge_log.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::engines::cdn {

void PurgeLog::purge(std::string_view item, StaleSince stale_since) {
  std::unique_lock lock(mutex_);
  add(item, stale_since);
}

bool PurgeLog::restore(std::uint64_t number, std::string_view item, StaleSince stale_since) {
  std::unique_lock lock(mutex_);
  if (number == 0) return false;
  if (lines_.empty() && newest() == 0) {
    before_first_ = number - 1;
    newest_ = number - 1;
  }
  if (number != newest() + 1) return false;
  add(item, stale_since);
  return true;
}

void PurgeLog::each_line(const EachLine& each) const {
  std::shared_lock lock(mutex_);
  std::uint64_t number = before_first_;
  for (const Line& line : lines_) each(++number, item_of(line), line.stale_since);
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

void PurgeLog::add(std::string_view item, StaleSince stale_since) {
  Line line;
  if (item.starts_with('#')) {
    line = {Line::Kind::Tag, to_lower(item.substr(1)), stale_since};
  } else if (item.ends_with('*')) {
    line = {Line::Kind::Prefix, std::string(item.substr(0, item.size() - 1)), stale_since};
  } else {
    line = {Line::Kind::Exact, std::string(item), stale_since};
  }
  const std::uint64_t number = newest_.load(std::memory_order_relaxed) + 1;
  const auto [at, is_new] = texts(line.kind).try_emplace(line.text);
  at->second.of(line).push_back(number);
  if (is_new && line.kind == Line::Kind::Prefix) ++prefix_sizes_[line.text.size()];
  lines_.push_back(std::move(line));
  if (lines_.size() > kPurgeLinesMax) forget_oldest();
  newest_.store(number, std::memory_order_release);
}

void PurgeLog::forget_oldest() {
  const Line& line = lines_.front();
  ++before_first_;
  const auto at = texts(line.kind).find(line.text);
  Numbers& numbers = at->second;
  numbers.of(line).erase(numbers.of(line).begin());
  if (numbers.hard.empty() && numbers.soft.empty()) {
    texts(line.kind).erase(at);
    if (line.kind == Line::Kind::Prefix)
      if (const auto size = prefix_sizes_.find(line.text.size()); --size->second == 0)
        prefix_sizes_.erase(size);
  }
  lines_.pop_front();
}

Purged PurgeLog::look(std::string_view uri, const std::vector<std::string>& tags,
                      std::atomic<std::uint64_t>& seen) const {
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  const std::uint64_t from = seen.load(std::memory_order_relaxed);
  std::shared_lock lock(mutex_);
  const std::uint64_t newest = before_first_ + lines_.size();
  if (from < before_first_ || from > newest) return {.how = Purged::How::Gone};
  std::uint64_t hard = kNone, soft = kNone;
  const auto first_after = [from](const std::vector<std::uint64_t>& numbers) {
    const auto at = std::ranges::upper_bound(numbers, from);
    return at == numbers.end() ? kNone : *at;
  };
  const auto consider = [&](Line::Kind kind, std::string_view text) {
    const Texts& texts = texts_[static_cast<std::size_t>(kind)];
    const auto at = texts.find(text);
    if (at == texts.end()) return;
    hard = std::min(hard, first_after(at->second.hard));
    soft = std::min(soft, first_after(at->second.soft));
  };
  consider(Line::Kind::Exact, uri);
  for (const std::string& tag : tags) consider(Line::Kind::Tag, tag);
  for (const auto& [size, count] : prefix_sizes_) {
    if (size > uri.size()) break;
    consider(Line::Kind::Prefix, uri.substr(0, size));
  }
  if (hard != kNone) return {.how = Purged::How::Gone, .line = hard};
  if (soft != kNone) return {.how = Purged::How::Stale, .line = soft, .since = *line(soft).stale_since};
  seen.store(newest, std::memory_order_relaxed);
  return {};
}

void PurgeLog::count(const Purged& purged) const {
  count(purged, &Copies::in_memory);
  if (taken_ && purged.line != 0) taken_->add();
}

void PurgeLog::count_on_disk(const Purged& purged) const {
  count(purged, &Copies::on_disk);
}

void PurgeLog::count(const Purged& purged, std::uint64_t Copies::*which) const {
  std::shared_lock lock(mutex_);
  if (purged.line <= before_first_) return;
  std::lock_guard counting(copies_mutex_);
  ++(copies_[purged.line].*which);
  copies_.erase(copies_.begin(), copies_.upper_bound(before_first_));
}

std::string PurgeLog::item(std::uint64_t number) const {
  std::shared_lock lock(mutex_);
  return number > before_first_ && number <= newest() ? item_of(line(number)) : std::string();
}

std::vector<PurgeCount> PurgeLog::counts(std::size_t lines_max) const {
  std::vector<PurgeCount> counts;
  std::shared_lock lock(mutex_);
  std::lock_guard counting(copies_mutex_);
  for (auto at = copies_.rbegin(); at != copies_.rend() && counts.size() < lines_max; ++at)
    if (at->first > before_first_)
      counts.push_back({at->first, item_of(line(at->first)), at->second.in_memory,
                        line(at->first).stale_since.has_value(), at->second.on_disk});
  return counts;
}

std::shared_ptr<PurgeLog> PurgeLogs::of(std::string_view distribution_id) {
  std::lock_guard lock(mutex_);
  if (const auto at = logs_.find(distribution_id); at != logs_.end()) return at->second;
  return logs_.emplace(distribution_id, std::make_shared<PurgeLog>(std::string(distribution_id), taken_))
      .first->second;
}

void PurgeLogs::each_line(const EachLine& each) const {
  std::lock_guard lock(mutex_);
  for (const auto& [id, log] : logs_)
    log->each_line([&](std::uint64_t number, std::string_view item, StaleSince stale_since) {
      each(id, number, item, stale_since);
    });
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
