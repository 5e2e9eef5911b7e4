#include "services/route53/change_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::services::route53 {
namespace {

using dns::Type;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

dns::Name name(std::string_view text) {
  return *dns::Name::parse(text, dns::Name(), dns::Escapes::Octal);
}

HostedZoneResource zone() {
  HostedZoneResource zone;
  zone.id = "Z1";
  zone.name = name("example.com");
  return zone;
}

RecordSetResource set(std::string_view owner, Type type, std::vector<std::string> values = {"x"},
                      std::uint32_t ttl = 300) {
  RecordSetResource out;
  out.id = {name(owner), type, {}};
  out.ttl = ttl;
  for (std::string& value : values) out.records.push_back({value, value});
  return out;
}

RecordSetResource alias(std::string_view owner, Type type, std::string_view target,
                        std::string zone_id = "Z1") {
  RecordSetResource out = set(owner, type, {});
  out.alias = AliasTarget{std::move(zone_id), name(target), false};
  return out;
}

// A zone as CreateHostedZone leaves it, and what a test adds.
class ChangeBatch : public testing::Test {
 protected:
  ChangeBatch() {
    add(set("example.com", Type::NS, {"ns"}));
    add(set("example.com", Type::SOA, {"soa"}));
  }
  void add(RecordSetResource record_set) {
    existing_.emplace(record_set_key("Z1", record_set.id), record_set);
  }
  BatchOutcome run(std::vector<RecordSetChange> changes) {
    return apply_changes(zone(), changes, existing_, {}, service_targets_);
  }
  std::vector<std::string> problems(std::vector<RecordSetChange> changes) {
    return run(std::move(changes)).problems;
  }
  RecordSets existing_, service_targets_;
};

RecordSetChange create(RecordSetResource record_set) {
  return {Action::Create, std::move(record_set), {}};
}
RecordSetChange upsert(RecordSetResource record_set) {
  return {Action::Upsert, std::move(record_set), {}};
}
RecordSetChange remove(RecordSetResource record_set) {
  return {Action::Delete, std::move(record_set), {}};
}

TEST_F(ChangeBatch, CreateMakesANewRecordSet) {
  BatchOutcome outcome = run({create(set("www.example.com", Type::A))});
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_THAT(outcome.puts, ElementsAre(record_set_key("Z1", {name("www.example.com"), Type::A, ""})));
  EXPECT_THAT(outcome.deletes, IsEmpty());
  EXPECT_EQ(outcome.record_sets.size(), 3u);
}

TEST_F(ChangeBatch, CreateRefusesWhatExists) {
  add(set("www.example.com", Type::A));
  EXPECT_THAT(
      problems({create(set("www.example.com", Type::A))}),
      ElementsAre(
          "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists"));
}

TEST_F(ChangeBatch, UpsertCreatesOrReplaces) {
  EXPECT_THAT(problems({upsert(set("www.example.com", Type::A))}), IsEmpty());
  add(set("www.example.com", Type::A, {"old"}, 1));
  BatchOutcome outcome = run({upsert(set("www.example.com", Type::A, {"new"}))});
  ASSERT_EQ(outcome.puts.size(), 1u);
  EXPECT_EQ(outcome.record_sets.at(outcome.puts[0]).records[0].text, "new");
}

TEST_F(ChangeBatch, DeleteMustNameWhatIsThere) {
  EXPECT_THAT(
      problems({remove(set("www.example.com", Type::A))}),
      ElementsAre(
          "Tried to delete resource record set [name='www.example.com.', type='A'] but it was not found"));
  add(set("www.example.com", Type::A, {"a", "b"}));
  std::string mismatch =
      "Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do "
      "not match the "
      "current values";
  EXPECT_THAT(problems({remove(set("www.example.com", Type::A, {"a"}))}), ElementsAre(mismatch));
  EXPECT_THAT(problems({remove(set("www.example.com", Type::A, {"a", "b"}, 60))}), ElementsAre(mismatch));
  BatchOutcome outcome = run({remove(set("www.example.com", Type::A, {"b", "a"}))});
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_EQ(outcome.deletes.size(), 1u);
  EXPECT_EQ(outcome.record_sets.size(), 2u);
}

TEST_F(ChangeBatch, EveryBadChangeIsNamed) {
  RecordSetChange unreadable = create(set("bad.example.com", Type::A));
  unreadable.problems = {"unreadable"};
  EXPECT_THAT(
      problems({unreadable, create(set("elsewhere.test", Type::A)), create(set("fine.example.com", Type::A)),
                remove(set("none.example.com", Type::A))}),
      ElementsAre(
          "unreadable", "RRSet with DNS name elsewhere.test. is not permitted in zone example.com.",
          "Tried to delete resource record set [name='none.example.com.', type='A'] but it was not found"));
}

TEST_F(ChangeBatch, NamesMustBeInsideTheZone) {
  EXPECT_THAT(problems({create(set("notexample.com", Type::A))}),
              ElementsAre("RRSet with DNS name notexample.com. is not permitted in zone example.com."));
  EXPECT_THAT(problems({create(set("example.com", Type::A)), create(set("a.b.c.example.com", Type::A))}),
              IsEmpty());
}

TEST_F(ChangeBatch, ARecordSetChangesOnce) {
  std::string repeat =
      "The request contains an invalid set of changes for a resource record set 'A www.example.com.'";
  EXPECT_THAT(
      problems({create(set("www.example.com", Type::A)), create(set("www.example.com", Type::A, {"y"}))}),
      testing::Contains(repeat));
  EXPECT_THAT(problems({upsert(set("www.example.com", Type::A)), upsert(set("www.example.com", Type::A))}),
              ElementsAre(repeat));
  add(set("www.example.com", Type::A));
  EXPECT_THAT(problems({remove(set("www.example.com", Type::A)), remove(set("www.example.com", Type::A))}),
              testing::Contains(repeat));
}

TEST_F(ChangeBatch, DeleteThenCreateReplaces) {
  add(set("www.example.com", Type::A));
  BatchOutcome outcome =
      run({remove(set("www.example.com", Type::A)), create(set("www.example.com", Type::A, {"y"}))});
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_EQ(outcome.puts.size(), 1u);
  EXPECT_THAT(outcome.deletes, IsEmpty());
}

TEST_F(ChangeBatch, ACnameStandsAlone) {
  add(set("www.example.com", Type::CNAME));
  EXPECT_THAT(
      problems({create(set("www.example.com", Type::A))}),
      ElementsAre(
          "RRSet of type A with DNS name www.example.com. is not permitted because a conflicting RRSet of "
          "type  CNAME with the same DNS name already exists in zone example.com."));
  add(set("mail.example.com", Type::A));
  EXPECT_THAT(
      problems({create(set("mail.example.com", Type::CNAME))}),
      ElementsAre("RRSet of type CNAME with DNS name mail.example.com. is not permitted as it conflicts with "
                  "other records with the same DNS name in zone example.com."));
  EXPECT_THAT(problems({create(set("a.mail.example.com", Type::CNAME))}), IsEmpty());
}

TEST_F(ChangeBatch, ABatchIsJudgedByWhatItLeaves) {
  add(set("www.example.com", Type::CNAME));
  EXPECT_THAT(
      problems({create(set("www.example.com", Type::A)), remove(set("www.example.com", Type::CNAME))}),
      IsEmpty());
}

TEST_F(ChangeBatch, TheApexKeepsItsNameServersAndHasNoCname) {
  EXPECT_THAT(
      problems({create(set("example.com", Type::CNAME))}),
      ElementsAre(
          "RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com."));
  EXPECT_THAT(problems({remove(set("example.com", Type::NS, {"ns"}))}),
              ElementsAre("A HostedZone must contain at least one NS record for the zone itself."));
  EXPECT_THAT(problems({remove(set("example.com", Type::SOA, {"soa"}))}),
              ElementsAre("A HostedZone must contain exactly one SOA record."));
  EXPECT_THAT(problems({upsert(set("example.com", Type::NS, {"other"})),
                        upsert(set("example.com", Type::SOA, {"new"}))}),
              IsEmpty());
}

TEST_F(ChangeBatch, SomeRecordSetsMakeNoSense) {
  EXPECT_EQ(problems({create(set("sub.example.com", Type::SOA))}).size(), 1u);
  EXPECT_EQ(problems({create(set("*.example.com", Type::NS))}).size(), 1u);
  EXPECT_EQ(problems({create(set("www.example.com", Type::CNAME, {"a", "b"}))}).size(), 1u);
  EXPECT_THAT(problems({create(set("www.example.com", Type::A, {"a", "b", "a"}))}),
              ElementsAre("Duplicate Resource Record: 'a'"));
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= kRecordsPerSetMax; ++i) many.push_back(std::to_string(i));
  EXPECT_THAT(problems({create(set("www.example.com", Type::A, many))}),
              ElementsAre("Cannot have more than 400 records in a RRSet."));
}

