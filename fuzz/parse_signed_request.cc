// Signed URLs, cookies and policies: nothing that nobody signed passes, and a policy that is read can be
// written and read again.
#include <cstdint>
#include <cstdlib>

#include "engines/cdn/signing/signed_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian::engines::cdn;
  const std::string_view text(reinterpret_cast<const char*>(data), data ? size : 0);
  static const signing::TrustedKeys keys({std::make_shared<meridian::snapshots::cdn::TrustedKey>(
      "K1", signing::SigningKey::generate_ec()->public_pem())});
  const std::vector<rules::Field> fields = {{"Cookie", text}};
  signing::SignedRequest request;
  request.host = "a.example";
  request.path = "/";
  request.now = signing::Time(signing::Seconds(1000));
  request.fields = fields;
  if (!check_signature(request, keys)) std::abort();
  request.query = text;
  if (!check_signature(request, keys)) std::abort();
  if (const auto policy = signing::parse_policy(text)) {
    if (signing::parse_policy(signing::policy_text(*policy)) != policy) std::abort();
    (void)signing::matches_resource(policy->resource, "https://a.example/b/c?d=e&f");
  }
  if (const auto bytes = signing::decode_from_url(text)) {
    if (signing::encode_for_url(*bytes) != text) std::abort();
  }
  (void)signing::matches_resource(text, "https://a.example/b/c?d=e&f");
  return 0;
}
