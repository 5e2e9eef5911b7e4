// The query protocol (STS, IAM) and its variant ec2: form parameters in, XML out.
#pragma once

#include "aws/protocol.h"
#include "aws/protocols/query_form.h"

namespace meridian::aws {

class QueryCodec final : public Codec {
 public:
  QueryCodec(const ServiceModel& model, FormDialect dialect) : model_(model), dialect_(dialect) {}

  Protocol protocol() const override {
    return dialect_ == FormDialect::Ec2 ? Protocol::Ec2 : Protocol::Query;
  }
  Outcome<const Operation*> find_operation(const HttpRequest& request) const override;
  Outcome<Value> decode_request(const Operation& operation, const HttpRequest& request) const override;
  HttpResponse encode_response(const Operation& operation, const Value& output,
                               std::string_view request_id) const override;
  HttpResponse encode_error(const ServiceError& error, std::string_view request_id) const override;
  HttpRequest encode_request(const Operation& operation, const Value& input) const override;
  Outcome<Value> decode_response(const Operation& operation, const HttpResponse& response) const override;

 private:
  const ServiceModel& model_;
  FormDialect dialect_;
  Patterns patterns_;
};

}  // namespace meridian::aws
