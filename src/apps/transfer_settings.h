// The options of zone transfer as values. Rule: a rule that names a key which is not there is an error, not a
// rule that never holds.
#pragma once

#include <optional>

#include "apps/command_line.h"
#include "base/disk.h"
#include "engines/dns/transfer/transfers.h"

namespace meridian::apps {

struct TransferSettings {
  engines::dns::transfer::TransferOptions transfer;
  std::vector<engines::dns::transfer::NotifyTarget> notify;
};
// Nothing: zone transfer is off.
Result<std::optional<TransferSettings>> read_transfer_settings(const TransferWords& words, Disk& disk);

// The keys of a file that is its owner's alone.
Result<dns::TsigKeys> read_tsig_keys(const std::string& path, Disk& disk);

}  // namespace meridian::apps
