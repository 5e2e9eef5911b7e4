#include "apps/explain_s3.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/canonical_user.h"
#include "aws/identity.h"
#include "base/percent.h"
#include "formats/json/json.h"

namespace meridian::apps {
namespace {

using namespace aws::iam_policy;
using services::s3::Ruling;

constexpr std::size_t kAccountSize = 12;

Result<aws::Call> caller_of(const ExplainS3Query& query, const std::string& account_id) {
  aws::Call call;
  const int ways = !query.as.empty() + query.anonymous + !query.service.empty() + !query.identity.empty();
  if (ways > 1) return invalid("a caller is one of --as, --anonymous, --service, --origin-access-identity");
  if (query.anonymous) return call;
  if (!query.service.empty() || !query.identity.empty()) {
    call.on_behalf.service = query.service.empty() ? "cloudfront.amazonaws.com" : query.service;
    call.on_behalf.source_arn = query.source_arn;
    call.on_behalf.source_account = query.source_account;
    call.on_behalf.origin_access_identity = query.identity;
    if (!query.identity.empty())
      call.on_behalf.canonical_user = aws::canonical_user_of_origin_access_identity(query.identity);
    call.signature = aws::Signed::Header;
    return call;
  }
  call.signature = aws::Signed::Header;
  call.account_id = account_id;
  constexpr std::string_view kIam = "arn:aws:iam::";
  const std::string& as = query.as;
  if (as.empty() || as == "root") {
    call.principal_arn = aws::root_arn(account_id);
  } else if (as.size() == kAccountSize && as.find_first_not_of("0123456789") == as.npos) {
    call.account_id = as;
    call.principal_arn = aws::root_arn(as);
  } else if (as.starts_with(kIam) && as.size() > kIam.size() + kAccountSize) {
    call.account_id = as.substr(kIam.size(), kAccountSize);
    call.principal_arn = as;
  } else if (as.find_first_of(":/ ") == as.npos) {
    call.principal_arn = fmt::format("arn:aws:iam::{}:user/{}", account_id, as);
  } else {
    return invalid(fmt::format("'{}' is no user, account or ARN of one", as));
  }
  return call;
}

// "s3://bucket/key?acl" as the request that asks for it.
Result<aws::HttpRequest> request_of(const ExplainS3Query& query) {
  constexpr std::string_view kScheme = "s3://";
  if (!query.uri.starts_with(kScheme)) return invalid("what is asked for is s3://BUCKET or s3://BUCKET/KEY");
  std::string_view rest = std::string_view(query.uri).substr(kScheme.size());
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  aws::HttpRequest request;
  request.method = query.method;
  request.query = rest.substr(std::min(mark + 1, rest.size()));
  request.path = "/" + percent_encode(rest.substr(0, mark), true);
  request.headers.add("Host", "s3.localhost");
  if (request.method == "PUT") request.headers.add("Content-Length", "0");
  return request;
}

const char* text_of(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::Principal:
      return "Principal";
    case Mismatch::Delegation:
      return "Principal (the account: its own policies decide)";
    case Mismatch::Action:
      return "Action";
    case Mismatch::Resource:
      return "Resource";
    case Mismatch::Condition:
      return "Condition";
  }
  return "";
}

struct Looked {
  std::string policy, sid, effect, mismatch;  // mismatch: empty when it applies
};

std::string name_of(const Statement& statement, std::size_t index) {
  return statement.sid.empty() ? fmt::format("({})", index + 1) : statement.sid;
}

void look_at(std::vector<Looked>& out, const std::string& name, const Policy& policy, const Ruling& ruling,
             std::string_view owner) {
  for (std::size_t i = 0; i < policy.statements.size(); ++i) {
    const Statement& statement = policy.statements[i];
    const StatementResult result = look(policy, statement, ruling.request, owner);
    std::string mismatch;
    if (result.mismatch) mismatch = text_of(*result.mismatch);
    if (result.mismatch == Mismatch::Condition)
      mismatch += fmt::format(" on {}", statement.conditions[result.condition].key);
    out.push_back({name, name_of(statement, i), statement.effect == Effect::Allow ? "Allow" : "Deny",
                   std::move(mismatch)});
  }
}

std::vector<Looked> look_at_all(const Ruling& ruling) {
  std::vector<Looked> out;
  if (ruling.bucket_policy) look_at(out, "bucket policy", *ruling.bucket_policy, ruling, ruling.owner);
  for (const Ruling::Identity& one : ruling.identity)
    look_at(out, "policy " + one.name, *one.policy, ruling, {});
  return out;
}

std::string statement_name(const Policy& policy, const Statement* statement) {
  return name_of(*statement, static_cast<std::size_t>(statement - policy.statements.data()));
}

// What decided, in words.
std::string reason_of(const Ruling& ruling) {
  const Decision& decision = ruling.decision;
  const bool denied = decision.verdict.kind == Verdict::Kind::ExplicitDeny;
  if (ruling.why == Ruling::Why::NotTheOwner) return "only the bucket's own account may do this";
  if (ruling.why == Ruling::Why::PublicIsBlocked)
    return "RestrictPublicBuckets: the bucket's policy is public, and the caller is of another account";
  switch (decision.side) {
    case Decision::Side::Root:
      return "the account's root needs no policy";
    case Decision::Side::Resource:
      return fmt::format("statement {} of the bucket policy {} it",
                         statement_name(*ruling.bucket_policy, decision.verdict.statement),
                         denied ? "denies" : "allows");
    case Decision::Side::Identity: {
      const Ruling::Identity& one = ruling.identity[decision.policy];
      return fmt::format("statement {} of the policy {} {} it",
                         statement_name(*one.policy, decision.verdict.statement), one.name,
                         denied ? "denies" : "allows");
    }
    case Decision::Side::Nobody:
      break;
  }
  const bool is_stranger =
      !ruling.request.caller.account.empty() && ruling.request.caller.account != ruling.owner;
  return is_stranger
             ? "the caller is of another account, so both its own policies and the bucket's must allow it"
             : "no statement allows it";
}

std::string caller_text(const aws::Call& call) {
  if (!call.on_behalf.origin_access_identity.empty())
    return "origin access identity " + call.on_behalf.origin_access_identity;
  if (!call.on_behalf.service.empty()) return call.on_behalf.service;
  return call.principal_arn.empty() ? "nobody" : call.principal_arn;
}

std::string as_text(const aws::Call& call, const aws::Operation& operation,
                    const std::vector<Ruling>& rulings) {
  const bool allowed = std::ranges::all_of(rulings, &Ruling::allowed);
  std::string out =
      fmt::format("{} by {}: {}\n", operation.name, caller_text(call), allowed ? "allowed" : "denied");
  for (const Ruling& ruling : rulings) {
    out += fmt::format("\n{} on {}\n  {}: {}\n", ruling.request.action, ruling.request.resource,
                       ruling.allowed() ? "allowed" : "denied", reason_of(ruling));
    for (const Looked& one : look_at_all(ruling))
      out += fmt::format("    {}, {} {}: {}\n", one.policy, one.effect, one.sid,
                         one.mismatch.empty() ? "applies" : "does not match: " + one.mismatch);
  }
  return out;
}

std::string as_json(const aws::Call& call, const aws::Operation& operation,
                    const std::vector<Ruling>& rulings) {
  std::string out;
  json::Writer json(out);
  const auto text = [&](std::string_view name, std::string_view value) {
    json.key(name);
    json.string(value);
  };
  const auto flag = [&](std::string_view name, bool value) {
    json.key(name);
    json.boolean(value);
  };
  json.begin_object();
  text("operation", operation.name);
  text("caller", caller_text(call));
  flag("allowed", std::ranges::all_of(rulings, &Ruling::allowed));
  json.key("actions");
  json.begin_array();
  for (const Ruling& ruling : rulings) {
    json.begin_object();
    text("action", ruling.request.action);
    text("resource", ruling.request.resource);
    flag("allowed", ruling.allowed());
    text("why", reason_of(ruling));
    json.key("statements");
    json.begin_array();
    for (const Looked& one : look_at_all(ruling)) {
      json.begin_object();
      text("policy", one.policy);
      text("sid", one.sid);
      text("effect", one.effect);
      flag("applies", one.mismatch.empty());
      if (!one.mismatch.empty()) text("mismatch", one.mismatch);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out + "\n";
}

}  // namespace

Result<std::string> explain_s3(const services::s3::S3& s3, const ExplainS3Query& query, const Clock& clock,
                               const std::string& account_id, Output output) {
  aws::Call call = TRY(caller_of(query, account_id));
  const aws::HttpRequest request = TRY(request_of(query));
  call.time = call.signed_at = clock.now();
  call.source_address = query.from.empty() ? "127.0.0.1" : query.from;
  call.secure_transport = !query.plain;
  call.region = "us-east-1";
  const auto said = [](const aws::ServiceError& error) { return error.code + ": " + error.message; };
  const auto operation = s3.codec().find_operation(request);
  if (!operation) return invalid(said(operation.error()));
  const auto input = s3.codec().decode_request(**operation, request);
  if (!input) return invalid(said(input.error()));
  const auto rulings = s3.rulings(call, **operation, *input);
  if (!rulings) return invalid(said(rulings.error()));
  return output == Output::Json ? as_json(call, **operation, *rulings) : as_text(call, **operation, *rulings);
}

}  // namespace meridian::apps
