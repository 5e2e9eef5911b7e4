#include "apps/cdn_locations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CdnLocations, AddressesWithoutACodeAreOfTheOneThatIsNamed) {
  CdnOptions options{
      .addresses = {"127.0.0.1:80", "[::1]:80"}, .tls_addresses = {"127.0.0.1:443"}, .location = "FRA50-C1"};
  const auto all = locations_of(options, {"192.0.2.1"});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().code, "FRA50-C1");
  EXPECT_THAT(all->front().http, ElementsAre("127.0.0.1:80", "[::1]:80"));
  EXPECT_THAT(all->front().https, ElementsAre("127.0.0.1:443"));
  EXPECT_THAT(all->front().published, ElementsAre("192.0.2.1"));
}

TEST(CdnLocations, SeveralAreToldApartByTheirCodes) {
  CdnOptions options{.addresses = {"IAD12-C1=127.0.0.2:80", "SYD1-C1=[::1]:80", "IAD12-C1=127.0.0.3:80"},
                     .tls_addresses = {"SYD1-C1=127.0.0.4:443"},
                     .location = "DEV50-C1"};
  const auto all = locations_of(options, {"SYD1-C1=192.0.2.1"});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u) << "nobody listens at the default one";
  EXPECT_EQ(all->at(0).code, "IAD12-C1");
  EXPECT_THAT(all->at(0).http, ElementsAre("127.0.0.2:80", "127.0.0.3:80"));
  EXPECT_THAT(all->at(0).published, IsEmpty());
  EXPECT_EQ(all->at(1).code, "SYD1-C1");
  EXPECT_THAT(all->at(1).http, ElementsAre("[::1]:80"));
  EXPECT_THAT(all->at(1).https, ElementsAre("127.0.0.4:443"));
  EXPECT_THAT(all->at(1).published, ElementsAre("192.0.2.1"));
}

TEST(CdnLocations, WhatCannotBeIsRefused) {
  const CdnOptions bad_code{.addresses = {"a b=127.0.0.1:80"}, .location = "DEV50-C1"};
  EXPECT_THAT(locations_of(bad_code).error().message, HasSubstr("'a b' is not the code"));
  const CdnOptions one{.addresses = {"127.0.0.1:80"}, .location = "DEV50-C1"};
  EXPECT_THAT(locations_of(one, {"SYD1-C1=192.0.2.1"}).error().message,
              HasSubstr("nothing listens at SYD1-C1"));
  CdnOptions many{.location = "DEV50-C1"};
  for (int i = 0; i < 65; ++i) many.addresses.push_back("L" + std::to_string(i) + "=127.0.0.1:80");
  EXPECT_THAT(locations_of(many).error().message, HasSubstr("at most 64"));
}

TEST(CdnLocations, CachesShareWhatThereIs) {
  EXPECT_EQ(cache_shares(1000, 1, 0).location, 1000u) << "alone";
  const CacheShares shares = cache_shares(1200, 3, 2);
  EXPECT_EQ(shares.location, 200u);
  EXPECT_EQ(shares.regional, 300u);
}

}  // namespace
}  // namespace meridian::apps
