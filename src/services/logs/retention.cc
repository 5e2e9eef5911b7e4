#include "services/logs/retention.h"

#include "services/logs/resources.h"
#include "services/logs/service.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kScannedAtOnce = 1000;

template <typename Visit>
Result<void> for_each(store::Store& store, std::string_view prefix, Visit visit) {
  store::RangeOptions options{.limit = kScannedAtOnce};
  for (bool more = true; more;) {
    const store::Range range = TRY(store.range(prefix, options));
    for (const store::KeyValue& item : range.items) TRY(visit(item.value));
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  return {};
}

}  // namespace

Result<void> forget_unwanted(store::Store& store, store::LogStore& events, SystemTime now) {
  std::optional<std::map<std::uint64_t, std::int64_t>> oldest_by_group;  // read when somebody asks
  return events.forget([&](std::uint64_t id) -> Result<std::optional<store::LogKept>> {
    if (!oldest_by_group) {
      oldest_by_group.emplace();
      TRY(for_each(store, kGroupsPrefix, [&](std::string_view row) -> Result<void> {
        const GroupResource group = TRY(decode_group(row));
        oldest_by_group->emplace(group.id, oldest_kept_ms(group, now));
        return {};
      }));
    }
    const auto known = oldest_by_group->find(id);
    if (known == oldest_by_group->end()) return std::nullopt;
    store::LogKept kept{.from_ms = known->second};
    TRY(for_each(store, streams_prefix(id), [&](std::string_view row) -> Result<void> {
      kept.streams.insert(TRY(decode_stream(row)).id);
      return {};
    }));
    return kept;
  });
}

}  // namespace meridian::services::logs
