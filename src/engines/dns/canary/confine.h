// What the canary's processes may do: compute, talk over the sockets they were given, and little else. Rule:
// nothing here is needed for correctness; it bounds what a poisoned delta that takes such a process over
// could reach.
#pragma once

#include "base/result.h"

namespace meridian::engines::dns {

// Closes every descriptor from `first_closed` on, forbids core dumps and files, leaves the machine half of
// its memory and makes the process the first victim when there is none left.
void give_up_resources(int first_closed);

// From here on: no file, no socket of its own, no other program and, unless it may fork, no other process.
// What is tried all the same fails with EPERM.
enum class MayFork : bool { No, Yes };
Result<void> confine(MayFork may_fork);

}  // namespace meridian::engines::dns
