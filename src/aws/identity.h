// Who may call: access keys and the accounts they belong to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"

namespace meridian::aws {

struct AccessKey {
  std::string access_key_id, secret_access_key;
  std::string account_id;  // 12 digits
  std::string principal_arn;
  std::string session_token;         // of temporary credentials; empty otherwise
  std::optional<SystemTime> expiry;  // likewise
  std::string service = {};          // cloudfront.amazonaws.com: a service's own key, of no account
};

// A source of access keys: the file below, the sessions of sts, the users of iam. May be asked from any
// thread.
class Credentials {
 public:
  virtual ~Credentials() = default;
  virtual std::optional<AccessKey> find(std::string_view access_key_id) const = 0;
};

// The operator's own keys, in AWS's shared-credentials format with the account beside them, so that the AWS
// CLI can be pointed at the file itself. Made with one account and its root key at the first start; never
// rewritten.
class CredentialsFile final : public Credentials {
 public:
  static constexpr const char* kProfile = "meridian";
  static constexpr std::size_t kProfilesMax = 1000;

  static Result<CredentialsFile> open_or_create(Disk& disk, const std::string& path, Random& random);
  static Result<CredentialsFile> parse(std::string_view text);

  std::optional<AccessKey> find(std::string_view access_key_id) const override;
  // The key of profile [meridian], or else the first.
  const AccessKey& first() const { return keys_[first_]; }

 private:
  std::vector<AccessKey> keys_;
  std::size_t first_ = 0;
};

// Whom a call belongs to when any credentials will do: the access key's own digits, or AWS's example account.
AccessKey development_key(std::string_view access_key_id);

std::string root_arn(std::string_view account_id);

}  // namespace meridian::aws
