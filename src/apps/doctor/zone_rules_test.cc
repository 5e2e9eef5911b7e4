#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using ZoneRules = HealthyWorld;

TEST_F(ZoneRules, NsRecordsThatAreNotTheZonesServers) {
  sets("example.com", "NS")[0]->ResourceRecords->pop_back();
  EXPECT_THAT(labels(apex_ns_mismatch), ElementsAre("example.com NS"));
  EXPECT_THAT(commands(apex_ns_mismatch), ElementsAre(HasSubstr("ns-1537.awsdns-00.co.uk.")));
  expect_only({"apex-ns-mismatch"});
}

TEST_F(ZoneRules, ADelegationToOtherServers) {
  sets("dev.example.com", "NS")[0]->ResourceRecords = {{"ns-9.awsdns-00.com."}};
  EXPECT_THAT(found(delegation_mismatch).at(0).why, HasSubstr("is served by ns-2.awsdns-00.com"));
  EXPECT_THAT(commands(delegation_mismatch),
              ElementsAre(AllOf(HasSubstr("--hosted-zone-id Z1"), HasSubstr("ns-514.awsdns-00.net."))));
  expect_only({"delegation-mismatch"});
}

TEST_F(ZoneRules, OfTwoZonesTheDelegationChooses) {
  facts.zones.push_back(zone("Z3", "dev.example.com", {"ns-9.awsdns-00.com"}));
  sets("dev.example.com", "NS")[0]->ResourceRecords = {{"NS-9.awsdns-00.com"}};
  EXPECT_THAT(found(delegation_mismatch), IsEmpty());
}

TEST_F(ZoneRules, AZoneThatNothingLeadsTo) {
  std::erase_if(facts.zones[0].sets, [](const auto& set) { return set.Name == "dev.example.com."; });
  EXPECT_THAT(labels(delegation_missing), ElementsAre("dev.example.com"));
  EXPECT_THAT(commands(delegation_missing),
              ElementsAre(AllOf(HasSubstr("--hosted-zone-id Z1"), HasSubstr(R"("Action":"CREATE")"))));
  EXPECT_THAT(found(delegation_missing).at(0).resource.zone_ids, ElementsAre("Z2", "Z1"));
  expect_only({"delegation-missing"});
}

TEST_F(ZoneRules, BehindAForeignDelegationNothingIsMissing) {
  facts.zones.push_back(zone("Z3", "a.b.example.com", kOtherServers));
  EXPECT_THAT(labels(delegation_missing), ElementsAre("a.b.example.com"));
  add(record("b.example.com", "NS", {"ns.example.net"}));
  EXPECT_THAT(found(delegation_missing), IsEmpty());
}

TEST_F(ZoneRules, ADsRecordOfAnUnsignedZone) {
  add(record("dev.example.com", "DS", {"12345 13 2 " + std::string(64, 'A')}));
  EXPECT_THAT(labels(ds_of_unsigned_zone), ElementsAre("dev.example.com DS"));
  EXPECT_THAT(commands(ds_of_unsigned_zone), ElementsAre(HasSubstr(R"("Action":"DELETE")")));
  expect_only({"ds-of-unsigned-zone"});
  facts.zones[1].is_signed = true;
  EXPECT_THAT(found(ds_of_unsigned_zone), IsEmpty());
}

TEST_F(ZoneRules, SeveralZonesOfOneName) {
  facts.zones.push_back(zone("Z3", "example.com", kOtherServers));
  EXPECT_THAT(found(same_name_zones).at(0).why, HasSubstr("(Z1, Z3)"));
  EXPECT_THAT(commands(same_name_zones), ElementsAre("aws route53 delete-hosted-zone --id Z3"));
  facts.zones.back().sets.push_back(record("www.example.com", "A", {"1.2.3.4"}));
  EXPECT_THAT(commands(same_name_zones), IsEmpty()) << "which one is right, nobody knows here";
}