TEST_F(ChangeBatch, AnAliasPointsAtTheSameTypeInItsZone) {
  add(set("www.example.com", Type::A));
  EXPECT_THAT(problems({create(alias("example.com", Type::A, "www.example.com"))}), IsEmpty());
  EXPECT_THAT(problems({create(alias("example.com", Type::A, "new.example.com")),
                        create(set("new.example.com", Type::A))}),
              IsEmpty());
  EXPECT_THAT(
      problems({create(alias("example.com", Type::AAAA, "www.example.com"))}),
      ElementsAre(
          "Tried to create an alias that targets www.example.com., type AAAA in zone Z1, but that target "
          "was not found"));
  EXPECT_EQ(problems({create(alias("self.example.com", Type::A, "self.example.com"))}).size(), 1u);
  EXPECT_THAT(
      problems({create(alias("example.com", Type::A, "www.elsewhere.test"))}),
      ElementsAre(
          "Tried to create an alias that targets www.elsewhere.test., type A in zone Z1, but the alias "
          "target name does not lie within the target zone",
          "Tried to create an alias that targets www.elsewhere.test., type A in zone Z1, but that target "
          "was not found"));
  EXPECT_THAT(problems({create(alias("sub.example.com", Type::NS, "example.com"))}),
              ElementsAre("RRSet of type NS with DNS name sub.example.com. is not permitted to be an alias"));
}

