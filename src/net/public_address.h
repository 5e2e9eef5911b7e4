// Whether an address is one of the public Internet. Pure.
#pragma once

#include "net/address.h"

namespace meridian::net {

// Not of the blocks of RFC 5735, RFC 6598 and RFC 5156: private, loopback, documentation, multicast,
// reserved.
bool is_public(const IpAddress& address);

}  // namespace meridian::net
