// Smithy's rpc-v2-cbor: POST /service/<Service>/operation/<Operation> with CBOR both ways.
#pragma once

#include <memory>

#include "aws/protocol.h"

namespace meridian::aws {

// `model` must outlive the codec.
std::unique_ptr<Codec> make_rpc_cbor_codec(const ServiceModel& model);

}  // namespace meridian::aws
