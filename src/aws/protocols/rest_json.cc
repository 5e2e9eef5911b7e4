// What rest-json puts into a body: the members that are bound nowhere else, and errors.
#include "aws/protocols/rest_json.h"

#include "aws/protocols/json_body.h"
#include "aws/protocols/json_errors.h"

namespace meridian::aws {

namespace {

class RestJsonBody final : public RestBody {
 public:
  explicit RestJsonBody(const ServiceModel& model) : model_(model) {}

  Protocol protocol() const override { return Protocol::RestJson; }
  const char* content_type() const override { return "application/json"; }

  Outcome<void> decode(std::string_view body, const BodyRoot& root, void* structure, Violations* violations,
                       const Path& at) const override {
    return decode_json(body, root.shape, structure, Members::OfBody, violations, at);
  }
  void encode(std::string& body, const BodyRoot& root, const void* structure) const override {
    encode_json(body, root.shape, structure, Members::OfBody);
  }

  void encode_error(HttpResponse& response, const ServiceError& error, std::string_view) const override {
    response.headers.set(kErrorTypeHeader, error.code);
    response.body = json_error_body(error, false, Members::OfBody);
  }
  ServiceError decode_error(const HttpResponse& response) const override {
    return decode_json_error(model_, response, Members::OfBody);
  }

  const char* validation_code() const override { return "ValidationException"; }
  const char* malformed_code() const override { return kSerializationException; }

 private:
  const ServiceModel& model_;
};

}  // namespace

std::unique_ptr<RestBody> make_rest_json_body(const ServiceModel& model) {
  return std::make_unique<RestJsonBody>(model);
}

}  // namespace meridian::aws
