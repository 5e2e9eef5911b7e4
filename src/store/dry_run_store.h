// A store whose commits go nowhere: they are kept here, over another store as it was at one revision, and
// reads see both. So a call can be tried with the very code that would carry it out.
//
// Rule: nothing is ever written to the store below. One thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "store/store.h"

namespace meridian::store {

class DryRunStore final : public Store {
 public:
  explicit DryRunStore(Store& below) : below_(below), base_(below.revision()), newest_(base_) {}

  // What the commits so far would change: the newest item of each key, none where it is deleted.
  using Changes = std::map<std::string, std::optional<KeyValue>, std::less<>>;
  const Changes& changes() const { return changes_; }
  void set_changes(Changes changes) { changes_ = std::move(changes); }  // to go back to what there was before
  Revision base() const { return base_; }

  Result<Revision> commit(Transaction transaction) override;
  // The newest state, or the one below at any revision that it still has.
  Result<std::optional<KeyValue>> get(std::string_view key, Revision at = 0) override;
  Result<Range> range(std::string_view prefix, const RangeOptions& options = {}) override;
  Revision revision() const override { return newest_; }

  // Invalid: what is only tried is not watched, and lives no time.
  Result<std::unique_ptr<Watch>> watch(std::string prefix, Revision from,
                                       std::function<void(const EventBatch&)> on_batch,
                                       std::function<void(Error)> on_lost) override;
  Result<void> compact(Revision revision) override;
  Result<LeaseId> grant_lease(Duration ttl) override;
  Result<void> keep_alive(LeaseId lease) override;
  Result<void> revoke_lease(LeaseId lease) override;

 private:
  Result<bool> is_newest(Revision asked) const;

  Store& below_;
  const Revision base_;
  Revision newest_;
  Changes changes_;
};

}  // namespace meridian::store
