#include "formats/pops/pops.h"

#include <gtest/gtest.h>

namespace meridian::pops {
namespace {

TEST(Pops, AreFoundByTheirCodes) {
  ASSERT_TRUE(find_pop("FRA50-C1"));
  EXPECT_NEAR(find_pop("FRA50-C1")->latitude, 50, 1);
  EXPECT_NEAR(find_pop("FRA")->longitude, 8.6, 1);
  for (const char* nowhere : {"", "FR", "DEV50-C1", "fra50-C1", "ZZZ"})
    EXPECT_FALSE(find_pop(nowhere)) << nowhere;
}

TEST(Pops, AreOfTheClassesThatThePriceListSays) {
  for (const char* code : {"IAD", "YUL", "QRO", "LHR", "TLV"})
    EXPECT_EQ(find_pop(code)->price_class, PriceClass::Class100) << code;
  for (const char* code : {"NRT", "SIN", "BOM", "CPT", "DXB", "ICN", "IST", "CAI", "LOS", "HAN"})
    EXPECT_EQ(find_pop(code)->price_class, PriceClass::Class200) << code;
  for (const char* code : {"SYD", "AKL", "GRU", "SCL"})
    EXPECT_EQ(find_pop(code)->price_class, PriceClass::All) << code;
}

}  // namespace
}  // namespace meridian::pops
