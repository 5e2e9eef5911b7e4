// For tests: a store over another whose watch the test can lose and whose ranges it can make fail.
#pragma once

#include <atomic>
#include <functional>

#include "store/store.h"

namespace meridian::store {

class FailingStore final : public Store {
 public:
  explicit FailingStore(Store& inner) : inner_(inner) {}
  Result<Revision> commit(Transaction transaction) override { return inner_.commit(std::move(transaction)); }
  Result<std::optional<KeyValue>> get(std::string_view key, Revision at) override {
    return inner_.get(key, at);
  }
  Result<Range> range(std::string_view prefix, const RangeOptions& options) override {
    if (failures > 0 && failures-- > 0) return fail(ErrorCode::Unavailable, "no disk", ErrorSource::Storage);
    return inner_.range(prefix, options);
  }
  Revision revision() const override { return inner_.revision(); }
  Result<std::unique_ptr<Watch>> watch(std::string prefix, Revision from,
                                       std::function<void(const EventBatch&)> on_batch,
                                       std::function<void(Error)> on_lost) override {
    lose = on_lost;
    return inner_.watch(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
  }
  Result<void> compact(Revision revision) override { return inner_.compact(revision); }
  Result<LeaseId> grant_lease(Duration ttl) override { return inner_.grant_lease(ttl); }
  Result<void> keep_alive(LeaseId lease) override { return inner_.keep_alive(lease); }
  Result<void> revoke_lease(LeaseId lease) override { return inner_.revoke_lease(lease); }

  std::atomic<int> failures{0};
  std::function<void(Error)> lose;

 private:
  Store& inner_;
};

}  // namespace meridian::store
