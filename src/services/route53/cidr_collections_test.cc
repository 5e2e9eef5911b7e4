#include <thread>

#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CidrCollections : public ServiceTest {
 protected:
  aws::Outcome<api::CreateCidrCollectionResponse> create(std::string name, std::string reference = "r") {
    api::CreateCidrCollectionRequest input;
    input.Name = std::move(name);
    input.CallerReference = std::move(reference);
    return route53_.CreateCidrCollection(call_, input);
  }
  std::string create_id(const std::string& name) { return *create(name)->Collection->Id; }

  static api::CidrCollectionChange edit(std::string action, std::string location,
                                        std::vector<std::string> blocks) {
    return {.LocationName = std::move(location), .Action = std::move(action), .CidrList = std::move(blocks)};
  }
  aws::Outcome<api::ChangeCidrCollectionResponse> change_collection(
      const std::string& id, std::vector<api::CidrCollectionChange> changes,
      std::optional<std::int64_t> version = std::nullopt) {
    api::ChangeCidrCollectionRequest input;
    input.Id = id;
    input.Changes = std::move(changes);
    input.CollectionVersion = version;
    return route53_.ChangeCidrCollection(call_, input);
  }
  std::string code(const auto& outcome) { return outcome ? "none" : outcome.error().code; }

  std::vector<std::string> blocks(const std::string& id, std::optional<std::string> location = std::nullopt) {
    api::ListCidrBlocksRequest input;
    input.CollectionId = id;
    input.LocationName = std::move(location);
    std::vector<std::string> all;
    const auto outcome = route53_.ListCidrBlocks(call_, input);
    for (const auto& block : outcome->CidrBlocks.value())
      all.push_back(*block.LocationName + " " + *block.CidrBlock);
    return all;
  }
  std::vector<std::string> locations(const std::string& id) {
    std::vector<std::string> all;
    const auto outcome = route53_.ListCidrLocations(call_, {.CollectionId = id});
    for (const auto& location : outcome->CidrLocations.value()) all.push_back(*location.LocationName);
    return all;
  }
  std::int64_t version(const std::string& id) {
    const auto outcome = route53_.ListCidrCollections(call_, {});
    for (const auto& collection : outcome->CidrCollections.value())
      if (collection.Id == id) return *collection.Version;
    return 0;
  }
  std::string remove(const std::string& id) { return code(route53_.DeleteCidrCollection(call_, {.Id = id})); }
  // From another thread: whether a record set could be routed to the location.
  bool route_elsewhere(const std::string& zone, const api::ResourceRecordSet& set) {
    SeededRandom random(2);
    Route53 route53(store_, clock_, random, acknowledged_);
    aws::Call call = call_of("111122223333");
    api::ChangeResourceRecordSetsRequest input;
    input.HostedZoneId = zone;
    input.ChangeBatch.Changes = {change("UPSERT", set)};
    return route53.ChangeResourceRecordSets(call, input).has_value();
  }
  static api::ResourceRecordSet routed(std::string identifier, const std::string& collection,
                                       std::string location) {
    api::ResourceRecordSet set = records("www.example.com", "A", {"192.0.2.1"});
    set.SetIdentifier = std::move(identifier);
    set.CidrRoutingConfig =
        api::CidrRoutingConfig{.CollectionId = collection, .LocationName = std::move(location)};
    return set;
  }
};

TEST_F(CidrCollections, AreCreatedEmptyAtVersionOne) {
  auto made = create("offices");
  ASSERT_TRUE(made);
  const std::string id = *made->Collection->Id;
  EXPECT_EQ(made->Collection->Arn, "arn:aws:route53:::cidrcollection/" + id);
  EXPECT_EQ(made->Collection->Name, "offices");
  EXPECT_EQ(made->Collection->Version, 1);
  EXPECT_THAT(*made->Location, HasSubstr("/2013-04-01/cidrcollection/" + id));
  EXPECT_THAT(locations(id), IsEmpty());
  EXPECT_THAT(blocks(id), IsEmpty());
}

