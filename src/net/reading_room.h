// What a TcpHandler may be beside: one that says where the next data shall be put, so that it need not copy
// it there.
#pragma once

#include "base/bytes.h"

namespace meridian::net {

class ReadingRoom {
 public:
  virtual ~ReadingRoom() = default;
  // Asked before each read. Empty: anywhere. What is put there comes by on_data() like anything else.
  virtual MutableBytes room() = 0;
};

}  // namespace meridian::net
