#include "services/iam/credentials.h"

#include "services/iam/resources.h"

namespace meridian::services::iam {

std::optional<aws::AccessKey> StoredCredentials::find(std::string_view access_key_id) const {
  auto found = find_active_access_key(store_, access_key_id);
  if (!found || !*found) return std::nullopt;
  AccessKeyResource& key = **found;
  return aws::AccessKey{std::move(key.access_key_id), std::move(key.secret_access_key),
                        std::move(key.account),       std::move(key.principal_arn),
                        std::move(key.session_token), key.expires_at,
                        std::move(key.service)};
}

}  // namespace meridian::services::iam
