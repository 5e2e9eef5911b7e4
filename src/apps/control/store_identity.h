// Ties the DNS snapshots on disk and at edges to the store that their revisions are counted in.
#pragma once

#include "base/random.h"
#include "snapshots/store_id.h"
#include "store/store.h"

namespace meridian::apps {

struct StoreIdentity {
  snapshots::StoreId id;
  bool is_new = false;  // snapshots of any other identity count for nothing
};

// The identity that the store has, when the snapshot that is kept says the same and is not ahead of it. Else
// the store's history is not the one that the snapshot saw, and a new identity is drawn and stored.
Result<StoreIdentity> settle_identity(store::Store& store, Random& random, const snapshots::StoreId& kept,
                                      std::uint64_t kept_revision);

}  // namespace meridian::apps
