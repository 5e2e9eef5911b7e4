#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Dns final : public DnsAnswers {
 public:
  Result<Answer> answer(const Question& question) const override {
    asked = question;
    return given;
  }
  mutable std::optional<Question> asked;
  Answer given{"NOERROR", {"192.0.2.1", "192.0.2.2"}, "UDP"};
};

class TestDnsAnswer : public ServiceTest {
 protected:
  aws::Outcome<api::TestDNSAnswerResponse> ask(std::string name,
                                               std::optional<std::string> subnet = std::nullopt,
                                               std::optional<std::string> mask = std::nullopt,
                                               std::optional<std::string> resolver = std::nullopt) {
    return asking_.TestDNSAnswer(call_, {.HostedZoneId = zone_,
                                         .RecordName = std::move(name),
                                         .RecordType = "A",
                                         .ResolverIP = std::move(resolver),
                                         .EDNS0ClientSubnetIP = std::move(subnet),
                                         .EDNS0ClientSubnetMask = std::move(mask)});
  }
  std::string refusal(auto... words) {
    const auto outcome = ask(words...);
    EXPECT_FALSE(outcome);
    if (outcome) return "";
    EXPECT_EQ(outcome.error().code, "InvalidInput");
    return outcome.error().message;
  }

  Dns dns_;
  Route53 asking_{store_, clock_, random_, acknowledged_, small_quotas(), HealthCheckTargets::Public, &dns_};
  std::string zone_ = make_zone_id("example.com");
};

TEST_F(TestDnsAnswer, HasTheShapeOfAws) {
  const auto answer = ask("www.Example.com", {}, {}, "192.0.2.99").value();
  EXPECT_THAT(answer.Nameserver, testing::MatchesRegex("ns-[0-9]+\\.awsdns-[0-9]+\\..*"));
  EXPECT_EQ(answer.RecordName, "www.Example.com");
  EXPECT_EQ(answer.RecordType, "A");
  EXPECT_THAT(answer.RecordData, ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(answer.ResponseCode, "NOERROR");
  EXPECT_EQ(answer.Protocol, "UDP");
  EXPECT_EQ(dns_.asked->name.to_string(), "www.example.com.");
  EXPECT_EQ(dns_.asked->resolver->to_string(), "192.0.2.99");
  EXPECT_FALSE(dns_.asked->client_subnet);
}

TEST_F(TestDnsAnswer, TellsAsMuchOfTheClientAsTheMaskSays) {
  struct Case {
    const char *address, *mask;
    int bits;
    std::array<std::uint8_t, 10> bytes;
  };
  for (const Case& each :
       {Case{"192.0.2.44", nullptr, 24, {192, 0, 2}},
        {"192.0.2.44", "32", 32, {192, 0, 2, 44}},
        {"192.0.2.44", "12", 12, {192, 0}},
        {"192.175.2.44", "12", 12, {192, 160}},
        {"192.0.2.44", "0", 0, {}},
        {"2001:db8:ffff:ffff:ffff::", nullptr, 64, {0x20, 1, 0xd, 0xb8, 255, 255, 255, 255}},
        {"2001:db8:ffff::", "33", 33, {0x20, 1, 0xd, 0xb8, 128}}}) {
    ASSERT_TRUE(ask("www.example.com", each.address,
                    each.mask ? std::optional<std::string>(each.mask) : std::nullopt));
    const auto& told = dns_.asked->client_subnet;
    ASSERT_TRUE(told);
    EXPECT_EQ(told->source_bits, each.bits);
    EXPECT_TRUE(std::ranges::equal(each.bytes, std::span(told->address).first(10))) << each.address;
  }
}

TEST_F(TestDnsAnswer, RefusesWhatCannotBeAsked) {
  using Text = std::optional<std::string>;
  EXPECT_THAT(refusal("www.example.org"), HasSubstr("www.example.org. is not in hosted zone example.com."));
  EXPECT_THAT(refusal("a..example.com"), HasSubstr("DomainLabelEmpty"));
  EXPECT_THAT(refusal("example.com", Text(), Text("24")), HasSubstr("EDNS0ClientSubnetIP"));
  EXPECT_THAT(refusal("example.com", Text("192.0.2.1"), Text("33")), HasSubstr("between 0 and 32"));
  EXPECT_THAT(refusal("example.com", Text("2001:db8::"), Text("129")), HasSubstr("between 0 and 128"));
  EXPECT_THAT(refusal("example.com", Text("192.0.2.1"), Text("x")), HasSubstr("'x'"));
  EXPECT_THAT(refusal("example.com", Text("fe80::1%eth0"), Text()), HasSubstr("EDNS0ClientSubnetIP"));
  zone_ = "Z0NOTHERE";
  EXPECT_EQ(ask("example.com").error().code, "NoSuchHostedZone");
}

}  // namespace
}  // namespace meridian::services::route53
