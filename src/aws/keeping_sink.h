// A BodySink that can make use of bytes that it may keep.
#pragma once

#include "aws/body.h"

namespace meridian::aws {

class KeepingSink : public BodySink {
 public:
  // As take(); the bytes may be kept, with their owner, beyond the call.
  virtual Outcome<void> take_shared(const SharedBytes& bytes) = 0;
};

}  // namespace meridian::aws
