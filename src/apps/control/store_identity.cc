#include "apps/control/store_identity.h"

namespace meridian::apps {
namespace {

constexpr const char* kKey = "meridian/store-id";

}  // namespace

Result<StoreIdentity> settle_identity(store::Store& store, Random& random, const snapshots::StoreId& kept,
                                      std::uint64_t kept_revision) {
  const auto stored = TRY(store.get(kKey));
  const auto id = stored ? snapshots::StoreId::parse(stored->value) : std::nullopt;
  if (id && *id == kept && kept_revision <= store.revision()) return StoreIdentity{*id, false};
  StoreIdentity drawn{snapshots::StoreId::draw(random), true};
  store::Transaction transaction;
  transaction.puts.push_back({kKey, drawn.id.to_string()});
  TRY(store.commit(std::move(transaction)));
  return drawn;
}

}  // namespace meridian::apps
