// A REST call in order: route, bindings, body, constraints; and the same backwards for a client.
#include "aws/protocols/rest.h"

#include "aws/protocols/http_bindings.h"
#include "aws/protocols/scalar_text.h"

namespace meridian::aws {

namespace {

HttpResponse start_response(const ServiceModel& model, int status, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  response.headers.add(model.is_s3() ? "x-amz-request-id" : "x-amzn-RequestId", std::string(request_id));
  if (model.is_s3()) response.headers.add("x-amz-id-2", host_id(request_id));
  return response;
}

bool is_document(const Member& payload) {
  return payload.shape->kind == Kind::Structure;
}

BodyRoot input_root(const Operation& operation) {
  const char* name = operation.input_xml_name ? operation.input_xml_name : operation.input->name;
  return {*operation.input, name, operation.input_xml_namespace};
}

BodyRoot output_root(const Operation& operation, const ServiceModel& model) {
  const char* name = operation.output->xml_name ? operation.output->xml_name : operation.output->name;
  return {*operation.output, name, model.xml_namespace};
}

BodyRoot payload_root(const Member& payload, const char* xml_namespace) {
  const Shape& shape = *payload.shape;
  // The member's locationName wins over the shape's, and both over the member's own name.
  const char* name = std::string_view(payload.wire) != payload.name ? payload.wire
                     : shape.xml_name                               ? shape.xml_name
                                                                    : payload.wire;
  return {shape, name, payload.xml_namespace ? payload.xml_namespace : xml_namespace};
}

}  // namespace

bool has_body_members(const Shape& structure) {
  for (const Member& member : structure.members)
    if (member.location == Location::Body) return true;
  return false;
}

const Member* payload_member(const Shape& structure) {
  if (!structure.payload) return nullptr;
  for (const Member& member : structure.members)
    if (std::string_view(member.name) == structure.payload) return &member;
  return nullptr;
}

Outcome<const Operation*> RestCodec::find_operation(const HttpRequest& request) const {
  if (const Operation* operation = routes_.find(request)) return operation;
  if (model_.is_s3())
    return refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405);
  return refuse("UnknownOperationException",
                request.method + " " + request.path + " is no operation of " + model_.service_id, 404);
}

Outcome<void> RestCodec::decode_payload(const Member& member, std::string_view body, void* structure,
                                        Violations* violations, const Path& at) const {
  if (body.empty() && !member.shape->streaming) {
    if (member.required && violations) violations->missing(at, member);
    return {};
  }
  if (is_document(member))
    return body_->decode(body, payload_root(member, nullptr), emplace(member, structure), violations,
                         Path{.parent = &at, .member = member.name});
  if (member.shape->kind == Kind::String || member.shape->kind == Kind::Blob) {
    *static_cast<std::string*>(emplace(member, structure)) = body;
    return {};
  }
  return internal_failure(std::string("a payload cannot be a ") + std::string(kind_name(member.shape->kind)));
}

Outcome<void> RestCodec::decode_body(const BodyRoot& root, std::string_view body, void* structure,
                                     Violations* violations) const {
  if (body.size() > kBodyBytesMax) return refuse(body_->malformed_code(), "The body is too large", 413);
  const Path at{};
  if (const Member* payload = payload_member(root.shape))
    return decode_payload(*payload, body, structure, violations, at);
  if (!has_body_members(root.shape)) return {};
  return body_->decode(body, root, structure, violations, at);
}

Outcome<Value> RestCodec::decode_request(const Operation& operation, const HttpRequest& request) const {
  Value input(*operation.input);
  Violations violations(patterns_);
  TRY(decode_request_bindings(operation, request, input.data(), violations, body_->validation_code()));
  TRY(decode_body(input_root(operation), request.body, input.data(), &violations));
  return checked(std::move(input), std::move(violations), body_->validation_code());
}

void RestCodec::encode_body(Headers& headers, std::string& body, const BodyRoot& root,
                            const void* structure) const {
  if (const Member* payload = payload_member(root.shape)) {
    const void* value = find(*payload, structure);
    if (!value) return;
    if (is_document(*payload)) {
      body_->encode(body, payload_root(*payload, root.xml_namespace), value);
      headers.set("Content-Type", body_->content_type());
    } else {
      body = *static_cast<const std::string*>(value);
      if (!headers.find("Content-Type"))
        headers.set("Content-Type",
                    payload->shape->kind == Kind::Blob ? "application/octet-stream" : "text/plain");
    }
    return;
  }
  if (!has_body_members(root.shape)) return;
  body_->encode(body, root, structure);
  headers.set("Content-Type", body_->content_type());
}

HttpResponse RestCodec::encode_response(const Operation& operation, const Value& output,
                                        std::string_view request_id) const {
  HttpResponse response = start_response(model_, operation.status, request_id);
  encode_response_bindings(*operation.output, output.data(), response);
  BodyRoot root = output_root(operation, model_);
  // An answer without members still has its root element, as Route 53's deletions do; S3's have no body at
  // all.
  if (operation.output->members.empty() && operation.status != 204 && !model_.is_s3()) {
    body_->encode(response.body, root, output.data());
    response.headers.set("Content-Type", body_->content_type());
  }
  encode_body(response.headers, response.body, root, output.data());
  return response;
}

HttpResponse RestCodec::encode_error(const ServiceError& error, std::string_view request_id) const {
  HttpResponse response = start_response(model_, error.status, request_id);
  for (const auto& [name, value] : error.headers) response.headers.set(name, value);
  if (error.status == 304) return response;
  response.headers.add("Content-Type", body_->content_type());
  if (!error.details.empty()) {
    encode_response_bindings(error.details.shape(), error.details.data(), response);
    response.status = error.status;
  }
  body_->encode_error(response, error, request_id);
  return response;
}

HttpRequest RestCodec::encode_request(const Operation& operation, const Value& input) const {
  HttpRequest request;
  encode_request_bindings(operation, input.data(), request);
  encode_body(request.headers, request.body, input_root(operation), input.data());
  return request;
}

Outcome<Value> RestCodec::decode_response(const Operation& operation, const HttpResponse& response) const {
  if (response.status >= 300) {
    ServiceError error = body_->decode_error(response);
    error.status = response.status;
    error.fault = response.status >= 500 ? Fault::Receiver : Fault::Sender;
    if (!error.details.empty())
      TRY(decode_response_bindings(error.details.shape(), response, error.details.data()));
    return Failure(std::move(error));
  }
  Value output(*operation.output);
  TRY(decode_response_bindings(*operation.output, response, output.data()));
  TRY(decode_body(output_root(operation, model_), response.body, output.data(), nullptr));
  return output;
}

}  // namespace meridian::aws
