// The store: ordered byte keys, transactions at revisions, and a watch that loses nothing. The data model is
// etcd's, so that etcd can stand behind the same interface.
//
// Rules every implementation must keep (store/conformance_test holds them to it):
//  - a commit is all or nothing, durable when it returns, and takes exactly one new revision;
//  - revisions start at 1 and rise by 1; revision 0 means "before anything was written";
//  - readers see whole commits only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::store {

using Revision = std::uint64_t;
using LeaseId = std::uint64_t;  // 0: no lease

inline constexpr std::size_t kKeySizeMax = 4096;                       // bytes
inline constexpr std::size_t kValueSizeMax = 4 * 1024 * 1024;          // bytes
inline constexpr std::size_t kTransactionOperationsMax = 10000;        // puts + deletes + preconditions
inline constexpr std::size_t kTransactionBytesMax = 32 * 1024 * 1024;  // keys and values of one transaction

struct KeyValue {
  std::string key;
  std::string value;
  Revision created = 0;   // revision of the commit that made the key exist
  Revision modified = 0;  // revision of the last put
  LeaseId lease = 0;
};

// Holds when the key's `modified` revision equals `modified`; 0 demands that the key does not exist.
struct Precondition {
  std::string key;
  Revision modified = 0;
};

struct Put {
  std::string key;
  std::string value;
  LeaseId lease = 0;
};

// A key may stand in puts or deletes at most once. Deleting an absent key is no error and makes no event.
struct Transaction {
  std::vector<Precondition> preconditions;
  std::vector<Put> puts;
  std::vector<std::string> deletes;
};

struct Range {
  std::vector<KeyValue> items;  // ascending keys
  bool more = false;            // the limit cut the list
  Revision revision = 0;        // the revision that was read
};

struct RangeOptions {
  std::size_t limit = 0;         // 0: all
  std::string start_after = {};  // an absolute key; "": from the first key of the prefix
  std::string start_at = {};     // an absolute key, inclusive; at most one of the two
  Revision revision = 0;         // 0: newest; Compacted when no longer kept; Invalid when not yet written
};

struct Event {
  enum class Kind : std::uint8_t { Put, Delete } kind = Kind::Put;
  KeyValue item;  // a Delete carries the key and `modified` = the deleting revision
};

// All changes of one commit under the watched prefix, in key order.
struct EventBatch {
  Revision revision = 0;
  std::vector<Event> events;
};

// Batches arrive in revision order, each commit exactly once, on a thread of the store's choosing, never
// inside commit(). Destroying the watch stops it; no callback runs after the destructor returns.
class Watch {
 public:
  virtual ~Watch() = default;
};

class Store {
 public:
  virtual ~Store() = default;

  // Conflict when a precondition does not hold (nothing is written); Invalid or Limit for a transaction
  // outside the limits above; NotFound for a lease that is unknown or has run out. Thread-safe; blocks until
  // durable.
  virtual Result<Revision> commit(Transaction transaction) = 0;

  virtual Result<std::optional<KeyValue>> get(std::string_view key, Revision at = 0) = 0;
  virtual Result<Range> range(std::string_view prefix, const RangeOptions& options = {}) = 0;
  virtual Revision revision() const = 0;

  // Everything that happened after `from` under `prefix`, then everything that happens. A watcher that cannot
  // be served from `from` any more gets Compacted, at once or later through `on_lost`, and must range again.
  // Invalid when `from` is not yet written: whoever asks has seen another store.
  virtual Result<std::unique_ptr<Watch>> watch(std::string prefix, Revision from,
                                               std::function<void(const EventBatch&)> on_batch,
                                               std::function<void(Error)> on_lost) = 0;

  // Forgets history before `revision`: reads at and watches from smaller revisions get Compacted. The newest
  // state is never lost. Invalid for a revision not yet written; no effect for one already forgotten.
  virtual Result<void> compact(Revision revision) = 0;

  // A lease deletes its keys when it is not kept alive for `ttl` of the clock the store was given.
  virtual Result<LeaseId> grant_lease(Duration ttl) = 0;
  virtual Result<void> keep_alive(LeaseId lease) = 0;
  virtual Result<void> revoke_lease(LeaseId lease) = 0;
};

}  // namespace meridian::store
