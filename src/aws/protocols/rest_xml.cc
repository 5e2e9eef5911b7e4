// Bodies of rest-xml. The sentences of refusals are those that Route 53 answers; S3 has its own codes and
// form.
#include "aws/protocols/rest_xml.h"

#include "aws/protocols/xml_errors.h"
#include "aws/protocols/xml_shapes.h"
#include "formats/xml/xml.h"

namespace meridian::aws {

namespace {

class RestXmlBody final : public RestBody {
 public:
  explicit RestXmlBody(const ServiceModel& model)
      : model_(model), has_invalid_input_(model.find_error("InvalidInput") != nullptr) {}

  Protocol protocol() const override { return Protocol::RestXml; }
  const char* content_type() const override { return model_.is_s3() ? "application/xml" : "text/xml"; }
  // Route 53 answers its own InvalidInput (hashicorp/terraform-provider-aws#37817), CloudFront MalformedXML
  // (aws/aws-sdk-php#1973).
  const char* validation_code() const override {
    if (model_.is_s3()) return "InvalidArgument";
    if (is_cloudfront()) return "MalformedXML";
    return has_invalid_input_ ? "InvalidInput" : "ValidationError";
  }
  const char* malformed_code() const override { return model_.is_s3() ? "MalformedXML" : "MalformedInput"; }

  Outcome<void> decode(std::string_view body, const BodyRoot& root, void* structure, Violations* violations,
                       const Path& at) const override {
    if (body.empty()) {
      if (violations) note_missing_members(*violations, root.shape, at);
      return {};
    }
    auto document =
        xml::Document::parse(body, {.depth = kDepthMax, .elements = kElementsMax, .bytes = kBodyBytesMax});
    if (!document) return refuse(malformed_code(), "Invalid XML ; " + document.error().message);
    xml::Element element = document->root();
    if (root.shape.unwrapped) {
      const Member& only = root.shape.members.front();
      if (!element.text().empty()) *static_cast<std::string*>(emplace(only, structure)) = element.text();
      return {};
    }
    if (!violations) return read_xml({}, root.shape, element, structure, at);
    if (element.name() != root.name)
      return refuse(malformed_code(), std::string(element.name()) + " is not valid, expected " + root.name);
    return read_xml({violations, unexpected_code()}, root.shape, element, structure, at);
  }

  void encode(std::string& body, const BodyRoot& root, const void* structure) const override {
    xml::Writer writer(body);
    writer.declaration();
    writer.open(root.name);
    if (root.xml_namespace) writer.attribute("xmlns", root.xml_namespace);
    if (!root.shape.unwrapped) {
      write_xml(writer, root.shape, structure);
    } else if (const void* text = find(root.shape.members.front(), structure)) {
      writer.text(*static_cast<const std::string*>(text));
    }
    writer.close();
  }

  void encode_error(HttpResponse& response, const ServiceError& error,
                    std::string_view request_id) const override {
    xml::Writer writer(response.body);
    writer.declaration();
    if (model_.error_wrapper) {
      writer.open("ErrorResponse");
      if (model_.xml_namespace) writer.attribute("xmlns", model_.xml_namespace);
    }
    writer.open("Error");
    write_xml_error(writer, error, model_.error_wrapper);
    if (model_.error_wrapper) writer.close();
    for (const auto& [name, value] : error.facts) writer.element(name, value);
    writer.element("RequestId", request_id);
    if (model_.is_s3()) writer.element("HostId", host_id(request_id));
    writer.close();
  }

  ServiceError decode_error(const HttpResponse& response) const override {
    auto document = xml::Document::parse(response.body);
    if (!document) return unreadable_error(response.status);
    xml::Element root = document->root();
    if (root.name() == "Error") return read_xml_error(model_, root);
    if (xml::Element error = root.child("Error")) return read_xml_error(model_, error);
    return unreadable_error(response.status);
  }

 private:
  bool is_cloudfront() const { return std::string_view(model_.name) == "cloudfront"; }
  // Of elements that the model does not have.
  const char* unexpected_code() const {
    if (model_.is_s3()) return "MalformedXML";
    return is_cloudfront() ? "MalformedInput" : "InvalidInput";
  }

  const ServiceModel& model_;
  const bool has_invalid_input_;  // among the errors of the model
};

}  // namespace

std::unique_ptr<RestBody> make_rest_xml_body(const ServiceModel& model) {
  return std::make_unique<RestXmlBody>(model);
}

}  // namespace meridian::aws
