// Action and Version choose the operation; answers wrap the output in <ActionResponse>.
#include "aws/protocols/query.h"

#include "aws/protocols/scalar_text.h"
#include "aws/protocols/xml_errors.h"
#include "aws/protocols/xml_shapes.h"
#include "base/percent.h"
#include "formats/xml/xml.h"

namespace meridian::aws {

namespace {

constexpr const char* kValidation = "ValidationError";

// A GET has its parameters in the query, a POST in the body, and either may have both.
Outcome<QueryPairs> parameters_of(const HttpRequest& request) {
  if (request.body.size() > kBodyBytesMax)
    return refuse("MalformedQueryString", "The body is too large", 413);
  QueryPairs pairs;
  if (!pairs.add(request.query) || !pairs.add(request.body))
    return refuse("MalformedQueryString", "The query string contains a syntax error");
  return pairs;
}

std::string_view parameter(const QueryPairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

HttpResponse xml_response(int status, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", "text/xml");
  return response;
}

}  // namespace

Outcome<const Operation*> QueryCodec::find_operation(const HttpRequest& request) const {
  QueryPairs pairs = TRY(parameters_of(request));
  std::string_view action = parameter(pairs, "Action"), version = parameter(pairs, "Version");
  if (action.empty())
    return refuse("MissingAction", "The request is missing an action or a required parameter");
  const Operation* operation = model_.find(action);
  if (operation && (version.empty() || version == model_.api_version)) return operation;
  std::string text = "Could not find operation " + std::string(action) + " for version ";
  return refuse("InvalidAction", text.append(version.empty() ? "NO_VERSION_SPECIFIED" : version));
}

Outcome<Value> QueryCodec::decode_request(const Operation& operation, const HttpRequest& request) const {
  QueryPairs pairs = TRY(parameters_of(request));
  Value input(*operation.input);
  Violations violations(patterns_);
  TRY(read_form(dialect_, pairs, *operation.input, input.data(), violations));
  return checked(std::move(input), std::move(violations), kValidation);
}

HttpResponse QueryCodec::encode_response(const Operation& operation, const Value& output,
                                         std::string_view request_id) const {
  HttpResponse response = xml_response(200, request_id);
  xml::Writer writer(response.body);
  writer.declaration();
  writer.open(std::string(operation.name) + "Response");
  if (model_.xml_namespace) writer.attribute("xmlns", model_.xml_namespace);
  if (dialect_ == FormDialect::Ec2) {
    writer.element("requestId", request_id);
    write_xml(writer, *operation.output, output.data());
  } else {
    if (operation.result_wrapper) writer.open(operation.result_wrapper);
    write_xml(writer, *operation.output, output.data());
    if (operation.result_wrapper) writer.close();
    writer.open("ResponseMetadata");
    writer.element("RequestId", request_id);
    writer.close();
  }
  writer.close();
  return response;
}

HttpResponse QueryCodec::encode_error(const ServiceError& error, std::string_view request_id) const {
  HttpResponse response = xml_response(error.status, request_id);
  xml::Writer writer(response.body);
  writer.declaration();
  bool ec2 = dialect_ == FormDialect::Ec2;
  writer.open(ec2 ? "Response" : "ErrorResponse");
  if (!ec2 && model_.xml_namespace) writer.attribute("xmlns", model_.xml_namespace);
  if (ec2) writer.open("Errors");
  writer.open("Error");
  write_xml_error(writer, error, !ec2);
  writer.close();
  if (ec2) writer.close();
  writer.element(ec2 ? "RequestID" : "RequestId", request_id);
  writer.close();
  return response;
}

HttpRequest QueryCodec::encode_request(const Operation& operation, const Value& input) const {
  HttpRequest request{.method = "POST", .path = "/", .query = "", .headers = {}, .body = ""};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body =
      "Action=" + percent_encode(operation.name) + "&Version=" + percent_encode(model_.api_version);
  write_form(dialect_, request.body, *operation.input, input.data());
  return request;
}

Outcome<Value> QueryCodec::decode_response(const Operation& operation, const HttpResponse& response) const {
  auto document = xml::Document::parse(response.body);
  if (!document) return Failure(unreadable_error(response.status));
  xml::Element root = document->root();
  if (response.status >= 300) {
    xml::Element element = root.child("Error");
    if (xml::Element errors = root.child("Errors")) element = errors.child("Error");
    if (!element) return Failure(unreadable_error(response.status));
    ServiceError error = read_xml_error(model_, element);
    error.status = response.status;
    error.fault = response.status >= 500 ? Fault::Receiver : Fault::Sender;
    return Failure(std::move(error));
  }
  if (operation.result_wrapper && dialect_ == FormDialect::Query) root = root.child(operation.result_wrapper);
  if (!root) return Failure(unreadable_error(response.status));
  Value output(*operation.output);
  TRY(read_xml({}, *operation.output, root, output.data(), {}));
  return output;
}

}  // namespace meridian::aws
