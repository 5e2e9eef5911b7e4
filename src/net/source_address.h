// Which address of this machine the kernel speaks from to a peer, as its routes are now. Nothing is sent.
#pragma once

#include <optional>

#include "net/address.h"

namespace meridian::net {

std::optional<IpAddress> source_address(const IpAddress& peer);  // none: there is no way there

}  // namespace meridian::net
