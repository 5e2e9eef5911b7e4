#include "formats/dns/tsig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "formats/dns/message.h"
#include "formats/dns/tsig_keys.h"

namespace meridian::dns {
namespace {

using testing::HasSubstr;
using testing::Not;

// A query for example.org SOA as kdig 3.2.6 signs it with the key below.
constexpr std::string_view kKdigQuery =
    "25bf01200001000000000002076578616d706c65036f726700000600010000291000000000000000"
    "087472616e73666572076578616d706c650000fa00ff00000000003d0b686d61632d736861323536"
    "0000006b0152ec012c0020094e7a976ee654aac73af4062b26e8a7db37c5d462a6ac8afbfc53122a"
    "724d8125bf00000000";
constexpr std::string_view kKdigQuerySha512 =
    "858e01200001000000000002076578616d706c65036f726700000600010000291000000000000000"
    "087472616e73666572076578616d706c650000fa00ff00000000005d0b686d61632d736861353132"
    "0000006b0152ed012c0040fac7cac6e53f8921cce5383a6b49caa17a6179adf70ef3c9d3cce2af32"
    "498e3b37f8961d65545f93e7b187dbf7b36eb03ade3e055e5201758110a7b8e188eddc858e000000"
    "00";
constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr SystemTime kSigned{std::chrono::seconds(1795248876)};

TsigKey key(HmacHash hash = HmacHash::Sha256, std::string_view name = "Transfer.Example.") {
  return {*Name::parse(name), hash, std::string(kSecret)};
}
TsigKeys keys_of(TsigKey one) {
  TsigKeys keys;
  EXPECT_TRUE(keys.add(std::move(one)));
  return keys;
}
TsigError check(std::string_view message, const TsigKeys& keys, SystemTime now = kSigned) {
  const auto found = find_tsig(as_bytes(message));
  EXPECT_TRUE(found && *found);
  return verify_request(as_bytes(message), **found, keys, now).error;
}

TEST(Tsig, TakesWhatKdigSigned) {
  const std::string query = *from_hex(kKdigQuery);
  const auto found = find_tsig(as_bytes(query));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->tsig.key_name.to_string(), "transfer.example.");
  EXPECT_EQ((*found)->tsig.fudge, 300);
  EXPECT_EQ(check(query, keys_of(key())), TsigError::None);
  EXPECT_EQ(check(*from_hex(kKdigQuerySha512), keys_of(key(HmacHash::Sha512))), TsigError::None);

  const std::string plain = without_tsig(as_bytes(query), **found);
  const auto parsed = parse_query(as_bytes(plain));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->additional_count, 1);
  EXPECT_TRUE(parsed->edns);
  EXPECT_EQ(parsed->question.type, Type::SOA);
}

TEST(Tsig, SaysWhatIsWrong) {
  const std::string query = *from_hex(kKdigQuery);
  EXPECT_EQ(check(query, keys_of(key(HmacHash::Sha256, "other."))), TsigError::BadKey);
  EXPECT_EQ(check(query, keys_of(key(HmacHash::Sha384))), TsigError::BadKey) << "a key is name and algorithm";
  TsigKey wrong = key();
  wrong.secret[0] ^= 1;
  EXPECT_EQ(check(query, keys_of(wrong)), TsigError::BadSig);
  EXPECT_EQ(check(query, keys_of(key()), kSigned + std::chrono::seconds(300)), TsigError::None);
  EXPECT_EQ(check(query, keys_of(key()), kSigned + std::chrono::seconds(301)), TsigError::BadTime);
  EXPECT_EQ(check(query, keys_of(key()), kSigned - std::chrono::seconds(301)), TsigError::BadTime);
  for (const std::size_t at : {2u, 12u, 20u, 25u, 30u}) {
    std::string changed = query;
    changed[at] ^= 2;
    const auto found = find_tsig(as_bytes(changed));
    if (!found || !*found) continue;
    EXPECT_EQ(verify_request(as_bytes(changed), **found, keys_of(key()), kSigned).error, TsigError::BadSig)
        << at;
  }
  std::string forwarded = query;  // a new id does not matter: the original one is in the record
  forwarded[0] ^= 1;
  EXPECT_EQ(check(forwarded, keys_of(key())), TsigError::None);
}

