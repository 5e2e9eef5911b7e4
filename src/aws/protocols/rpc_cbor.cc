// Routing, headers and errors of rpc-v2-cbor, after Smithy's page "Smithy RPC v2 CBOR protocol".
#include "aws/protocols/rpc_cbor.h"

#include "aws/protocols/json_errors.h"
#include "aws/protocols/rpc_cbor_body.h"
#include "formats/cbor/cbor.h"

namespace meridian::aws {

namespace {

constexpr const char* kProtocolHeader = "smithy-protocol";
constexpr const char* kProtocolName = "rpc-v2-cbor";
constexpr const char* kContentType = "application/cbor";

// The last of the path's segments, which it loses; an endpoint may have a path of its own before what we look
// for.
std::string_view take_last_segment(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  const std::string_view segment = path.substr(slash + 1);
  path = path.substr(0, slash);
  return segment;
}

std::string text_of(const cbor::Value& tree, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    const cbor::Value* field = tree.find(name);
    const auto* text = field ? field->get<std::string>() : nullptr;
    if (text) return *text;
  }
  return {};
}

class RpcCborCodec final : public Codec {
 public:
  explicit RpcCborCodec(const ServiceModel& model) : model_(model) {}

  Protocol protocol() const override { return Protocol::RpcCbor; }

  Outcome<const Operation*> find_operation(const HttpRequest& request) const override {
    std::string_view path = request.path;
    const std::string_view name = take_last_segment(path);
    const bool operation_word = take_last_segment(path) == "operation";
    const std::string_view service = take_last_segment(path);
    const bool service_word = take_last_segment(path) == "service";
    // A target belongs to another protocol; a request that speaks two is refused (Smithy demands it).
    if (request.method == "POST" && operation_word && service_word && service == service_name() &&
        request.headers.get(kProtocolHeader) == kProtocolName && !request.headers.find("X-Amz-Target"))
      if (const Operation* operation = model_.find(name)) return operation;
    return refuse("UnknownOperationException",
                  request.method + " " + request.path + " is no operation of " +
                      std::string(model_.service_id) + " over rpc-v2-cbor",
                  404);
  }

  Outcome<Value> decode_request(const Operation& operation, const HttpRequest& request) const override {
    Value input(*operation.input);
    Violations violations(patterns_);
    TRY(decode_cbor(request.body, *operation.input, input.data(), &violations));
    return checked(std::move(input), std::move(violations), "ValidationException");
  }

  HttpResponse encode_response(const Operation& operation, const Value& output,
                               std::string_view request_id) const override {
    HttpResponse response = start_response(200, request_id);
    encode_cbor(response.body, *operation.output, output.data());
    return response;
  }

  HttpResponse encode_error(const ServiceError& error, std::string_view request_id) const override {
    HttpResponse response = start_response(error.status, request_id);
    const Value& details = error.details;
    const std::size_t members = details.empty() ? 0 : count_members(details.shape(), details.data());
    const bool add_message = !has_message_member(details);
    cbor::Writer writer(response.body);
    writer.begin_map(1 + members + (add_message ? 1 : 0));
    writer.string("__type");
    writer.string(error.code);
    if (!details.empty()) write_cbor_members(writer, details.shape(), details.data());
    if (add_message) {
      writer.string("message");
      writer.string(error.message);
    }
    return response;
  }

  HttpRequest encode_request(const Operation& operation, const Value& input) const override {
    HttpRequest request{.method = "POST",
                        .path = "/service/" + std::string(service_name()) + "/operation/" + operation.name,
                        .query = "",
                        .headers = {},
                        .body = ""};
    request.headers.add(kProtocolHeader, kProtocolName);
    request.headers.add("Content-Type", kContentType);
    request.headers.add("Accept", kContentType);
    encode_cbor(request.body, *operation.input, input.data());
    return request;
  }

  Outcome<Value> decode_response(const Operation& operation, const HttpResponse& response) const override {
    if (response.status >= 300) return Failure(decode_error(response));
    Value output(*operation.output);
    TRY(decode_cbor(response.body, *operation.output, output.data(), nullptr));
    return output;
  }

 private:
  std::string_view service_name() const { return model_.target_prefix ? model_.target_prefix : model_.name; }

  ServiceError decode_error(const HttpResponse& response) const {
    // What stands before us may answer with a page of its own: then there is no more to say than the status.
    const cbor::Value tree = cbor::parse(as_bytes(response.body)).value_or(cbor::Value());
    ServiceError error = start_error(model_, bare_error_code(text_of(tree, {"__type"})), response.status);
    error.message = text_of(tree, {"message", "Message"});
    if (!error.details.empty() && !read_cbor_members(tree, error.details.shape(), error.details.data()))
      error.details = Value();
    return error;
  }

  static HttpResponse start_response(int status, std::string_view request_id) {
    HttpResponse response;
    response.status = status;
    response.headers.add(kProtocolHeader, kProtocolName);
    response.headers.add("Content-Type", kContentType);
    response.headers.add(kRequestIdHeader, std::string(request_id));
    return response;
  }

  const ServiceModel& model_;
  Patterns patterns_;
};

}  // namespace

std::unique_ptr<Codec> make_rpc_cbor_codec(const ServiceModel& model) {
  return std::make_unique<RpcCborCodec>(model);
}

}  // namespace meridian::aws