TEST_F(CidrCollections, ARetryReturnsTheSameOneAndANameIsTakenOnce) {
  auto made = create("offices", "one");
  EXPECT_EQ(create("offices", "one")->Collection->Id, made->Collection->Id);
  EXPECT_EQ(code(create("offices", "two")), "CidrCollectionAlreadyExistsException");
  EXPECT_NE(create("shops", "one")->Collection->Id, made->Collection->Id);
  EXPECT_EQ(remove(*made->Collection->Id), "none");
  EXPECT_EQ(code(create("offices", "two")), "none");
}

TEST_F(CidrCollections, AnAccountHasFive) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(create("c" + std::to_string(i)));
  EXPECT_EQ(code(create("c5")), "LimitsExceeded");
}

TEST_F(CidrCollections, BlocksComeAndGoAndTheVersionRises) {
  std::string id = create_id("offices");
  auto changed = change_collection(id, {edit("PUT", "tokyo", {"2001:DB8::/32", "192.0.2.0/24"}),
                                        edit("PUT", "berlin", {"198.51.100.0/24"})});
  ASSERT_TRUE(changed);
  EXPECT_THAT(locations(id), ElementsAre("berlin", "tokyo"));
  EXPECT_THAT(blocks(id), ElementsAre("berlin 198.51.100.0/24", "tokyo 2001:db8::/32", "tokyo 192.0.2.0/24"));
  EXPECT_THAT(blocks(id, "berlin"), ElementsAre("berlin 198.51.100.0/24"));
  EXPECT_EQ(version(id), 2);
  EXPECT_EQ(route53_.GetChange(call_, {.Id = changed->Id})->ChangeInfo.Status, "PENDING");
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(route53_.GetChange(call_, {.Id = changed->Id})->ChangeInfo.Status, "INSYNC");

  ASSERT_TRUE(change_collection(id, {edit("DELETE_IF_EXISTS", "berlin", {"198.51.100.0/24", "10.0.0.0/8"}),
                                     edit("DELETE_IF_EXISTS", "nowhere", {"10.0.0.0/8"})}));
  EXPECT_THAT(locations(id), ElementsAre("tokyo"));
  EXPECT_EQ(version(id), 3);
}

TEST_F(CidrCollections, BlocksMoveInOneRequestInAnyOrder) {
  std::string id = create_id("offices");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8"})}));
  EXPECT_EQ(code(change_collection(id, {edit("PUT", "b", {"10.0.0.0/8"})})), "CidrBlockInUseException");
  EXPECT_TRUE(change_collection(
      id, {edit("PUT", "b", {"10.0.0.0/8"}), edit("DELETE_IF_EXISTS", "a", {"10.0.0.0/8"})}));
  EXPECT_THAT(blocks(id), ElementsAre("b 10.0.0.0/8"));
  EXPECT_TRUE(change_collection(id, {edit("PUT", "a", {"10.1.0.0/16"})})) << "inside another one";
}

TEST_F(CidrCollections, AChangeOfAnotherVersionIsRefused) {
  std::string id = create_id("offices");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8"})}, 1));
  auto late = change_collection(id, {edit("PUT", "a", {"11.0.0.0/8"})}, 1);
  EXPECT_EQ(code(late), "CidrCollectionVersionMismatchException");
  EXPECT_EQ(late.error().status, 409);
  EXPECT_TRUE(change_collection(id, {edit("PUT", "a", {"11.0.0.0/8"})}, 2));
}

TEST_F(CidrCollections, BlocksHaveTheirSizes) {
  std::string id = create_id("offices");
  for (const char* good : {"128.0.0.0/1", "192.0.2.0/24", "8000::/1", "2001:db8:1::/48"})
    EXPECT_TRUE(change_collection(id, {edit("PUT", "a", {good})})) << good;
  for (const char* bad : {"0.0.0.0/0", "192.0.2.0/25", "::/0", "2001:db8:1::/49", "192.0.2.1/24", "192.0.2.0",
                          "192.0.2.0/x", "example.com/24", "192.0.2.0/24 "})
    EXPECT_EQ(code(change_collection(id, {edit("PUT", "a", {bad})})), "InvalidInput") << bad;
}

