// The HTTP bindings that rest-xml and rest-json share: path labels, query, headers, status and payload.
// Rule: what stands in the body is a RestBody's business, what stands elsewhere is decided here.
#pragma once

#include <memory>

#include "aws/protocol.h"
#include "aws/protocols/constraints.h"
#include "aws/protocols/rest_routes.h"

namespace meridian::aws {

// A structure as a body: what surrounds it, for those that name their root.
struct BodyRoot {
  const Shape& shape;
  const char* name;           // of the XML root element
  const char* xml_namespace;  // or null
};

class RestBody {
 public:
  virtual ~RestBody() = default;
  virtual Protocol protocol() const = 0;
  virtual const char* content_type() const = 0;

  // The members of root.shape whose location is the body. `violations` is null on the client's side, where
  // nothing is checked. An empty body is a structure without members.
  virtual Outcome<void> decode(std::string_view body, const BodyRoot& root, void* structure,
                               Violations* violations, const Path& at) const = 0;
  virtual void encode(std::string& body, const BodyRoot& root, const void* structure) const = 0;

  virtual void encode_error(HttpResponse& response, const ServiceError& error,
                            std::string_view request_id) const = 0;
  // Code, message and body members of an error answer.
  virtual ServiceError decode_error(const HttpResponse& response) const = 0;

  // Codes of refusals that no model has.
  virtual const char* validation_code() const = 0;
  virtual const char* malformed_code() const = 0;
};

// Whether an operation's input or output has members in the body, apart from a payload.
bool has_body_members(const Shape& structure);
const Member* payload_member(const Shape& structure);

class RestCodec final : public Codec {
 public:
  RestCodec(const ServiceModel& model, std::unique_ptr<RestBody> body)
      : model_(model), routes_(model), body_(std::move(body)) {}

  Protocol protocol() const override { return body_->protocol(); }
  Outcome<const Operation*> find_operation(const HttpRequest& request) const override;
  Outcome<Value> decode_request(const Operation& operation, const HttpRequest& request) const override;
  HttpResponse encode_response(const Operation& operation, const Value& output,
                               std::string_view request_id) const override;
  HttpResponse encode_error(const ServiceError& error, std::string_view request_id) const override;
  HttpRequest encode_request(const Operation& operation, const Value& input) const override;
  Outcome<Value> decode_response(const Operation& operation, const HttpResponse& response) const override;

 private:
  Outcome<void> decode_payload(const Member& member, std::string_view body, void* structure,
                               Violations* violations, const Path& at) const;
  Outcome<void> decode_body(const BodyRoot& root, std::string_view body, void* structure,
                            Violations* violations) const;
  void encode_body(Headers& headers, std::string& body, const BodyRoot& root, const void* structure) const;

  const ServiceModel& model_;
  RestRoutes routes_;
  std::unique_ptr<RestBody> body_;
  Patterns patterns_;
};

}  // namespace meridian::aws
