// What a caller's own policies say of a call, for services that do not decide themselves.
#pragma once

#include "aws/call.h"
#include "aws/error.h"

namespace meridian::aws {

class Authority {
 public:
  virtual ~Authority() = default;
  // Of the call's service and operation; called from any thread, of every such call.
  virtual Outcome<void> may(const Call& call) const = 0;
};

}  // namespace meridian::aws
