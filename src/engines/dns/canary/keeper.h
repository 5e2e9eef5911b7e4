// The canary's side of the guard, in a process of its own (`meridian canary`, started by a publisher and by
// nobody else). It is two processes: the keeper holds the snapshot that is served, and its fork, the canary,
// tries the next one. When the canary dies, the keeper says of what and forks another, which takes no longer
// than copying page tables. Rule: the keeper applies only what a canary has survived.
#pragma once

#include <string_view>

namespace meridian::engines::dns {

inline constexpr std::string_view kCanaryCommand = "canary";
inline constexpr int kKeeperSocket = 3;  // to the publisher

// Serves the publisher until it is gone; the exit status.
int run_canary_keeper();

}  // namespace meridian::engines::dns
