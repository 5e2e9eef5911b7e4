// Files of TSIG keys as other servers' tools write them. Rule: no error repeats a secret.
#pragma once

#include <string_view>

#include "formats/dns/tsig.h"

namespace meridian::dns {

// One of three forms for the whole file: BIND's (`tsig-keygen`), Knot's (`keymgr -t`), or a key a line as
// parse_tsig_key() takes it. Comments begin with #, lines of them also with //.
Result<TsigKeys> parse_tsig_keys(std::string_view text);

}  // namespace meridian::dns
