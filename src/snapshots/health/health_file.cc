#include "snapshots/health/health_file.h"

#include <string>

namespace meridian::snapshots::health {
namespace {

constexpr std::string_view kForm = "meridian health 1\n";
constexpr std::string_view kHealthy = "healthy ", kUnhealthy = "unhealthy ";

std::unexpected<Error> corrupt() {
  return fail(ErrorCode::Corrupt, "the health states that were kept cannot be read", ErrorSource::Storage);
}

}  // namespace

std::string write_states(std::span<const HealthTable::Entry> states) {
  std::string text(kForm);
  for (const HealthTable::Entry& state : states)
    text.append(state.healthy ? kHealthy : kUnhealthy).append(state.id).append("\n");
  return text;
}

Result<std::vector<HealthTable::Entry>> read_states(std::string_view text) {
  if (!text.starts_with(kForm)) return corrupt();
  text.remove_prefix(kForm.size());
  std::vector<HealthTable::Entry> states;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || states.size() == HealthTable::kChecksMax) return corrupt();
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const bool healthy = line.starts_with(kHealthy);
    if (!healthy && !line.starts_with(kUnhealthy)) return corrupt();
    line.remove_prefix((healthy ? kHealthy : kUnhealthy).size());
    if (!is_health_check_id(line)) return corrupt();
    states.push_back({std::string(line), healthy});
  }
  return states;
}

}  // namespace meridian::snapshots::health
