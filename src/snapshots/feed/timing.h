// The feed's times, for both sides.
#pragma once

#include "base/clock.h"

namespace meridian::snapshots::feed {

inline constexpr Duration kHeartbeatTime = std::chrono::seconds(1);  // each side says something this often
inline constexpr Duration kPeerDeadTime = std::chrono::seconds(5);   // silent for so long: gone
inline constexpr Duration kGreetingTime = std::chrono::seconds(10);  // from accepting to Hello
inline constexpr Duration kStuckTimeMax =
    std::chrono::seconds(30);  // without taking a byte of what waits for it
inline constexpr Duration kEdgeLiveTime = std::chrono::seconds(10);  // after it was last heard, by default
// How long a change may wait for canary edges, beside the time to soak: then it goes on without them.
inline constexpr Duration kCanaryWaitMax = std::chrono::seconds(60);
inline constexpr Duration kConnectTime = std::chrono::seconds(5);          // TCP and TLS
inline constexpr Duration kReconnectMin = std::chrono::milliseconds(200);  // doubled at each failure, up to
inline constexpr Duration kReconnectMax = std::chrono::seconds(5);
inline constexpr Duration kImageWantedMin = std::chrono::seconds(1);  // after a refusal; doubled, up to
inline constexpr Duration kImageWantedMax = std::chrono::minutes(1);
inline constexpr Duration kAcknowledgeMin =
    std::chrono::milliseconds(1);  // looks for what is served; doubled, up to
inline constexpr Duration kAcknowledgeMax = std::chrono::milliseconds(64);
inline constexpr Duration kReportTime = std::chrono::milliseconds(100);    // a checker gathers its reports
inline constexpr Duration kRequestsTime = std::chrono::milliseconds(200);  // an edge gathers its requests
inline constexpr Duration kRenewRetryTime = std::chrono::minutes(10);

}  // namespace meridian::snapshots::feed
