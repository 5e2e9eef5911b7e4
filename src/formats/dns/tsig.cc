#include "formats/dns/tsig.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "formats/dns/message.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kRecordFixedSize = 10;  // type, class, TTL, RDLENGTH
constexpr std::size_t kTsigFixedSize = 16;    // RDATA but the algorithm, the MAC and other data
constexpr std::size_t kTimeSize = 6;
constexpr std::size_t kMacSizeMin = 10;  // RFC 8945 §5.2.2.1
constexpr std::uint64_t kTimeMask = 0xffffffffffff;

struct HashName {
  HmacHash hash;
  std::string_view text;
};
constexpr HashName kHashNames[] = {{HmacHash::Sha1, "hmac-sha1"},
                                   {HmacHash::Sha256, "hmac-sha256"},
                                   {HmacHash::Sha384, "hmac-sha384"},
                                   {HmacHash::Sha512, "hmac-sha512"}};

std::uint64_t seconds_of(SystemTime time) {
  return static_cast<std::uint64_t>(
             std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()) &
         kTimeMask;
}

void append_u48(std::string& out, std::uint64_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 32));
  append_u32(out, static_cast<std::uint32_t>(value));
}

Name algorithm_name(HmacHash hash) {
  return *Name::parse(to_string(hash) + ".");
}

// Moves behind a name, which may be compressed; what it says is checked where it matters.
bool skip_name(Bytes message, std::size_t& position) {
  while (position < message.size()) {
    const std::uint8_t length = message[position];
    position += length >= 0xc0 ? 2u : length + 1u;
    if (length == 0 || length >= 0xc0) return position <= message.size();
    if (length > kLabelSizeMax) return false;
  }
  return false;
}

// The RDATA of a TSIG: its names are never compressed (RFC 8945 §4.2).
Result<Tsig> read_rdata(Name key_name, Bytes rdata) {
  Tsig tsig;
  tsig.key_name = key_name;
  const std::size_t size = wire_name_size(as_text(rdata));
  if (size == 0) return invalid("the algorithm of the TSIG is malformed");
  tsig.algorithm = TRY(Name::from_wire(as_text(rdata.first(size))));
  ByteReader reader(rdata.subspan(size));
  tsig.time_signed = std::uint64_t{reader.u16()} << 32;
  tsig.time_signed |= reader.u32();
  tsig.fudge = reader.u16();
  tsig.mac = as_text(reader.take(reader.u16()));
  tsig.original_id = reader.u16();
  tsig.error = static_cast<TsigError>(reader.u16());
  tsig.other = as_text(reader.take(reader.u16()));
  if (!reader.ok() || !reader.at_end()) return invalid("the TSIG is cut short");
  return tsig;
}

// RFC 8945 §4.3.3: what of the record itself is signed.
void append_variables(std::string& out, const Tsig& tsig) {
  out += tsig.key_name.lower().wire();
  append_u16(out, static_cast<std::uint16_t>(Class::ANY));
  append_u32(out, 0);
  out += tsig.algorithm.lower().wire();
  append_u48(out, tsig.time_signed);
  append_u16(out, tsig.fudge);
  append_u16(out, static_cast<std::uint16_t>(tsig.error));
  append_u16(out, static_cast<std::uint16_t>(tsig.other.size()));
  out += tsig.other;
}

void append_mac(std::string& out, std::string_view mac) {
  append_u16(out, static_cast<std::uint16_t>(mac.size()));
  out += mac;
}

// A message's bytes as they were signed: with the original id and without the TSIG in the count.
void append_message(std::string& out, Bytes message, const SignedMessage& found) {
  const std::size_t start = out.size();
  out += as_text(message.first(found.size));
  auto* header = reinterpret_cast<std::uint8_t*>(out.data()) + start;
  store_u16(header, found.tsig.original_id);
  store_u16(header + 10, static_cast<std::uint16_t>(load_u16(header + 10) - 1));
}

