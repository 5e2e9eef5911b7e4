#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using NameRules = HealthyWorld;

TEST_F(NameRules, ACnameAtTheApex) {
  add(record("example.com", "CNAME", {"cdn.example.net"}));
  EXPECT_THAT(labels(cname_at_apex), ElementsAre("example.com CNAME"));
  EXPECT_THAT(commands(cname_at_apex), ElementsAre(HasSubstr(R"("Action":"DELETE")")));
}

TEST_F(NameRules, ABareNameWithoutAnAddress) {
  remove("example.com");
  EXPECT_THAT(labels(apex_without_address), ElementsAre("example.com"));
  EXPECT_THAT(commands(apex_without_address),
              ElementsAre(HasSubstr(R"("AliasTarget":{"HostedZoneId":"Z1","DNSName":"www.example.com.")")));
  expect_only({"apex-without-address"});
  remove("www.example.com");
  add(record("www.example.com", "CNAME", {"www.example.net"}));
  EXPECT_THAT(commands(apex_without_address), IsEmpty()) << "an alias at the apex cannot lead to a CNAME";
}

TEST_F(NameRules, AnAliasThatLeadsNowhere) {
  remove("www.example.com");
  EXPECT_THAT(labels(alias_dangling), ElementsAre("example.com A"));
  EXPECT_THAT(commands(alias_dangling), ElementsAre(HasSubstr(R"("Action":"DELETE")")));
  expect_only({"alias-dangling"});
}

TEST_F(NameRules, AnAliasToAnAwsResourceIsNotJudged) {
  add(alias("cf.example.com", "A", "d1.cloudfront.net", false, "Z2FDTNDATAQYW2"));
  EXPECT_THAT(found(alias_dangling), IsEmpty());
}

TEST_F(NameRules, TargetsInOwnZonesThatAreNotThere) {
  sets("cdn.example.com", "CNAME")[0]->ResourceRecords = {{"gone.example.com"}};
  EXPECT_THAT(labels(cname_target_missing), ElementsAre("cdn.example.com CNAME"));
  expect_only({"cname-target-missing"});

  facts = healthy_facts();
  sets("example.com", "MX")[0]->ResourceRecords = {{"10 mail.example.com"}, {"20 mx2.example.com"}};
  EXPECT_THAT(found(mx_target_missing).at(0).why, HasSubstr("mx2.example.com has no address here"));
  EXPECT_THAT(
      commands(mx_target_missing),
      ElementsAre(AllOf(HasSubstr("UPSERT"), HasSubstr("10 mail.example.com"), Not(HasSubstr("mx2")))));
  expect_only({"mx-target-missing"});

  facts = healthy_facts();
  add(record("sub.example.com", "NS", {"ns1.sub.example.com", "ns.example.net"}));
  EXPECT_THAT(labels(ns_target_missing), IsEmpty()) << "below the delegation, nothing is known";
  sets("sub.example.com", "NS")[0]->ResourceRecords = {{"ns1.example.com"}};
  EXPECT_THAT(labels(ns_target_missing), ElementsAre("sub.example.com NS"));

  facts = healthy_facts();
  remove("mail.example.com");
  EXPECT_THAT(labels(srv_target_missing), ElementsAre("_sip._tcp.example.com SRV"));
  EXPECT_THAT(labels(mx_target_missing), ElementsAre("example.com MX"));
}

TEST_F(NameRules, AWildcardIsATargetToo) {
  sets("cdn.example.com", "CNAME")[0]->ResourceRecords = {{"any.wild.example.com"}};
  EXPECT_THAT(found(cname_target_missing), IsEmpty());
  sets("cdn.example.com", "CNAME")[0]->ResourceRecords = {{"wild.example.com"}};
  EXPECT_THAT(found(cname_target_missing), SizeIs(1)) << "it exists, without any record";
}

TEST_F(NameRules, NoServiceIsATargetOnPurpose) {
  sets("_sip._tcp.example.com", "SRV")[0]->ResourceRecords = {{"0 0 0 ."}};
  EXPECT_THAT(found(srv_target_missing), IsEmpty());
}

TEST_F(NameRules, CnamesInACircle) {
  add(record("a.example.com", "CNAME", {"b.example.com"}));
  add(record("b.example.com", "CNAME", {"a.example.com"}));
  add(record("c.example.com", "CNAME", {"a.example.com"}));
  EXPECT_THAT(labels(cname_loop), ElementsAre("a.example.com CNAME", "b.example.com CNAME"));
  EXPECT_THAT(found(cname_chain), IsEmpty());
}

TEST_F(NameRules, ALongChain) {
  add(record("a.example.com", "CNAME", {"b.example.com"}));
  add(record("b.example.com", "CNAME", {"cdn.example.com"}));
  EXPECT_THAT(found(cname_chain).at(0).why,
              HasSubstr("a.example.com > b.example.com > cdn.example.com > cdn.example.net"));
  EXPECT_THAT(commands(cname_chain), ElementsAre(HasSubstr(R"("Value":"cdn.example.net.")")));
  expect_only({"cname-chain"});
}

TEST_F(NameRules, ACnameWhereAnAliasCanStand) {
  add(record("a.example.com", "CNAME", {"app.example.com"}));
  EXPECT_THAT(
      commands(cname_instead_of_alias),
      ElementsAre(AllOf(HasSubstr(R"("Action":"DELETE")"), HasSubstr(R"("EvaluateTargetHealth":true)"))));
  expect_only({"cname-instead-of-alias"});
  remove("a.example.com", "CNAME");
  add(record("a.example.com", "CNAME", {"d1.cloudfront.net"}));
  EXPECT_THAT(commands(cname_instead_of_alias), IsEmpty());
}

TEST_F(NameRules, NamesThatAWildcardDoesNotAnswer) {
  add(record("mail.wild.example.com", "MX", {"10 mail.example.com"}));
  add(record("deep.below.wild.example.com", "A", {"1.2.3.4"}));
  add(record("_acme.wild.example.com", "TXT", {"\"x\""}));
  add(record("has.wild.example.com", "A", {"1.2.3.4"}));
  const auto findings = found(wildcard_hidden);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].resource.label, "*.wild.example.com A");
  EXPECT_THAT(findings[0].why, HasSubstr("below.wild.example.com, mail.wild.example.com have"));
  EXPECT_THAT(
      findings[0].fix.commands.at(0).line(),
      AllOf(HasSubstr(R"("Name":"mail.wild.example.com.","Type":"A","TTL":300)"), HasSubstr("1.2.3.7")));
  expect_only({"wildcard-hidden"});
}

}  // namespace
}  // namespace meridian::apps::doctor