TEST_F(ZoneRules, OfSeveralEmptyZonesOneStays) {
  facts.zones = {zone("Z1", "a.test", kServers), zone("Z2", "a.test", kServers)};
  EXPECT_THAT(commands(same_name_zones), ElementsAre("aws route53 delete-hosted-zone --id Z1"));
}

TEST_F(ZoneRules, ATtlOfADay) {
  sets("www.example.com")[0]->TTL = 86400;
  EXPECT_THAT(found(long_ttl).at(0).why, HasSubstr("24 hours"));
  EXPECT_THAT(commands(long_ttl), ElementsAre(HasSubstr(R"("TTL":3600)")));
  expect_only({"long-ttl"});
  sets("www.example.com")[0]->TTL = 86399;
  EXPECT_THAT(found(long_ttl), IsEmpty());
}

TEST_F(ZoneRules, NegativeAnswersRememberedForLong) {
  sets("example.com", "SOA")[0]->TTL = 3600;
  EXPECT_THAT(found(negative_ttl).at(0).why, HasSubstr("3600 s"));
  EXPECT_THAT(commands(negative_ttl), ElementsAre(HasSubstr(R"("TTL":900)")));
  expect_only({"negative-ttl"});
  sets("example.com", "SOA")[0]->ResourceRecords = {{"ns. host. 1 7200 900 1209600 300"}};
  EXPECT_THAT(found(negative_ttl), IsEmpty()) << "the smaller of the two counts";
}

TEST_F(ZoneRules, NameServersRememberedForLong) {
  sets("dev.example.com", "NS")[0]->TTL = 604800;
  EXPECT_THAT(found(ns_ttl).at(0).why, HasSubstr("7 days"));
  EXPECT_THAT(commands(ns_ttl), ElementsAre(HasSubstr(R"("TTL":172800)")));
  expect_only({"ns-ttl"});
}

TEST_F(ZoneRules, MailWithoutSpf) {
  sets("example.com", "TXT")[0]->ResourceRecords = {{"\"verify=1\""}};
  EXPECT_THAT(commands(no_spf),
              ElementsAre(AllOf(HasSubstr(R"(\"verify=1\")"), HasSubstr(R"(\"v=spf1 mx ~all\")"))));
  expect_only({"no-spf"});
  sets("example.com", "MX")[0]->ResourceRecords = {{"0 ."}};
  EXPECT_THAT(found(no_spf), IsEmpty()) << "it takes no mail";
}

TEST_F(ZoneRules, MailWithoutDmarc) {
  remove("_dmarc.example.com", "TXT");
  EXPECT_THAT(commands(no_dmarc), ElementsAre(HasSubstr(R"("Name":"_dmarc.example.com.","Type":"TXT")")));
  expect_only({"no-dmarc"});
}

TEST_F(ZoneRules, CertificatesFromAnybody) {
  remove("example.com", "CAA");
  EXPECT_THAT(labels(no_caa), ElementsAre("example.com")) << "dev.example.com has no host";
  EXPECT_THAT(commands(no_caa), ElementsAre(HasSubstr(R"(0 issue \"amazon.com\")")));
  expect_only({"no-caa"});
}

TEST_F(ZoneRules, QueriesThatNobodyCanLookUp) {
  facts.zones[0].queries_logged = true;
  facts.zones[1].queries_logged = false;
  EXPECT_THAT(labels(queries_not_logged), ElementsAre("dev.example.com"));
  const auto fix = commands(queries_not_logged);
  ASSERT_THAT(fix, SizeIs(4));
  EXPECT_THAT(fix[2], HasSubstr(R"("Service":"route53.amazonaws.com")"));
  EXPECT_THAT(fix[2],
              HasSubstr("arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/dev.example.com"));
  facts.account.clear();
  EXPECT_THAT(commands(queries_not_logged), IsEmpty());
}

}  // namespace
}  // namespace meridian::apps::doctor
