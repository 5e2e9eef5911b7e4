// The list of protocols.
#include "aws/protocol.h"
#include "aws/protocols/json.h"
#include "aws/protocols/query.h"
#include "aws/protocols/rest.h"
#include "aws/protocols/rest_json.h"
#include "aws/protocols/rest_xml.h"
#include "aws/protocols/rpc_cbor.h"

namespace meridian::aws {

std::unique_ptr<Codec> make_codec(Protocol protocol, const ServiceModel& model) {
  switch (protocol) {
    case Protocol::RestXml:
      return std::make_unique<RestCodec>(model, make_rest_xml_body(model));
    case Protocol::RestJson:
      return std::make_unique<RestCodec>(model, make_rest_json_body(model));
    case Protocol::Json:
      return make_json_codec(model);
    case Protocol::Query:
      return std::make_unique<QueryCodec>(model, FormDialect::Query);
    case Protocol::Ec2:
      return std::make_unique<QueryCodec>(model, FormDialect::Ec2);
    case Protocol::RpcCbor:
      return make_rpc_cbor_codec(model);
  }
  return nullptr;
}

}  // namespace meridian::aws
