// One group of requests that reach the disk together: each is judged against what is stored and what those
// before it in the group change, gets its revision, and adds its rows to one batch. Rule: a request adds all
// of its rows or none; nothing here is visible or durable until the batch is written.
#pragma once

#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/embedded/format.h"
#include "store/embedded/rocks.h"
#include "store/leases.h"
#include "store/store.h"

namespace meridian::store {

// What one caller waits for. The result is a revision, or for Grant a lease.
struct Request {
  enum class Kind : std::uint8_t { Commit, Grant, Revoke, RevokeIfRunOut } kind = Kind::Commit;
  Transaction transaction;
  Duration ttl{};
  LeaseId lease = 0;

  Result<std::uint64_t> result = 0;
  bool done = false;
  std::condition_variable ready;
};

class CommitGroup {
 public:
  static constexpr std::size_t kRequestsMax = 1024;
  static constexpr std::size_t kBytesMax =
      8 * 1024 * 1024;  // a group that has reached it takes no more requests

  CommitGroup(Rocks& rocks, Leases& leases, const format::Head& head)
      : rocks_(rocks), leases_(leases), head_(head) {}

  Result<std::uint64_t> add(Request& request);

  bool changes_anything() const { return changed_; }
  std::size_t bytes() const { return bytes_; }
  const format::Head& head() const { return head_; }  // as it will be when the group is written
  Rocks::Batch& finish();                             // call once, after the last add()
  std::vector<std::string> changed_keys() const;
  std::vector<std::shared_ptr<const EventBatch>> take_batches() { return std::move(batches_); }

 private:
  using Stored = std::optional<KeyValue>;
  Result<Stored> current(const std::string& key);
  Result<Revision> commit(Transaction& transaction);
  Result<LeaseId> grant(Duration ttl);
  Result<Revision> revoke(LeaseId lease, bool only_if_run_out);
  Result<void> check(const Transaction& transaction);
  Result<Revision> apply(Transaction& transaction);
  void write_put(const KeyValue& item, const Stored& before);
  void write_delete(const std::string& key, const Stored& before);

  Rocks& rocks_;
  Leases& leases_;
  format::Head head_;
  Rocks::Batch rows_;
  std::unordered_map<std::string, Stored> pending_;  // keys this group has changed
  std::vector<std::shared_ptr<const EventBatch>> batches_;
  std::size_t bytes_ = 0;
  bool changed_ = false;
};

}  // namespace meridian::store
