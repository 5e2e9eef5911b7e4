// `meridian bill`: asks a running server what there was, and prints what AWS would have asked for it
// (docs/use/bill.md).
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"

namespace meridian::apps::bill {

int run_bill(const BillOptions& options, const Clock& clock);

}  // namespace meridian::apps::bill
