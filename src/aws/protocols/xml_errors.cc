// One form for all XML protocols; only what surrounds it differs.
#include "aws/protocols/xml_errors.h"

#include "aws/protocols/xml_shapes.h"

namespace meridian::aws {

namespace {

std::string text_of(xml::Element element, std::string_view name) {
  xml::Element child = element.child(name);
  return child ? child.text() : std::string();
}

}  // namespace

void write_xml_error(xml::Writer& writer, const ServiceError& error, bool with_type) {
  if (with_type) writer.element("Type", error.fault == Fault::Sender ? "Sender" : "Receiver");
  writer.element("Code", error.code);
  // A model's member may be called "message": SDKs look for this spelling first, so the text stands here
  // only.
  writer.element("Message", error.message);
  if (error.details.empty()) return;
  const Shape& shape = error.details.shape();
  write_xml(writer, shape, error.details.data(), message_member(shape));
}

ServiceError read_xml_error(const ServiceModel& model, xml::Element element) {
  ServiceError error;
  error.code = text_of(element, "Code");
  error.message = text_of(element, "Message");
  if (error.message.empty()) error.message = text_of(element, "message");
  const Shape* shape = model.find_error(error.code);
  if (!shape || shape->error->message_only) return error;
  error.details = Value(*shape);
  // What cannot be read in an error must not hide the error.
  (void)read_xml({}, *shape, element, error.details.data(), {});
  if (const Member* message = message_member(*shape))
    *static_cast<std::string*>(emplace(*message, error.details.data())) = error.message;
  return error;
}

ServiceError unreadable_error(int status) {
  return {"UnreadableResponse",
          "The answer with status " + std::to_string(status) + " is no error of this service",
          status,
          status >= 500 ? Fault::Receiver : Fault::Sender,
          {}};
}

}  // namespace meridian::aws
