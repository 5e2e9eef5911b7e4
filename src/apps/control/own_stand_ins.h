// Where those who serve distributions ask for what this deployment's own S3 has: what an operator says, else
// where this process listens.
#pragma once

#include <span>

#include "apps/command_line.h"
#include "compilers/cdn/stand_ins.h"
#include "net/address.h"

namespace meridian::apps {

bool is_unspecified(const net::IpAddress& address);  // 0.0.0.0 or ::

// An address that is all addresses is asked for over loopback.
Result<compilers::cdn::StandIns> own_stand_ins(const OwnOrigins& said, std::span<const net::Address> api,
                                               std::span<const net::Address> website);

// For an operator whose edges may come from other machines (to `feed`, ADDR:PORT) and would ask themselves;
// "": none.
std::string advice_of(const compilers::cdn::StandIns& stand_ins, std::string_view feed);

}  // namespace meridian::apps
