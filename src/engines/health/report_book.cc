#include "engines/health/report_book.h"

namespace meridian::engines::health {

void ReportBook::put(const std::string& id, Report report) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[id];
  if (report.last_failure != entry.report.last_failure) entry.failure_taken = false;
  entry.report = std::move(report);
  if (entry.number != 0) return;
  entry.number = ++newest_;
  news_.emplace(entry.number, id);
}

void ReportBook::remove(std::string_view id) {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  news_.erase(at->second.number);
  entries_.erase(at);
}

void ReportBook::repeat() {
  std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) {
    entry.failure_taken = false;
    if (entry.number != 0) continue;
    entry.number = ++newest_;
    news_.emplace(entry.number, id);
  }
}

std::vector<std::pair<std::string, Report>> ReportBook::take(std::size_t most) {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Report>> taken;
  while (!news_.empty() && taken.size() < most) {
    auto news = news_.extract(news_.begin());
    Entry& entry = entries_.find(news.mapped())->second;
    entry.number = 0;
    taken.emplace_back(std::move(news.mapped()), entry.report);
    if (std::exchange(entry.failure_taken, true)) taken.back().second.last_failure.reset();
  }
  return taken;
}

std::size_t ReportBook::news() const {
  std::lock_guard lock(mutex_);
  return news_.size();
}

}  // namespace meridian::engines::health
