#include "store/dry_run_store.h"

#include "store/transaction.h"

namespace meridian::store {
namespace {

std::unexpected<Error> not_here() {
  return invalid("a dry run keeps nothing");
}

}  // namespace

Result<Revision> DryRunStore::commit(Transaction transaction) {
  TRY(check_transaction(transaction));
  for (const Precondition& condition : transaction.preconditions) {
    const auto item = TRY(get(condition.key));
    if ((item ? item->modified : 0) != condition.modified)
      return fail(ErrorCode::Conflict, "a precondition does not hold on " + condition.key,
                  ErrorSource::Caller, true);
  }
  const Revision next = newest_ + 1;
  std::vector<KeyValue> items;
  for (Put& put : transaction.puts) {
    if (put.lease != 0) return not_here();
    const auto before = TRY(get(put.key));
    items.push_back({std::move(put.key), std::move(put.value), before ? before->created : next, next, 0});
  }
  std::vector<std::string> gone;
  for (std::string& key : transaction.deletes)
    if (TRY(get(key))) gone.push_back(std::move(key));
  for (KeyValue& item : items) changes_.insert_or_assign(item.key, item);
  for (std::string& key : gone) changes_.insert_or_assign(std::move(key), std::nullopt);
  return newest_ = next;
}

Result<bool> DryRunStore::is_newest(Revision asked) const {
  if (asked == 0 || asked == newest_) return true;
  if (asked <= base_) return false;
  return not_here();
}

Result<std::optional<KeyValue>> DryRunStore::get(std::string_view key, Revision at) {
  if (!TRY(is_newest(at))) return below_.get(key, at);
  if (const auto found = changes_.find(key); found != changes_.end()) return found->second;
  if (base_ == 0) return std::nullopt;  // to the store below, 0 is its newest revision
  return below_.get(key, base_);
}

Result<Range> DryRunStore::range(std::string_view prefix, const RangeOptions& options) {
  if (!TRY(is_newest(options.revision))) return below_.range(prefix, options);
  const KeySpan span = TRY(key_span(prefix, options));
  const auto first = changes_.lower_bound(span.first);
  auto last = first;
  std::size_t count = 0;
  while (last != changes_.end() && span.contains(last->first)) ++last, ++count;

  RangeOptions at_base = options;
  at_base.revision = base_;
  if (options.limit != 0) at_base.limit = options.limit + count;  // as many may be deleted
  Range found;
  if (base_ != 0) found = TRY(below_.range(prefix, at_base));
  Range out;
  out.revision = newest_;
  auto below = found.items.begin();
  // Behind what a cut list holds nothing is known.
  const bool cut = found.more;
  for (auto change = first; below != found.items.end() || change != last;) {
    const bool from_changes =
        change != last && (below == found.items.end() ? !cut : change->first <= below->key);
    if (!from_changes && below == found.items.end()) break;
    if (from_changes) {
      if (below != found.items.end() && below->key == change->first) ++below;
      if (change->second) out.items.push_back(*change->second);
      ++change;
    } else {
      out.items.push_back(std::move(*below++));
    }
  }
  out.more = cut;
  if (options.limit != 0 && out.items.size() > options.limit) {
    out.items.resize(options.limit);
    out.more = true;
  }
  return out;
}

Result<std::unique_ptr<Watch>> DryRunStore::watch(std::string, Revision,
                                                  std::function<void(const EventBatch&)>,
                                                  std::function<void(Error)>) {
  return not_here();
}
Result<void> DryRunStore::compact(Revision) {
  return not_here();
}
Result<LeaseId> DryRunStore::grant_lease(Duration) {
  return not_here();
}
Result<void> DryRunStore::keep_alive(LeaseId) {
  return not_here();
}
Result<void> DryRunStore::revoke_lease(LeaseId) {
  return not_here();
}

}  // namespace meridian::store
