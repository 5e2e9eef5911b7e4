// `meridian ca show` and `meridian ca trust`: the local authority's root certificate, and what to do for
// programs to believe what it signs. On the server's machine, through its data directory. Rule: nothing of
// the machine is changed unless --system asks for it.
#pragma once

#include "apps/command_line.h"
#include "base/disk.h"

namespace meridian::apps {

int ca(const CaOptions& options, Disk& disk);

}  // namespace meridian::apps
