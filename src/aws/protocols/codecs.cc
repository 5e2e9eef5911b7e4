// The list of protocols.
#include "aws/protocol.h"
#include "aws/protocols/rest.h"
#include "aws/protocols/rest_xml.h"
#include "base/check.h"

namespace meridian::aws {

std::unique_ptr<Codec> make_codec(Protocol protocol, const ServiceModel& model) {
  switch (protocol) {
    case Protocol::RestXml:
      return std::make_unique<RestCodec>(model, make_rest_xml_body(model));
    default:
      return nullptr;
  }
}

}  // namespace meridian::aws
