// The access keys of users and sessions, for the front door to check signatures with.
#pragma once

#include "aws/identity.h"
#include "store/store.h"

namespace meridian::services::iam {

class StoredCredentials final : public aws::Credentials {
 public:
  explicit StoredCredentials(store::Store& store) : store_(store) {}
  // Nothing for a key that is turned off, or while the store cannot be read: such a request is refused.
  std::optional<aws::AccessKey> find(std::string_view access_key_id) const override;

 private:
  store::Store& store_;
};

}  // namespace meridian::services::iam
