// Device classes by the words that makers put into User-Agent. AWS does not say which it goes by.
#include "engines/cdn/rules/device_class.h"

#include <algorithm>
#include <initializer_list>

namespace meridian::engines::cdn::rules {
namespace {

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

}  // namespace

DeviceClass classify_device(std::string_view user_agent) {
  DeviceClass device;
  device.smart_tv = has_any(user_agent, {"SmartTV", "SMART-TV", "Smart TV", "HbbTV", "Web0S", "NetCast",
                                         "BRAVIA", "GoogleTV", "Google TV", "Apple TV", "AppleTV", "Roku",
                                         "CrKey", "AFTB", "AFTM", "AFTS", "AFTT", "Viera"});
  device.ios = has_any(user_agent, {"iPhone", "iPad", "iPod"});
  device.android = user_agent.contains("Android");
  if (!device.smart_tv) {
    device.mobile =
        has_any(user_agent, {"Mobile", "iPhone", "iPod", "Windows Phone", "BlackBerry", "Opera Mini"});
    // Android tablets are those that do not say Mobile.
    device.tablet = has_any(user_agent, {"iPad", "Tablet", "PlayBook", "Kindle"}) ||
                    (device.android && !user_agent.contains("Mobile"));
  }
  device.desktop = !device.mobile && !device.tablet && !device.smart_tv;
  return device;
}

}  // namespace meridian::engines::cdn::rules
