// The version changes the content type and nothing else: requests of either are read, answers have the
// model's.
#include "aws/protocols/json.h"

#include "aws/protocols/json_body.h"
#include "aws/protocols/json_errors.h"

namespace meridian::aws {

namespace {

constexpr const char* kTargetHeader = "X-Amz-Target";

class JsonCodec final : public Codec {
 public:
  explicit JsonCodec(const ServiceModel& model) : model_(model) {}

  Protocol protocol() const override { return Protocol::Json; }

  Outcome<const Operation*> find_operation(const HttpRequest& request) const override {
    std::string_view target = request.headers.get(kTargetHeader);
    const std::string prefix = target_prefix();
    if (target.starts_with(prefix)) {
      target.remove_prefix(prefix.size());
      if (const Operation* operation = model_.find(target)) return operation;
    }
    return refuse("UnknownOperationException",
                  "The operation requested is invalid: '" + std::string(target) + "'", 404);
  }

  Outcome<Value> decode_request(const Operation& operation, const HttpRequest& request) const override {
    Value input(*operation.input);
    Violations violations(patterns_);
    TRY(decode_json(request.body, *operation.input, input.data(), Members::All, &violations, {}));
    return checked(std::move(input), std::move(violations), "ValidationException");
  }

  HttpResponse encode_response(const Operation& operation, const Value& output,
                               std::string_view request_id) const override {
    HttpResponse response = start_response(200, request_id);
    encode_json(response.body, *operation.output, output.data(), Members::All);
    return response;
  }

  HttpResponse encode_error(const ServiceError& error, std::string_view request_id) const override {
    HttpResponse response = start_response(error.status, request_id);
    response.headers.add(kErrorTypeHeader, error.code);
    response.body = json_error_body(error, true, Members::All);
    return response;
  }

  HttpRequest encode_request(const Operation& operation, const Value& input) const override {
    HttpRequest request{.method = "POST", .path = "/", .query = "", .headers = {}, .body = ""};
    request.headers.add("Content-Type", content_type());
    request.headers.add(kTargetHeader, target_prefix() + operation.name);
    encode_json(request.body, *operation.input, input.data(), Members::All);
    return request;
  }

  Outcome<Value> decode_response(const Operation& operation, const HttpResponse& response) const override {
    if (response.status >= 300) return Failure(decode_json_error(model_, response, Members::All));
    Value output(*operation.output);
    TRY(decode_json(response.body, *operation.output, output.data(), Members::All, nullptr, {}));
    return output;
  }

 private:
  std::string target_prefix() const {
    return model_.target_prefix ? std::string(model_.target_prefix) + "." : "";
  }
  std::string content_type() const {
    return std::string("application/x-amz-json-") + (model_.json_version ? model_.json_version : "1.0");
  }
  HttpResponse start_response(int status, std::string_view request_id) const {
    HttpResponse response;
    response.status = status;
    response.headers.add(kRequestIdHeader, std::string(request_id));
    response.headers.add("Content-Type", content_type());
    return response;
  }

  const ServiceModel& model_;
  Patterns patterns_;
};

}  // namespace

std::unique_ptr<Codec> make_json_codec(const ServiceModel& model) {
  return std::make_unique<JsonCodec>(model);
}

}  // namespace meridian::aws
