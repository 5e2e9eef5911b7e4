// Who calls what, when and from where: everything a service may know about a call besides its input. What it
// may say besides its output stands at the end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/body.h"
#include "base/clock.h"

namespace meridian::aws {

// An invalidation that leaves copies as expired ones. The answer has it, too: of whom does not know it, it is
// not heeded.
inline constexpr const char* kSoftPurgeHeader = "x-meridian-soft-purge";

enum class Signed : std::uint8_t { No, Header, Query, Form };

// A service of this system that calls another, and for what (service_caller.h).
struct OnBehalf {
  std::string service;  // cloudfront.amazonaws.com; empty: no service calls
  std::string source_arn, source_account;
  // The origin access identity that the service acts as, by its id and its canonical user.
  std::string origin_access_identity, canonical_user;
};

struct Call {
  std::string request_id;
  SystemTime time{};          // one reading of the clock for the whole call
  std::string service;        // as in models/: "route53"
  std::string operation;      // AWS name
  std::string region;         // of the credential scope
  std::string account_id;     // 12 digits; empty: nobody signed, or a service of this system did
  std::string principal_arn;  // arn:aws:iam::<account>:root, user/…, or sts assumed-role/…; empty likewise
  OnBehalf on_behalf;         // when a service of this system calls
  Signed signature = Signed::No;
  SystemTime signed_at{};
  std::string access_key_id;
  std::string source_address;  // text, without port
  std::string user_agent, referer;
  std::string endpoint;  // scheme://authority the caller used, for URLs in answers
  bool secure_transport = false;
  bool dry_run = false;            // nothing of what the call does is kept
  bool soft_purge = false;         // what it invalidates has expired, and is not gone
  std::string announced_trailer;   // X-Amz-Trailer: what will follow the body
  std::shared_ptr<BodySink> body;  // what Service::receive() returned, with the whole body in it

  std::string would_change;  // by a dry run: JSON
  // What each message of a refusal is about: a place in the list that the input is; its size: all of it.
  std::vector<std::size_t> refused_items;
  int status = 0;                      // of success, where it is not the operation's own: 206 of a range
  std::shared_ptr<BodySource> answer;  // the streaming payload of the output
};

}  // namespace meridian::aws
