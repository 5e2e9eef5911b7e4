#include "apps/control/domain_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/played_dns.h"

namespace meridian::apps {
namespace {

using std::chrono::seconds;
using testing::SizeIs;

const net::Address kResolver = net::Address::parse("192.0.2.53:53").value();
constexpr const char* kName = "_a.example.com.";
constexpr const char* kTarget = "_b.acm-validations.aws.";

dns::Record record(const std::string& owner, dns::Type type, std::string rdata) {
  return {dns::Name::parse(owner).value(), type, dns::Class::IN, 60, std::move(rdata)};
}
dns::Record cname(const std::string& owner, const std::string& target) {
  return record(owner, dns::Type::CNAME, std::string(dns::Name::parse(target)->wire()));
}
dns::Record caa(const std::string& owner, const std::string& issuer) {
  return record(owner, dns::Type::CAA, std::string("\0\5issue", 7) + issuer);
}

class DomainRecordsTest : public testing::Test {
 protected:
  // What the engine of this process says; other names are not its.
  std::map<std::pair<std::string, dns::Type>, std::vector<dns::Record>> here_;
  std::string zone_;  // it answers for all names below it

  std::optional<std::vector<dns::Record>> here(const dns::Name& name, dns::Type type) {
    const std::string text = name.to_string();
    if (zone_.empty() || !text.ends_with(zone_)) return std::nullopt;
    return here_[{text, type}];
  }
  void answer(dns::Rcode rcode, const std::vector<dns::Record>& records, int id_off_by = 0) {
    const auto last = loop_.sent.back();
    ASSERT_TRUE(last.from);
    const auto query = dns::parse_query(as_bytes(last.bytes)).value();
    std::string bytes(1232, '\0');
    dns::MessageWriter writer({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, bytes.size());
    dns::Header header;
    header.id = static_cast<std::uint16_t>(query.id + id_off_by);
    header.qr = true;
    header.rcode = static_cast<std::uint8_t>(rcode);
    writer.set_header(header);
    writer.add_question(query.question.name.wire(), query.question.type, dns::Class::IN);
    for (const dns::Record& each : records)
      writer.add_record(dns::MessageWriter::Section::Answer, each.owner.wire(), each.type, dns::Class::IN,
                        each.ttl, each.rdata);
    bytes.resize(writer.finish());
    last.from->receive(last.to, bytes);
    loop_.advance(Duration::zero());
  }

  upstream::DatagramLoop loop_;
  SeededRandom random_{1};
  int news_ = 0;
  DnsDomainRecords records_{[this](const dns::Name& name, dns::Type type) { return here(name, type); },
                            loop_,
                            random_,
                            {kResolver},
                            [this] { ++news_; }};
};

TEST_F(DomainRecordsTest, OurOwnZonesDecideAlone) {
  zone_ = "example.com.";
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
  here_[{kName, dns::Type::CNAME}] = {cname(kName, "_B.acm-validations.aws.")};
  EXPECT_TRUE(records_.leads_to(kName, kTarget));
  EXPECT_FALSE(records_.leads_to(kName, "_c.acm-validations.aws."));
  EXPECT_THAT(loop_.sent, SizeIs(0)) << "nobody outside is asked";
}

TEST_F(DomainRecordsTest, OthersAreAskedOnceInAWhile) {
  EXPECT_FALSE(records_.leads_to(kName, kTarget)) << "not yet known";
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
  ASSERT_THAT(loop_.sent, SizeIs(1));
  EXPECT_EQ(loop_.sent[0].to, kResolver);
  answer(dns::Rcode::NoError, {cname(kName, kTarget)}, 1);
  EXPECT_EQ(news_, 0) << "an answer to another question";
  answer(dns::Rcode::NoError, {cname(kName, kTarget)});
  EXPECT_EQ(news_, 1);
  EXPECT_TRUE(records_.leads_to(kName, kTarget));
  loop_.advance(DnsDomainRecords::kKept);
  EXPECT_FALSE(records_.leads_to(kName, kTarget)) << "asked again";
  ASSERT_THAT(loop_.sent, SizeIs(2));
  answer(dns::Rcode::NXDomain, {});
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
}

TEST_F(DomainRecordsTest, ASilentResolverIsAskedAFewTimes) {
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
  for (std::size_t i = 0; i < DnsDomainRecords::kTries; ++i) loop_.advance(DnsDomainRecords::kTryTime);
  EXPECT_THAT(loop_.sent, SizeIs(DnsDomainRecords::kTries));
  EXPECT_EQ(news_, 1);
  EXPECT_TRUE(loop_.sockets.empty());
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
  EXPECT_THAT(loop_.sent, SizeIs(DnsDomainRecords::kTries)) << "not at once";
  loop_.advance(DnsDomainRecords::kFailureKept);
  EXPECT_FALSE(records_.leads_to(kName, kTarget));
  EXPECT_THAT(loop_.sent, SizeIs(DnsDomainRecords::kTries + 1));
}

TEST_F(DomainRecordsTest, CaaRecordsOfTheClosestName) {
  const auto issuers = [&] {
    std::string out;
    const auto found = records_.authorities_of("a.example.com");
    if (!found) return found.error().code == ErrorCode::Unavailable ? std::string("unknown") : "failed";
    for (const auto& each : *found) out += each.tag + "=" + each.value + " ";
    return out;
  };
  EXPECT_EQ(issuers(), "unknown");
  answer(dns::Rcode::NXDomain, {});
  EXPECT_EQ(issuers(), "unknown");
  answer(dns::Rcode::NoError, {caa("example.com.", "amazon.com")});
  EXPECT_EQ(issuers(), "issue=amazon.com ");
  EXPECT_THAT(loop_.sent, SizeIs(2)) << "com is not asked";
}

TEST_F(DomainRecordsTest, AboveAZoneOfOursNobodyIsAskedForCaa) {
  zone_ = "example.com.";
  EXPECT_TRUE(records_.authorities_of("a.example.com").value().empty());
  EXPECT_THAT(loop_.sent, SizeIs(0));
}

TEST(ReadCaa, RefusesWhatIsTooShort) {
  const std::string whole = std::string("\x80\5ISSUE", 7) + "amazon.com";
  const auto read = read_caa(whole).value();
  EXPECT_TRUE(read.critical);
  EXPECT_EQ(read.tag, "issue");
  EXPECT_EQ(read.value, "amazon.com");
  for (std::size_t size = 0; size < 7; ++size) EXPECT_FALSE(read_caa(whole.substr(0, size))) << size;
  EXPECT_FALSE(read_caa(std::string("\0\0x", 3)));
}

}  // namespace
}  // namespace meridian::apps