// The MAC's length stands 2 bytes before it; shortening it shortens the RDATA too.
std::string with_mac_cut(const std::string& query, std::size_t size) {
  const std::size_t mac = query.size() - 6 - 32, rdata = mac - 2 - 10 - 13;
  std::string out = query.substr(0, mac + size) + query.substr(mac + 32);
  auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
  store_u16(bytes + mac - 2, static_cast<std::uint16_t>(size));
  store_u16(bytes + rdata, static_cast<std::uint16_t>(load_u16(bytes + rdata) - (32 - size)));
  return out;
}

TEST(Tsig, AShortenedMacIsRefused) {
  const std::string query = *from_hex(kKdigQuery);
  const TsigKeys keys = keys_of(key());
  EXPECT_EQ(check(with_mac_cut(query, 16), keys), TsigError::BadTrunc);
  const std::string tiny = with_mac_cut(query, 15);
  const auto found = find_tsig(as_bytes(tiny));
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE(verify_request(as_bytes(tiny), **found, keys, kSigned).malformed);
}

TEST(Tsig, TheRecordMustBeTheLastAndWhole) {
  const std::string query = *from_hex(kKdigQuery);
  EXPECT_FALSE(find_tsig(as_bytes(query).first(query.size() - 1)));
  std::string doubled = query + query.substr(40);
  doubled[11] = 3;
  EXPECT_FALSE(find_tsig(as_bytes(doubled)));
  std::string in_answer = query;
  in_answer[11] = 1;
  in_answer[7] = 1;
  EXPECT_TRUE(find_tsig(as_bytes(in_answer)));
  std::string none = query.substr(0, 40);
  none[11] = 1;
  const auto found = find_tsig(as_bytes(none));
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

class Exchange : public testing::Test {
 protected:
  // A message with the given id, signed as the next of the signer's.
  std::string signed_message(TsigSigner& signer, std::uint16_t id) {
    std::array<std::uint8_t, 512> buffer{};
    std::size_t size = unsigned_message(buffer, id);
    const std::size_t before = size;
    size = signer.sign(buffer, size, kSigned);
    EXPECT_LE(size - before, signer.room());
    return std::string(as_text(Bytes(buffer).first(size)));
  }
  static std::size_t unsigned_message(MutableBytes buffer, std::uint16_t id) {
    MessageWriter writer(buffer, buffer.size());
    Header header;
    header.id = id;
    writer.set_header(header);
    EXPECT_TRUE(writer.add_question(Name::parse("example.org.")->wire(), Type::AXFR, Class::IN));
    return writer.finish();
  }
  static std::string plain_message(std::uint16_t id) {
    std::array<std::uint8_t, 512> buffer{};
    return std::string(as_text(Bytes(buffer).first(unsigned_message(buffer, id))));
  }
  const TsigKey key_ = key(HmacHash::Sha384);
};

TEST_F(Exchange, ARequestAndAStreamOfReplies) {
  TsigSigner request(key_);
  const std::string asked = signed_message(request, 7);
  const auto found = find_tsig(as_bytes(asked));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(verify_request(as_bytes(asked), **found, keys_of(key_), kSigned).error, TsigError::None);

  TsigSigner replies(key_, (*found)->tsig.mac);
  TsigVerifier verifier(key_, request.mac());
  for (int i = 0; i < 3; ++i) {
    const auto size = verifier.verify(as_bytes(signed_message(replies, 7)), kSigned);
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_EQ(*size, plain_message(7).size());
  }
  EXPECT_TRUE(verifier.last_was_signed());
  const std::string fourth = signed_message(replies, 7), fifth = signed_message(replies, 7);
  EXPECT_FALSE(verifier.verify(as_bytes(fifth), kSigned)) << "a message is missing";
}

// What servers that do not sign every message send: the MAC of the next covers what came between.
TEST_F(Exchange, MessagesBetweenSignedOnesMayBeUnsigned) {
  TsigVerifier none(key_, "request mac");
  EXPECT_FALSE(none.verify(as_bytes(plain_message(7)), kSigned)) << "the first must be signed";

  TsigSigner replies(key_, "request mac");
  TsigVerifier verifier(key_, "request mac");
  ASSERT_TRUE(verifier.verify(as_bytes(signed_message(replies, 7)), kSigned));
  for (std::size_t i = 0; i < kTsigUnsignedRunMax; ++i)
    ASSERT_TRUE(verifier.verify(as_bytes(plain_message(7)), kSigned));
  EXPECT_FALSE(verifier.last_was_signed());
  EXPECT_FALSE(verifier.verify(as_bytes(plain_message(7)), kSigned)) << "RFC 8945 §5.3.1 allows 99";
}

TEST_F(Exchange, RefusalsAreUnderstood) {
  const std::string query = *from_hex(kKdigQuery);
  const auto found = find_tsig(as_bytes(query));
  std::array<std::uint8_t, 512> buffer{};
  std::size_t size = unsigned_message(buffer, 7);
  const std::size_t before = size;
  size = append_unsigned_tsig(buffer, size, (*found)->tsig, TsigError::BadKey);
  EXPECT_EQ(size - before, unsigned_tsig_size((*found)->tsig));
  const TsigKey known = key();
  TsigVerifier verifier(known, std::string((*found)->tsig.mac));
  auto refused = verifier.verify(Bytes(buffer).first(size), kSigned);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("BADKEY"));

  TsigSigner late(known, (*found)->tsig.mac);
  size = late.sign_refusal(buffer, unsigned_message(buffer, 7), (*found)->tsig, TsigError::BadTime, kSigned);
  refused = verifier.verify(Bytes(buffer).first(size), kSigned);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("BADTIME"));
  const auto told = find_tsig(Bytes(buffer).first(size));
  EXPECT_EQ(told.value()->tsig.other, std::string("\0\0\x6b\x01\x52\xec", 6)) << "the server's clock";
}

