// Policy documents from outside: nothing crashes, and what was not understood whole never grants: a document
// whose statements all deny allows nothing to anybody.
#include <algorithm>

#include "aws/iam_policy/evaluate.h"
#include "base/check.h"

namespace {

using namespace meridian::aws::iam_policy;

void check(std::string_view text, PolicyKind kind) {
  const auto policy = parse_policy(text, kind);
  if (!policy) return;
  const bool allows = std::ranges::any_of(policy->statements,
                                          [](const Statement& one) { return one.effect == Effect::Allow; });
  Caller user;
  user.arn = "arn:aws:iam::123456789012:user/bob";
  user.account = "123456789012";
  Context context;
  context.set("aws:username", "bob");
  context.set("aws:SourceIp", "203.0.113.9");
  context.add("k", "a");
  context.add("k", "b");
  for (const Caller& caller : {Caller::anonymous(), user, Caller::of_service("cloudfront.amazonaws.com")}) {
    const Verdict verdict = evaluate(*policy, {caller, "s3:GetObject", "arn:aws:s3:::b/bob/x", context});
    CHECK(allows || verdict.kind != Verdict::Kind::Allow);
    CHECK((verdict.statement == nullptr) == (verdict.kind == Verdict::Kind::ImplicitDeny));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, PolicyKind::Identity);
  check(text, PolicyKind::Resource);
  return 0;
}