// The record itself; the MAC is already in it.
std::size_t append_record(MutableBytes buffer, std::size_t size, const Tsig& tsig) {
  std::string out(tsig.key_name.wire());
  append_u16(out, static_cast<std::uint16_t>(Type::TSIG));
  append_u16(out, static_cast<std::uint16_t>(Class::ANY));
  append_u32(out, 0);
  append_u16(out, static_cast<std::uint16_t>(tsig.algorithm.wire().size() + kTsigFixedSize + tsig.mac.size() +
                                             tsig.other.size()));
  out += tsig.algorithm.wire();
  append_u48(out, tsig.time_signed);
  append_u16(out, tsig.fudge);
  append_mac(out, tsig.mac);
  append_u16(out, tsig.original_id);
  append_u16(out, static_cast<std::uint16_t>(tsig.error));
  append_u16(out, static_cast<std::uint16_t>(tsig.other.size()));
  out += tsig.other;
  CHECK(size >= kHeaderSize && out.size() <= buffer.size() - size);
  std::ranges::copy(as_bytes(out), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  store_u16(&buffer[10], static_cast<std::uint16_t>(load_u16(&buffer[10]) + 1));
  return size + out.size();
}

std::size_t record_size(const Name& key_name, const Name& algorithm, std::size_t rest) {
  return key_name.wire().size() + kRecordFixedSize + algorithm.wire().size() + kTsigFixedSize + rest;
}

}  // namespace

std::optional<HmacHash> parse_tsig_algorithm(std::string_view text) {
  std::string wanted = to_lower(text);
  if (wanted.ends_with('.')) wanted.pop_back();
  for (const HashName& known : kHashNames)
    if (known.text == wanted) return known.hash;
  return std::nullopt;
}

std::string to_string(HmacHash hash) {
  for (const HashName& known : kHashNames)
    if (known.hash == hash) return std::string(known.text);
  return "";
}

Result<TsigKey> make_tsig_key(std::string_view name, std::string_view algorithm, std::string_view secret) {
  TsigKey key;
  key.name = TRY(Name::parse(name));
  const auto hash = parse_tsig_algorithm(algorithm);
  if (!hash)
    return invalid(
        fmt::format("TSIG key {}: the algorithm must be hmac-sha1, hmac-sha256, hmac-sha384 or "
                    "hmac-sha512",
                    key.name.to_string()));
  key.hash = *hash;
  auto bytes = from_base64(secret);
  if (!bytes || bytes->empty() || bytes->size() > kTsigSecretSizeMax)
    return invalid(fmt::format("TSIG key {}: the secret must be 1 to {} bytes in base64",
                               key.name.to_string(), kTsigSecretSizeMax));
  key.secret = *std::move(bytes);
  return key;
}

Result<TsigKey> parse_tsig_key(std::string_view text) {
  const std::size_t last = text.rfind(':');
  if (last == text.npos) return invalid("a TSIG key is written ALGORITHM:NAME:SECRET");
  const std::string_view secret = text.substr(last + 1), front = text.substr(0, last);
  const std::size_t first = front.find(':');
  if (first == front.npos) return make_tsig_key(front, to_string(HmacHash::Sha256), secret);
  return make_tsig_key(front.substr(first + 1), front.substr(0, first), secret);
}

Result<void> TsigKeys::add(TsigKey key) {
  if (keys_.size() >= kTsigKeysMax)
    return fail(ErrorCode::Limit, fmt::format("there are more than {} TSIG keys", kTsigKeysMax));
  const Name name = key.name;
  if (!keys_.try_emplace(name, std::move(key)).second)
    return invalid(fmt::format("TSIG key {} is given twice", name.to_string()));
  return {};
}

const TsigKey* TsigKeys::find(const Name& name) const {
  const auto found = keys_.find(name);
  return found == keys_.end() ? nullptr : &found->second;
}