TEST_F(ChangeBatch, AnAliasToADistributionNeedsItsNameInCloudFrontsZone) {
  const RecordSetResource there = set("d123456789abcd.cloudfront.net", Type::A);
  service_targets_ = {{record_set_key("Z2FDTNDATAQYW2", there.id), there}};
  const auto to = [](const std::string& target, Type type, const char* zone = "Z2FDTNDATAQYW2") {
    return create(alias("cdn.example.com", type, target, zone));
  };
  EXPECT_THAT(problems({to("d123456789abcd.cloudfront.net", Type::A)}), IsEmpty());
  EXPECT_THAT(
      problems({to("d123456789abcd.cloudfront.net", Type::AAAA)}),
      ElementsAre("Tried to create an alias that targets d123456789abcd.cloudfront.net., type AAAA in "
                  "zone Z2FDTNDATAQYW2, but that target was not found"));
  EXPECT_THAT(problems({to("d0.cloudfront.net", Type::A)}), SizeIs(1));
  EXPECT_THAT(problems({to("d123456789abcd.cloudfront.net", Type::A, "Z3AQBSTGFYJSTF")}), SizeIs(2))
      << "outside of that zone, and not found there";
  RecordSetChange evaluates = to("d123456789abcd.cloudfront.net", Type::A);
  evaluates.record_set.alias->evaluate_target_health = true;
  EXPECT_THAT(problems({evaluates}), SizeIs(1));
}

TEST_F(ChangeBatch, AliasesToOtherAwsResourcesAreNotThereYet) {
  EXPECT_THAT(problems({create(alias("cdn.example.com", Type::A, "my-lb-1.us-east-1.elb.amazonaws.com",
                                     "Z35SXDOTRQ7X7K"))}),
              Contains(HasSubstr("aliases to such AWS resources are not available in this version")));
}

TEST_F(ChangeBatch, AnAliasIsDeletedByItsTarget) {
  add(set("www.example.com", Type::A));
  add(set("ftp.example.com", Type::A));
  add(alias("example.com", Type::A, "www.example.com"));
  EXPECT_EQ(problems({remove(alias("example.com", Type::A, "ftp.example.com"))}).size(), 1u);
  EXPECT_EQ(problems({remove(set("example.com", Type::A))}).size(), 1u);
  EXPECT_THAT(problems({remove(alias("example.com", Type::A, "www.example.com"))}), IsEmpty());
}

TEST_F(ChangeBatch, NeedsTheNamesItChangesAndPointsAt) {
  EXPECT_THAT(names_needed({create(set("a.example.com", Type::A)), remove(set("a.example.com", Type::AAAA)),
                            create(alias("b.example.com", Type::A, "c.example.com"))}),
              ElementsAre(name("a.example.com"), name("b.example.com"), name("c.example.com")));
}

}  // namespace
}  // namespace meridian::services::route53
