// The checks every store makes before it looks at its state, and the range of keys a prefix spans.
// Rule: a transaction that passes can be refused only for what the store holds (preconditions, leases), never
// for its form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace meridian::store {

Result<void> check_transaction(const Transaction& transaction);

// The keys one range() call walks: from `first` (inclusive) up to `end` (exclusive; none: to the last key).
struct KeySpan {
  std::string first;
  std::optional<std::string> end;
  bool contains(std::string_view key) const { return key >= first && (!end || key < *end); }
};

// Invalid when start_after and start_at are both given.
Result<KeySpan> key_span(std::string_view prefix, const RangeOptions& options);

// Invalid for a revision that is not written yet, Compacted for one that is no longer kept.
Result<void> check_revision(Revision asked, Revision compacted, Revision newest);

}  // namespace meridian::store
