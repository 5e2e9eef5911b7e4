// What kind of device a User-Agent speaks of, for CloudFront-Is-*-Viewer.
#pragma once

#include <string_view>

namespace meridian::engines::cdn::rules {

// A tablet may be a mobile device too, as CloudFront has it; what is none of mobile, tablet and smart TV is a
// desktop.
struct DeviceClass {
  bool desktop = false, mobile = false, tablet = false, smart_tv = false;
  bool ios = false, android = false;
  bool operator==(const DeviceClass&) const = default;
};

DeviceClass classify_device(std::string_view user_agent);

}  // namespace meridian::engines::cdn::rules
