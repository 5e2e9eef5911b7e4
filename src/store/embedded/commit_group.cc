#include "store/embedded/commit_group.h"

#include <algorithm>

namespace meridian::store {

Result<std::uint64_t> CommitGroup::add(Request& request) {
  switch (request.kind) {
    case Request::Kind::Commit:
      return commit(request.transaction);
    case Request::Kind::Grant:
      return grant(request.ttl);
    case Request::Kind::Revoke:
      return revoke(request.lease, false);
    case Request::Kind::RevokeIfRunOut:
      return revoke(request.lease, true);
  }
  __builtin_unreachable();
}

Rocks::Batch& CommitGroup::finish() {
  rows_.put(format::kHeadKey, format::encode_head(head_));
  return rows_;
}

std::vector<std::string> CommitGroup::changed_keys() const {
  std::vector<std::string> keys;
  keys.reserve(pending_.size());
  for (const auto& [key, item] : pending_) keys.push_back(key);
  return keys;
}

Result<CommitGroup::Stored> CommitGroup::current(const std::string& key) {
  if (auto found = pending_.find(key); found != pending_.end()) return found->second;
  auto bytes = TRY(rocks_.get(format::current_key(key)));
  if (!bytes) return std::nullopt;
  return TRY(format::decode_current(key, *bytes));
}

Result<void> CommitGroup::check(const Transaction& transaction) {
  for (const Precondition& condition : transaction.preconditions) {
    Stored item = TRY(current(condition.key));
    if ((item ? item->modified : 0) != condition.modified)
      return fail(ErrorCode::Conflict, "a precondition does not hold on " + condition.key,
                  ErrorSource::Caller, true);
  }
  for (const Put& put : transaction.puts)
    if (put.lease != 0) TRY(leases_.check_alive(put.lease));
  return {};
}

Result<Revision> CommitGroup::commit(Transaction& transaction) {
  TRY(check(transaction));
  return apply(transaction);
}

Result<Revision> CommitGroup::apply(Transaction& transaction) {
  // Everything that can fail comes first: from here on the request is in the group.
  format::Undo undo;
  for (const Put& put : transaction.puts) undo.emplace(put.key, TRY(current(put.key)));
  for (const std::string& key : transaction.deletes)
    if (Stored before = TRY(current(key))) undo.emplace(key, std::move(before));

  auto batch = std::make_shared<EventBatch>();
  batch->revision = ++head_.revision;
  for (Put& put : transaction.puts) {
    const Stored& before = undo.find(put.key)->second;
    KeyValue item{std::move(put.key), std::move(put.value), before ? before->created : batch->revision,
                  batch->revision, put.lease};
    write_put(item, before);
    pending_[item.key] = item;
    batch->events.push_back({Event::Kind::Put, std::move(item)});
  }
  for (std::string& key : transaction.deletes) {
    auto before = undo.find(key);
    if (before == undo.end()) continue;
    write_delete(key, before->second);
    pending_[key] = std::nullopt;
    batch->events.push_back({Event::Kind::Delete, {std::move(key), {}, 0, batch->revision, 0}});
  }
  std::sort(batch->events.begin(), batch->events.end(),
            [](const Event& a, const Event& b) { return a.item.key < b.item.key; });

  std::string undo_row = format::encode_undo(undo);
  std::string log_row = format::encode_log(*batch);
  head_.log_bytes += undo_row.size() + log_row.size();
  format::set_log_bytes(log_row, head_.log_bytes);
  rows_.put(format::undo_key(batch->revision), undo_row);
  rows_.put(format::log_key(batch->revision), log_row);
  bytes_ += undo_row.size() + log_row.size();
  batches_.push_back(std::move(batch));
  changed_ = true;
  return head_.revision;
}

void CommitGroup::write_put(const KeyValue& item, const Stored& before) {
  rows_.put(format::current_key(item.key), format::encode_current(item));
  LeaseId lease_before = before ? before->lease : 0;
  if (lease_before == item.lease) return;
  if (lease_before != 0) {
    rows_.erase(format::lease_member_key(lease_before, item.key));
    leases_.detach(lease_before, item.key);
  }
  if (item.lease != 0) {
    rows_.put(format::lease_member_key(item.lease, item.key), {});
    leases_.attach(item.lease, item.key);
  }
}

void CommitGroup::write_delete(const std::string& key, const Stored& before) {
  rows_.erase(format::current_key(key));
  if (before->lease == 0) return;
  rows_.erase(format::lease_member_key(before->lease, key));
  leases_.detach(before->lease, key);
}

Result<LeaseId> CommitGroup::grant(Duration ttl) {
  TRY(leases_.check_grant(ttl));
  LeaseId lease = ++head_.last_lease;
  leases_.add(lease, ttl);
  rows_.put(format::lease_key(lease), format::encode_lease(ttl));
  changed_ = true;
  return lease;
}

Result<Revision> CommitGroup::revoke(LeaseId lease, bool only_if_run_out) {
  // A lease that ran out is gone for its holder, though its keys are not deleted yet.
  bool alive = leases_.check_alive(lease).has_value();
  if (only_if_run_out && (alive || !leases_.known(lease))) return head_.revision;
  if (!only_if_run_out) TRY(leases_.check_alive(lease));

  Transaction transaction;
  transaction.deletes = leases_.keys(lease);
  if (!transaction.deletes.empty()) TRY(apply(transaction));
  rows_.erase(format::lease_key(lease));
  leases_.remove(lease);
  changed_ = true;
  return head_.revision;
}

}  // namespace meridian::store