TEST_F(CidrCollections, ACollectionHoldsAThousandBlocks) {
  std::string id = create_id("offices");
  auto many = [](int first, int count) {
    std::vector<std::string> all;
    for (int i = first; i < first + count; ++i)
      all.push_back("10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
    return all;
  };
  EXPECT_EQ(code(change_collection(id, {edit("PUT", "a", many(0, 600)), edit("PUT", "b", many(600, 401))})),
            "LimitsExceeded");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", many(0, 1000))}));
  EXPECT_EQ(code(change_collection(id, {edit("PUT", "a", many(1000, 1))})), "LimitsExceeded");
  EXPECT_TRUE(
      change_collection(id, {edit("PUT", "a", many(1000, 1)), edit("DELETE_IF_EXISTS", "a", many(0, 1))}));
}

TEST_F(CidrCollections, WhatIsInUseStays) {
  std::string zone = make_zone_id("example.com");
  std::string id = create_id("offices");
  EXPECT_THAT(refusal(zone, {change("CREATE", routed("s", id, "berlin"))}).message,
              HasSubstr("no location berlin"));
  ASSERT_TRUE(change_collection(
      id, {edit("PUT", "berlin", {"10.0.0.0/8", "11.0.0.0/8"}), edit("PUT", "berlin-2", {"12.0.0.0/8"})}));
  EXPECT_EQ(remove(id), "CidrCollectionInUseException");
  ASSERT_TRUE(
      apply(zone, {change("CREATE", routed("s", id, "berlin")), change("CREATE", routed("d", id, "*"))}));
  EXPECT_EQ(list(zone).ResourceRecordSets[3].CidrRoutingConfig->LocationName, "berlin");

  EXPECT_TRUE(change_collection(id, {edit("DELETE_IF_EXISTS", "berlin", {"10.0.0.0/8"}),
                                     edit("DELETE_IF_EXISTS", "berlin-2", {"12.0.0.0/8"})}));
  EXPECT_EQ(code(change_collection(id, {edit("DELETE_IF_EXISTS", "berlin", {"11.0.0.0/8"})})),
            "CidrBlockInUseException");
  ASSERT_TRUE(apply(zone, {change("DELETE", routed("s", id, "berlin"))}));
  EXPECT_TRUE(change_collection(id, {edit("DELETE_IF_EXISTS", "berlin", {"11.0.0.0/8"})}));
  EXPECT_EQ(remove(id), "CidrCollectionInUseException") << "the default location is still in use";
  ASSERT_TRUE(apply(zone, {change("DELETE", routed("d", id, "*"))}));
  EXPECT_EQ(remove(id), "none");
  EXPECT_EQ(remove(id), "NoSuchCidrCollectionException");
}

TEST_F(CidrCollections, ARecordSetThatMovesOnFreesItsLocation) {
  std::string zone = make_zone_id("example.com");
  std::string id = create_id("offices");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8"}), edit("PUT", "b", {"11.0.0.0/8"})}));
  ASSERT_TRUE(apply(zone, {change("CREATE", routed("s", id, "a"))}));
  ASSERT_TRUE(apply(zone, {change("UPSERT", routed("s", id, "b"))}));
  EXPECT_TRUE(change_collection(id, {edit("DELETE_IF_EXISTS", "a", {"10.0.0.0/8"})}));
  EXPECT_FALSE(change_collection(id, {edit("DELETE_IF_EXISTS", "b", {"11.0.0.0/8"})}));
  api::ResourceRecordSet weighted = routed("s", id, "b");
  weighted.CidrRoutingConfig.reset();
  weighted.Weight = 1;
  ASSERT_TRUE(apply(zone, {change("UPSERT", weighted)}));
  EXPECT_TRUE(change_collection(id, {edit("DELETE_IF_EXISTS", "b", {"11.0.0.0/8"})}));
}

TEST_F(CidrCollections, OthersAreNotSeen) {
  std::string id = create_id("offices");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8"})}));
  const auto theirs = route53_.ListCidrCollections(stranger_, {});
  EXPECT_THAT(theirs->CidrCollections.value(), IsEmpty());
  EXPECT_EQ(code(route53_.DeleteCidrCollection(stranger_, {.Id = id})), "NoSuchCidrCollectionException");
  EXPECT_EQ(code(route53_.ListCidrBlocks(stranger_, {.CollectionId = id})), "NoSuchCidrCollectionException");
  api::CreateHostedZoneRequest make_zone;
  make_zone.Name = "example.org";
  make_zone.CallerReference = "theirs";
  std::string zone = route53_.CreateHostedZone(stranger_, make_zone)->HostedZone.Id;
  api::ResourceRecordSet set = routed("s", id, "a");
  set.Name = "www.example.org";
  api::ChangeResourceRecordSetsRequest input;
  input.HostedZoneId = zone;
  input.ChangeBatch.Changes = {change("CREATE", set)};
  auto outcome = route53_.ChangeResourceRecordSets(stranger_, input);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("does not exist"));
}

