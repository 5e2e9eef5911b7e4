// What every role asks of the system at its start, and addresses of its options as values.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"

namespace meridian::apps {

// Sockets and the store's files: as many as the system lets us have.
void raise_descriptor_limit();

Result<std::vector<net::Address>> parse_addresses(const std::vector<std::string>& texts);

}  // namespace meridian::apps
