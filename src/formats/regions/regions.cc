#include "formats/regions/regions.h"

#include <array>

namespace meridian::regions {
namespace {

// In the order of the model's ResourceRecordSetRegion. AWS tells the city or state, not the buildings: the
// point is the city's, or the town in that state for which its data centres are publicly known.
constexpr std::array kRegions = {
    Region{"us-east-1", "US East (N. Virginia)", 39.04F, -77.49F, "US", "VA"},           // Ashburn
    Region{"us-east-2", "US East (Ohio)", 39.96F, -83.00F, "US", "OH"},                  // Columbus
    Region{"us-west-1", "US West (N. California)", 37.34F, -121.89F, "US", "CA"},        // San Jose
    Region{"us-west-2", "US West (Oregon)", 45.84F, -119.70F, "US", "OR"},               // Boardman
    Region{"ca-central-1", "Canada (Central)", 45.50F, -73.57F, "CA", ""},               // Montreal
    Region{"eu-west-1", "Europe (Ireland)", 53.35F, -6.26F, "IE", ""},                   // Dublin
    Region{"eu-west-2", "Europe (London)", 51.51F, -0.13F, "GB", ""},                    // London
    Region{"eu-west-3", "Europe (Paris)", 48.86F, 2.35F, "FR", ""},                      // Paris
    Region{"eu-central-1", "Europe (Frankfurt)", 50.11F, 8.68F, "DE", ""},               // Frankfurt
    Region{"eu-central-2", "Europe (Zurich)", 47.38F, 8.54F, "CH", ""},                  // Zurich
    Region{"ap-southeast-1", "Asia Pacific (Singapore)", 1.35F, 103.82F, "SG", ""},      // Singapore
    Region{"ap-southeast-2", "Asia Pacific (Sydney)", -33.87F, 151.21F, "AU", ""},       // Sydney
    Region{"ap-southeast-3", "Asia Pacific (Jakarta)", -6.21F, 106.85F, "ID", ""},       // Jakarta
    Region{"ap-northeast-1", "Asia Pacific (Tokyo)", 35.68F, 139.69F, "JP", ""},         // Tokyo
    Region{"ap-northeast-2", "Asia Pacific (Seoul)", 37.57F, 126.98F, "KR", ""},         // Seoul
    Region{"ap-northeast-3", "Asia Pacific (Osaka)", 34.69F, 135.50F, "JP", ""},         // Osaka
    Region{"eu-north-1", "Europe (Stockholm)", 59.33F, 18.07F, "SE", ""},                // Stockholm
    Region{"sa-east-1", "South America (Sao Paulo)", -23.55F, -46.63F, "BR", ""},        // Sao Paulo
    Region{"cn-north-1", "China (Beijing)", 39.90F, 116.41F, "CN", ""},                  // Beijing
    Region{"cn-northwest-1", "China (Ningxia)", 37.50F, 105.20F, "CN", ""},              // Zhongwei
    Region{"ap-east-1", "Asia Pacific (Hong Kong)", 22.32F, 114.17F, "HK", ""},          // Hong Kong
    Region{"me-south-1", "Middle East (Bahrain)", 26.23F, 50.59F, "BH", ""},             // Manama
    Region{"me-central-1", "Middle East (UAE)", 25.20F, 55.27F, "AE", ""},               // Dubai
    Region{"ap-south-1", "Asia Pacific (Mumbai)", 19.08F, 72.88F, "IN", ""},             // Mumbai
    Region{"ap-south-2", "Asia Pacific (Hyderabad)", 17.39F, 78.49F, "IN", ""},          // Hyderabad
    Region{"af-south-1", "Africa (Cape Town)", -33.92F, 18.42F, "ZA", ""},               // Cape Town
    Region{"eu-south-1", "Europe (Milan)", 45.46F, 9.19F, "IT", ""},                     // Milan
    Region{"eu-south-2", "Europe (Spain)", 41.65F, -0.89F, "ES", ""},                    // Zaragoza
    Region{"ap-southeast-4", "Asia Pacific (Melbourne)", -37.81F, 144.96F, "AU", ""},    // Melbourne
    Region{"il-central-1", "Israel (Tel Aviv)", 32.09F, 34.78F, "IL", ""},               // Tel Aviv
    Region{"ca-west-1", "Canada West (Calgary)", 51.05F, -114.07F, "CA", ""},            // Calgary
    Region{"ap-southeast-5", "Asia Pacific (Malaysia)", 3.14F, 101.69F, "MY", ""},       // Kuala Lumpur
    Region{"mx-central-1", "Mexico (Central)", 20.59F, -100.39F, "MX", ""},              // Queretaro
    Region{"ap-southeast-7", "Asia Pacific (Thailand)", 13.76F, 100.50F, "TH", ""},      // Bangkok
    Region{"us-gov-east-1", "AWS GovCloud (US-East)", 39.96F, -83.00F, "US", "OH"},      // Columbus
    Region{"us-gov-west-1", "AWS GovCloud (US-West)", 45.52F, -122.68F, "US", "OR"},     // Portland
    Region{"ap-east-2", "Asia Pacific (Taipei)", 25.03F, 121.57F, "TW", ""},             // Taipei
    Region{"ap-southeast-6", "Asia Pacific (New Zealand)", -36.85F, 174.76F, "NZ", ""},  // Auckland
    Region{"eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", 52.40F, 13.06F, "DE", ""},  // Potsdam
};
static_assert(kRegions.size() == kRegionCount && kRegionCount < kNoRegion);

}  // namespace

std::span<const Region> all() {
  return kRegions;
}

RegionIndex find(std::string_view code) {
  for (std::size_t i = 0; i < kRegions.size(); ++i) {
    if (kRegions[i].code == code) return static_cast<RegionIndex>(i);
  }
  return kNoRegion;
}

}  // namespace meridian::regions