TEST_F(CidrCollections, ListsComeInPages) {
  std::string id = create_id("offices");
  ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8", "11.0.0.0/8"}),
                                     edit("PUT", "b", {"12.0.0.0/8"}), edit("PUT", "c", {"13.0.0.0/8"})}));
  api::ListCidrBlocksRequest input;
  input.CollectionId = id;
  input.MaxResults = "3";
  auto first = route53_.ListCidrBlocks(call_, input);
  EXPECT_EQ(first->CidrBlocks->size(), 3u);
  input.NextToken = first->NextToken;
  auto last = route53_.ListCidrBlocks(call_, input);
  EXPECT_EQ(last->CidrBlocks->at(0).CidrBlock, "13.0.0.0/8");
  EXPECT_FALSE(last->NextToken.has_value());
  input.NextToken = "nonsense";
  EXPECT_EQ(code(route53_.ListCidrBlocks(call_, input)), "InvalidInput");
  input.NextToken.reset();
  input.MaxResults = "none";
  EXPECT_EQ(route53_.ListCidrBlocks(call_, input).error().message,
            "MaxResults 'none' is not a number greater than 0.");
  input.MaxResults.reset();
  input.LocationName = "nowhere";
  auto nowhere = route53_.ListCidrBlocks(call_, input);
  EXPECT_EQ(code(nowhere), "NoSuchCidrLocationException");
  EXPECT_EQ(nowhere.error().status, 404);

  api::ListCidrLocationsRequest places{.CollectionId = id};
  places.MaxResults = "2";
  auto page = route53_.ListCidrLocations(call_, places);
  EXPECT_EQ(page->CidrLocations->size(), 2u);
  places.NextToken = page->NextToken;
  EXPECT_EQ(route53_.ListCidrLocations(call_, places)->CidrLocations->at(0).LocationName, "c");
}

// However a deletion and a first use fall together, no record set is left with a collection that is gone.
TEST_F(CidrCollections, ADeletionAndAFirstUseDoNotOverlookOneAnother) {
  std::string zone = make_zone_id("example.com");
  for (int round = 0; round < 20; ++round) {
    std::string id = create_id("c" + std::to_string(round));
    bool used = false, deleted = false;
    {
      std::jthread user([&] { used = route_elsewhere(zone, routed("d", id, "*")); });
      deleted = remove(id) == "none";
    }
    EXPECT_NE(used, deleted);
    if (used) {
      ASSERT_TRUE(apply(zone, {change("DELETE", routed("d", id, "*"))}));
      EXPECT_EQ(remove(id), "none");
    }
  }
}

TEST_F(CidrCollections, ALocationThatGoesAndAFirstUseDoNotOverlookOneAnother) {
  std::string zone = make_zone_id("example.com");
  std::string id = create_id("offices");
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(change_collection(id, {edit("PUT", "a", {"10.0.0.0/8"})}));
    bool used = false, emptied = false;
    {
      std::jthread user([&] { used = route_elsewhere(zone, routed("s", id, "a")); });
      emptied = change_collection(id, {edit("DELETE_IF_EXISTS", "a", {"10.0.0.0/8"})}).has_value();
    }
    EXPECT_NE(used, emptied);
    if (used) {
      ASSERT_TRUE(apply(zone, {change("DELETE", routed("s", id, "a"))}));
    }
  }
}

}  // namespace
}  // namespace meridian::services::route53
