// TSIG in messages of strangers, and key files. Besides not crashing: no message passes that nobody signed,
// and a message that is signed anew does.
#include <vector>

#include "base/check.h"
#include "formats/dns/message.h"
#include "formats/dns/tsig.h"
#include "formats/dns/tsig_keys.h"

namespace {

using namespace meridian;
using namespace meridian::dns;

constexpr SystemTime kNow{std::chrono::seconds(1'700'000'000)};

void sign_and_check(Bytes message, const TsigKeys& keys, const TsigKey& key) {
  if (load_u16(&message[10]) == 65535 || !parse_message(message)) return;
  std::vector<std::uint8_t> buffer(message.begin(), message.end());
  TsigSigner signer(key);
  buffer.resize(message.size() + signer.room());
  const std::size_t size = signer.sign(buffer, message.size(), kNow);
  buffer.resize(size);
  const auto found = find_tsig(buffer);
  CHECK(found && *found);
  const TsigVerdict verdict = verify_request(buffer, **found, keys, kNow);
  CHECK(!verdict.malformed && verdict.error == TsigError::None);
  CHECK(without_tsig(buffer, **found) == as_text(message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const TsigKey key{Name::parse("key.").value(), HmacHash::Sha256, "a secret the fuzzer does not know"};
  TsigKeys keys;
  (void)keys.add(key);
  const Bytes message(data, size);
  if (const auto found = find_tsig(message); found && *found) {
    CHECK((*found)->size < size);
    const TsigVerdict verdict = verify_request(message, **found, keys, kNow);
    CHECK(verdict.malformed || verdict.error != TsigError::None);
    CHECK(!TsigVerifier(key, "mac").verify(message, kNow));
  } else if (found) {
    sign_and_check(message, keys, key);
  }
  (void)parse_tsig_keys(as_text(message));
  return 0;
}
