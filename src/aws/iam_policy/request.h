// What a policy is asked about: who wants to do what to which resource, under which circumstances.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::aws::iam_policy {

// Condition keys and their values. Names do not distinguish case.
class Context {
 public:
  void set(std::string_view key, std::string value);
  void add(std::string_view key, std::string value);  // one more of a key with several
  // Null: the key is absent. `lower_key` is in lower case.
  const std::vector<std::string>* find(std::string_view lower_key) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Caller {
  std::string arn{};  // of a user, a role's session or an account's root; empty: no signature, or a service
  std::string role_arn{};        // of a session, the role it is of
  std::string account{};         // 12 digits; empty as above
  std::string canonical_user{};  // of the account, or of an origin access identity
  std::string service{};         // cloudfront.amazonaws.com, when a service asks

  bool is_root() const { return arn.ends_with(":root"); }
  static Caller anonymous() { return {}; }
  static Caller of_service(std::string name) { return {.service = std::move(name)}; }
};

struct Request {
  Caller caller;
  std::string action;    // s3:GetObject
  std::string resource;  // its ARN
  Context context{};
};

}  // namespace meridian::aws::iam_policy
