#include "apps/axfr_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "formats/dns/rdata.h"

namespace meridian::apps {
namespace {

using dns::Name;
using dns::Type;
using testing::HasSubstr;

constexpr std::uint16_t kId = 7;

struct Sent {
  const char* owner;
  Type type;
  const char* rdata;
};
constexpr Sent kSoa{"example.com.", Type::SOA, "ns. host. 5 1 1 1 1"};
constexpr Sent kNewSoa{"example.com.", Type::SOA, "ns. host. 6 1 1 1 1"};
constexpr Sent kAddress{"a.example.com.", Type::A, "192.0.2.1"};

std::string message(std::initializer_list<Sent> records, std::uint16_t id = kId, std::uint8_t rcode = 0) {
  std::array<std::uint8_t, 2048> buffer{};
  dns::MessageWriter writer(buffer, buffer.size());
  dns::Header header;
  header.id = id;
  header.qr = true;
  header.rcode = rcode;
  writer.set_header(header);
  for (const Sent& sent : records)
    EXPECT_TRUE(writer.add_record(dns::MessageWriter::Section::Answer, Name::parse(sent.owner)->wire(),
                                  sent.type, dns::Class::IN, 60,
                                  dns::parse_rdata(sent.type, sent.rdata).value()));
  return std::string(as_text(Bytes(buffer).first(writer.finish())));
}

AxfrReply reply() {
  return {*Name::parse("example.com."), kId, std::nullopt};
}
std::string refusal(std::initializer_list<std::string> messages) {
  AxfrReply transfer = reply();
  for (const std::string& one : messages) {
    const auto done = transfer.take(as_bytes(one), SystemTime{});
    if (!done) return done.error().message;
    if (*done) return "done";
  }
  return "more";
}

TEST(AxfrReply, KeepsWhatStandsBetweenTwoSoas) {
  AxfrReply transfer = reply();
  EXPECT_FALSE(transfer.take(as_bytes(message({kSoa, kAddress})), SystemTime{}).value());
  EXPECT_FALSE(transfer.take(as_bytes(message({kAddress})), SystemTime{}).value());
  EXPECT_TRUE(transfer.take(as_bytes(message({kSoa})), SystemTime{}).value());
  EXPECT_EQ(transfer.records().size(), 3u);
  EXPECT_EQ(refusal({message({kSoa, kAddress, kSoa})}), "done");
  EXPECT_EQ(refusal({message({kSoa})}), "more");
}

TEST(AxfrReply, RefusesWhatIsNoWholeZone) {
  EXPECT_THAT(refusal({message({kAddress})}), HasSubstr("does not begin"));
  EXPECT_THAT(refusal({message({})}), HasSubstr("empty"));
  EXPECT_THAT(refusal({message({kSoa, kAddress, kNewSoa})}), HasSubstr("changed"));
  EXPECT_THAT(refusal({message({kSoa, kSoa, kAddress})}), HasSubstr("follow"));
  EXPECT_THAT(refusal({message({}, kId, 5)}), HasSubstr("REFUSED"));
  EXPECT_THAT(refusal({message({kSoa}, kId + 1)}), HasSubstr("not to our request"));
  EXPECT_THAT(refusal({"x"}), HasSubstr("shorter"));
}

TEST(AxfrReply, WithAKeyWhatIsNotSignedIsRefused) {
  const dns::TsigKey key{*Name::parse("key."), dns::HmacHash::Sha256, "secret"};
  AxfrReply transfer(*Name::parse("example.com."), kId, dns::TsigVerifier(key, "mac"));
  EXPECT_THAT(transfer.take(as_bytes(message({kSoa, kSoa})), SystemTime{}).error().message,
              HasSubstr("not signed"));
}

TEST(AxfrServer, HasAPortOrTheUsualOne) {
  EXPECT_EQ(parse_axfr_server("192.0.2.1")->to_string(), "192.0.2.1:53");
  EXPECT_EQ(parse_axfr_server("2001:db8::1")->to_string(), "[2001:db8::1]:53");
  EXPECT_EQ(parse_axfr_server("[2001:db8::1]:54")->port, 54);
  EXPECT_FALSE(parse_axfr_server("ns.example"));
}

}  // namespace
}  // namespace meridian::apps