TEST(TsigKeyText, OneKeyInTheFormOfKdig) {
  const auto key = parse_tsig_key("hmac-sha512:a.example:AAEC");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->name.to_string(), "a.example.");
  EXPECT_EQ(key->hash, HmacHash::Sha512);
  EXPECT_EQ(key->secret, std::string("\0\1\2", 3));
  EXPECT_EQ(parse_tsig_key("a:AAEC")->hash, HmacHash::Sha256);
  for (const char* wrong : {"", "a", "hmac-md5:a:AAEC", "a:", "a:not base64", "a..b:AAEC"})
    EXPECT_FALSE(parse_tsig_key(wrong)) << wrong;
  EXPECT_THAT(parse_tsig_key("hmac-sha256:a:secret!").error().message, Not(HasSubstr("secret!")));
}

TEST(TsigKeyFile, TakesTheFormsOfBindAndKnot) {
  const auto bind = parse_tsig_keys(
      "// made by tsig-keygen\nkey \"a.example\" {\n\talgorithm hmac-sha256;\n\tsecret "
      "\"zxBR7ByOO+1a16JxHO2JJMcuQck91bVMGuSDwi4hbgs=\";\n};\nkey b { secret \"//8=\"; algorithm HMAC-SHA1; "
      "};");
  ASSERT_TRUE(bind) << bind.error().message;
  EXPECT_EQ(bind->find(*Name::parse("A.example."))->secret.size(), 32u);
  EXPECT_EQ(bind->find(*Name::parse("b."))->hash, HmacHash::Sha1);
  EXPECT_EQ(bind->find(*Name::parse("b."))->secret, "\xff\xff");

  const auto knot = parse_tsig_keys(
      "# hmac-sha512:foo:eqwX\nkey:\n  - id: foo\n    algorithm: hmac-sha512\n    secret: //8=\n"
      "  - id: \"bar.\"\n    algorithm: hmac-sha384\n    secret: AAEC # old\n");
  ASSERT_TRUE(knot) << knot.error().message;
  EXPECT_EQ(knot->find(*Name::parse("foo."))->secret, "\xff\xff");
  EXPECT_EQ(knot->find(*Name::parse("bar."))->hash, HmacHash::Sha384);

  const auto lines = parse_tsig_keys("hmac-sha256:a:AAEC\nb:AAEC\n");
  ASSERT_TRUE(lines);
  EXPECT_TRUE(lines->find(*Name::parse("b.")));
}

TEST(TsigKeyFile, RefusesWhatIsNone) {
  for (const char* wrong :
       {"", "# nothing", "key a { algorithm hmac-sha256; };", "key a { secret AAEC; }", "key a {", "key \"a",
        "key a { algorithm hmac-sha256; secret AAEC; file x; };", "key:\n  - id: a\n    port: 1\n",
        "key:\n  - id: a\n    algorithm: hmac-md5\n    secret: AAEC\n", "a:AAEC\na:AAEC\n"})
    EXPECT_FALSE(parse_tsig_keys(wrong)) << wrong;
}

}  // namespace
}  // namespace meridian::dns