std::string to_string(TsigError error) {
  switch (error) {
    case TsigError::None:
      return "NOERROR";
    case TsigError::BadSig:
      return "BADSIG";
    case TsigError::BadKey:
      return "BADKEY";
    case TsigError::BadTime:
      return "BADTIME";
    case TsigError::BadTrunc:
      return "BADTRUNC";
  }
  return fmt::format("error {}", static_cast<unsigned>(error));
}

Result<std::optional<SignedMessage>> find_tsig(Bytes message) {
  if (message.size() < kHeaderSize) return invalid("message is shorter than a header");
  const unsigned additional = load_u16(&message[10]);
  if (additional == 0) return std::nullopt;
  const unsigned questions = load_u16(&message[4]);
  const unsigned records = load_u16(&message[6]) + load_u16(&message[8]) + additional;
  std::size_t position = kHeaderSize;
  for (unsigned i = 0; i < questions; ++i) {
    if (!skip_name(message, position)) return invalid("a question is malformed");
    position += 4;
  }
  for (unsigned i = 0; i < records; ++i) {
    const std::size_t start = position;
    if (!skip_name(message, position) || message.size() - position < kRecordFixedSize)
      return invalid("a record is cut short");
    const auto type = static_cast<Type>(load_u16(&message[position]));
    const std::size_t size = load_u16(&message[position + 8]);
    if (type == Type::TSIG) {
      // The owner may not be compressed either, but some senders do so.
      std::size_t owner_at = start;
      Name owner = TRY(Name::read(message, owner_at));
      const auto klass = static_cast<Class>(load_u16(&message[position + 2]));
      const bool fits = size <= message.size() - position - kRecordFixedSize;
      if (i + 1 != records || klass != Class::ANY || load_u16(&message[position + 4]) != 0 ||
          load_u16(&message[position + 6]) != 0 || !fits ||
          position + kRecordFixedSize + size != message.size())
        return invalid("the TSIG is malformed, or not the last record");
      SignedMessage found;
      found.size = start;
      found.tsig = TRY(read_rdata(owner, message.subspan(position + kRecordFixedSize, size)));
      return found;
    }
    position += kRecordFixedSize + size;
    if (position > message.size()) return invalid("a record is cut short");
  }
  if (position != message.size()) return invalid("bytes follow the message");
  return std::nullopt;
}

std::string without_tsig(Bytes message, const SignedMessage& found) {
  std::string out;
  append_message(out, message, found);
  return out;
}

TsigVerdict verify_request(Bytes message, const SignedMessage& found, const TsigKeys& keys, SystemTime now) {
  const Tsig& tsig = found.tsig;
  TsigVerdict verdict;
  verdict.key = keys.find(tsig.key_name);
  // RFC 8945 §5.2.1: a key is its name and its algorithm.
  if (!verdict.key || algorithm_name(verdict.key->hash) != tsig.algorithm)
    return {false, TsigError::BadKey, nullptr};
  const std::size_t full = hmac_size(verdict.key->hash);
  if (tsig.mac.size() > full || tsig.mac.size() < std::max(kMacSizeMin, full / 2)) {
    verdict.malformed = true;
    return verdict;
  }
  std::string bytes;
  append_message(bytes, message, found);
  append_variables(bytes, tsig);
  const std::string mac = hmac(verdict.key->hash, verdict.key->secret, bytes);
  if (!equal_in_constant_time(std::string_view(mac).substr(0, tsig.mac.size()), tsig.mac)) {
    verdict.error = TsigError::BadSig;
    return verdict;
  }
  const std::uint64_t here = seconds_of(now);
  const std::uint64_t off = here > tsig.time_signed ? here - tsig.time_signed : tsig.time_signed - here;
  if (off > tsig.fudge)
    verdict.error = TsigError::BadTime;
  else if (tsig.mac.size() < full)
    verdict.error = TsigError::BadTrunc;
  return verdict;
}

TsigSigner::TsigSigner(const TsigKey& key, std::string_view request_mac)
    : key_(key), prior_mac_(request_mac), is_reply_(!request_mac.empty()) {}

