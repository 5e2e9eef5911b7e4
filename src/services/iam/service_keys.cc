#include "services/iam/service_keys.h"

#include <fmt/format.h>

#include "services/iam/resources.h"

namespace meridian::services::iam {

Result<aws::sigv4::SigningKey> service_key(store::Store& store, Random& random, std::string_view service) {
  const std::string place = fmt::format("iam/service-keys/{}", service);
  AccessKeyResource key;
  key.access_key_id = new_unique_id(random, "AKIA");
  key.secret_access_key = new_secret_access_key(random);
  key.service = service;
  auto made =
      store.commit({.preconditions = {{place, 0}},
                    .puts = {{place, key.access_key_id}, {access_key_key(key.access_key_id), encode(key)}},
                    .deletes = {}});
  if (!made && made.error().code != ErrorCode::Conflict) return std::unexpected(made.error());
  if (!made) {
    const auto id = TRY(store.get(place));
    const auto found = id ? TRY(find_active_access_key(store, id->value)) : std::nullopt;
    if (!found) return fail(ErrorCode::Corrupt, fmt::format("the key of {} is gone", service));
    key = *found;
  }
  return aws::sigv4::SigningKey{key.access_key_id, key.secret_access_key, ""};
}

}  // namespace meridian::services::iam
