// TSIG (RFC 8945): messages signed with a secret that both sides have. The record's codec, the server's check
// of a request, and the signatures of a reply or a stream of messages from both sides. Pure: time comes in.
// Rule: nothing of a message may be believed before its verdict says that it is good.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/dns/hmac.h"
#include "formats/dns/name.h"

namespace meridian::dns {

inline constexpr std::uint16_t kTsigFudge = 300;         // seconds, RFC 8945 §10
inline constexpr std::size_t kTsigSecretSizeMax = 1024;  // bytes
inline constexpr std::size_t kTsigKeysMax = 256;         // of one server
inline constexpr std::size_t kTsigUnsignedRunMax = 99;   // messages of a stream, RFC 8945 §5.3.1

struct TsigKey {
  Name name;
  HmacHash hash = HmacHash::Sha256;
  std::string secret;
};
// "hmac-sha256", any case, a final dot allowed.
std::optional<HmacHash> parse_tsig_algorithm(std::string_view text);
std::string to_string(HmacHash hash);
// The form of kdig and dig: "hmac-sha256:NAME:SECRET in base64", or "NAME:SECRET" for hmac-sha256. No error
// repeats the secret.
Result<TsigKey> parse_tsig_key(std::string_view text);
// The key of its parts in text form; what parse_tsig_key() and key files share.
Result<TsigKey> make_tsig_key(std::string_view name, std::string_view algorithm, std::string_view secret);

class TsigKeys {
 public:
  Result<void> add(TsigKey key);  // Invalid: the name is taken; Limit: there are kTsigKeysMax
  const TsigKey* find(const Name& name) const;
  const TsigKey* only() const { return keys_.size() == 1 ? &keys_.begin()->second : nullptr; }

 private:
  std::map<Name, TsigKey> keys_;
};

// TSIG errors stand in the record; the message's own code is NOTAUTH (RFC 8945 §5.2).
enum class TsigError : std::uint16_t { None = 0, BadSig = 16, BadKey = 17, BadTime = 18, BadTrunc = 22 };
std::string to_string(TsigError error);

struct Tsig {
  Name key_name;
  Name algorithm;
  std::uint64_t time_signed = 0;  // seconds since 1970, 48 bits
  std::uint16_t fudge = 0;        // seconds
  std::string_view mac;           // of the message parsed
  std::uint16_t original_id = 0;
  TsigError error = TsigError::None;
  std::string_view other;
};
struct SignedMessage {
  std::size_t size = 0;  // of the message without the TSIG
  Tsig tsig;
};
// Nothing: the message has no TSIG. Invalid (FORMERR, RFC 8945 §5.2): one that is not the last record or is
// malformed, or a message too broken to tell.
Result<std::optional<SignedMessage>> find_tsig(Bytes message);
// The message as it was before it was signed: without the TSIG, with the original id.
std::string without_tsig(Bytes message, const SignedMessage& found);

// What the server makes of a request's TSIG.
struct TsigVerdict {
  bool malformed = false;  // a MAC of a size that no sender makes: FORMERR
  TsigError error = TsigError::None;
  const TsigKey* key = nullptr;  // null with BadKey
};
TsigVerdict verify_request(Bytes message, const SignedMessage& found, const TsigKeys& keys, SystemTime now);

// Signs the messages of one side of an exchange in order: a request, or the one or many messages of a reply.
class TsigSigner {
 public:
  // `request_mac` is empty for a request. The key must outlive the signer.
  explicit TsigSigner(const TsigKey& key, std::string_view request_mac = {});

  std::size_t room() const;  // bytes that each signature takes, BadTime's time included
  // Appends the TSIG to the message of `size` bytes in `buffer`, which has room for it; the new size.
  std::size_t sign(MutableBytes buffer, std::size_t size, SystemTime now);
  // The reply to BADTIME, which says our time (RFC 8945 §5.2.3), and to BADTRUNC.
  std::size_t sign_refusal(MutableBytes buffer, std::size_t size, const Tsig& request, TsigError error,
                           SystemTime now);
  const std::string& mac() const { return prior_mac_; }  // of the last message signed

 private:
  std::size_t append(MutableBytes buffer, std::size_t size, Tsig tsig);

  const TsigKey& key_;
  std::string prior_mac_;
  bool is_reply_;
  bool first_ = true;
};
// The reply to BADKEY and BADSIG has a TSIG without a MAC (RFC 8945 §5.3.2).
std::size_t unsigned_tsig_size(const Tsig& request);
std::size_t append_unsigned_tsig(MutableBytes buffer, std::size_t size, const Tsig& request, TsigError error);

// Checks the messages of a reply in order, on the client's side.
class TsigVerifier {
 public:
  TsigVerifier(const TsigKey& key, std::string request_mac) : key_(key), prior_mac_(std::move(request_mac)) {}
  // The size of the message without its TSIG. Messages between signed ones may be unsigned, but not the
  // first.
  Result<std::size_t> verify(Bytes message, SystemTime now);
  bool last_was_signed() const { return unsigned_run_ == 0 && !first_; }

 private:
  const TsigKey& key_;
  std::string prior_mac_;
  std::string unsigned_bytes_;
  std::size_t unsigned_run_ = 0;
  bool first_ = true;
};

}  // namespace meridian::dns