std::size_t TsigSigner::room() const {
  return record_size(key_.name, algorithm_name(key_.hash), hmac_size(key_.hash) + kTimeSize);
}

std::size_t TsigSigner::sign(MutableBytes buffer, std::size_t size, SystemTime now) {
  Tsig tsig;
  tsig.time_signed = seconds_of(now);
  return append(buffer, size, tsig);
}

std::size_t TsigSigner::sign_refusal(MutableBytes buffer, std::size_t size, const Tsig& request,
                                     TsigError error, SystemTime now) {
  std::string ours;
  Tsig tsig;
  tsig.time_signed = seconds_of(now);
  tsig.error = error;
  if (error == TsigError::BadTime) {
    append_u48(ours, tsig.time_signed);
    tsig.time_signed = request.time_signed;
    tsig.other = ours;
  }
  return append(buffer, size, tsig);
}

std::size_t TsigSigner::append(MutableBytes buffer, std::size_t size, Tsig tsig) {
  tsig.key_name = key_.name;
  tsig.algorithm = algorithm_name(key_.hash);
  tsig.fudge = kTsigFudge;
  tsig.original_id = load_u16(buffer.data());
  std::string bytes;
  if (is_reply_ || !first_) append_mac(bytes, prior_mac_);
  bytes += as_text(Bytes(buffer).first(size));
  if (first_) {
    append_variables(bytes, tsig);
  } else {  // RFC 8945 §5.3.1: of further messages only the timers
    append_u48(bytes, tsig.time_signed);
    append_u16(bytes, tsig.fudge);
  }
  prior_mac_ = hmac(key_.hash, key_.secret, bytes);
  first_ = false;
  tsig.mac = prior_mac_;
  return append_record(buffer, size, tsig);
}

std::size_t unsigned_tsig_size(const Tsig& request) {
  return record_size(request.key_name, request.algorithm, 0);
}

std::size_t append_unsigned_tsig(MutableBytes buffer, std::size_t size, const Tsig& request,
                                 TsigError error) {
  Tsig tsig = request;
  tsig.mac = {};
  tsig.other = {};
  tsig.error = error;
  return append_record(buffer, size, tsig);
}

Result<std::size_t> TsigVerifier::verify(Bytes message, SystemTime now) {
  const auto found = TRY(find_tsig(message));
  if (!found) {
    if (first_) return invalid("the reply is not signed");
    if (++unsigned_run_ > kTsigUnsignedRunMax) return invalid("too many messages in a row are not signed");
    unsigned_bytes_ += as_text(message);
    return message.size();
  }
  const Tsig& tsig = found->tsig;
  if (tsig.key_name != key_.name || tsig.algorithm != algorithm_name(key_.hash))
    return invalid(fmt::format("the reply is signed with another key: {}", tsig.key_name.to_string()));
  if (tsig.mac.empty() && tsig.error != TsigError::None)
    return invalid("the server refuses the signature: " + to_string(tsig.error));
  std::string bytes;
  append_mac(bytes, prior_mac_);
  bytes += unsigned_bytes_;
  append_message(bytes, message, *found);
  if (first_) {
    append_variables(bytes, tsig);
  } else {
    append_u48(bytes, tsig.time_signed);
    append_u16(bytes, tsig.fudge);
  }
  prior_mac_ = hmac(key_.hash, key_.secret, bytes);
  if (!equal_in_constant_time(prior_mac_, tsig.mac)) return invalid("the signature is wrong");
  if (tsig.error != TsigError::None)
    return invalid("the server refuses the signature: " + to_string(tsig.error));
  const std::uint64_t here = seconds_of(now);
  if ((here > tsig.time_signed ? here - tsig.time_signed : tsig.time_signed - here) > tsig.fudge)
    return invalid("the signature is too old, or a clock is wrong");
  first_ = false;
  unsigned_run_ = 0;
  unsigned_bytes_.clear();
  return found->size;
}

}  // namespace meridian::dns
