// The list of protocols.
#include "aws/protocol.h"
#include "aws/protocols/query.h"
#include "aws/protocols/rest.h"
#include "aws/protocols/rest_xml.h"
#include "base/check.h"

namespace meridian::aws {

std::unique_ptr<Codec> make_codec(Protocol protocol, const ServiceModel& model) {
  switch (protocol) {
    case Protocol::RestXml:
      return std::make_unique<RestCodec>(model, make_rest_xml_body(model));
    case Protocol::Query:
      return std::make_unique<QueryCodec>(model, FormDialect::Query);
    case Protocol::Ec2:
      return std::make_unique<QueryCodec>(model, FormDialect::Ec2);
    default:
      return nullptr;
  }
}

}  // namespace meridian::aws
