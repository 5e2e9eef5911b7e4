// Who calls what, when and from where: everything a service may know about a call besides its input.
#pragma once

#include <string>

#include "base/clock.h"

namespace meridian::aws {

struct Call {
  std::string request_id;
  SystemTime time{};          // one reading of the clock for the whole call
  std::string service;        // as in models/: "route53"
  std::string operation;      // AWS name
  std::string region;         // of the credential scope
  std::string account_id;     // 12 digits
  std::string principal_arn;  // arn:aws:iam::<account>:root, user/…, or sts assumed-role/…
  std::string access_key_id;
  std::string source_address;  // text, without port
  std::string user_agent;
  std::string endpoint;  // scheme://authority the caller used, for URLs in answers
  bool secure_transport = false;
};

}  // namespace meridian::aws
