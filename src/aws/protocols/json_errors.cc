// Error bodies both ways.
#include "aws/protocols/json_errors.h"

#include <algorithm>

#include "aws/protocols/json_body.h"
#include "base/bytes.h"
#include "formats/json/json.h"

namespace meridian::aws {

namespace {

std::string text_of(const json::Value& tree, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    const json::Value* field = tree.find(name);
    const auto* text = field ? field->get<std::string>() : nullptr;
    if (text) return *text;
  }
  return {};
}

}  // namespace

std::string_view bare_error_code(std::string_view text) {
  text = text.substr(0, text.find(':'));
  return text.substr(text.find('#') + 1);
}

bool has_message_member(const Value& details) {
  return !details.empty() && std::ranges::any_of(details.shape().members, [&](const Member& member) {
    return equal_ignoring_case(member.name, "message") && find(member, details.data());
  });
}

ServiceError start_error(const ServiceModel& model, std::string_view code, int status) {
  ServiceError error;
  error.code = code.empty() ? std::to_string(status) : std::string(code);
  error.status = status;
  error.fault = status >= 500 ? Fault::Receiver : Fault::Sender;
  const Shape* shape = model.find_error(error.code);
  if (shape && !shape->error->message_only) error.details = Value(*shape);
  return error;
}

std::string json_error_body(const ServiceError& error, bool with_type, Members which) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (with_type) {
    writer.key("__type");
    writer.string(error.code);
  }
  if (!error.details.empty()) write_json_members(writer, error.details.shape(), error.details.data(), which);
  if (!has_message_member(error.details)) {
    writer.key("message");
    writer.string(error.message);
  }
  writer.end_object();
  return body;
}

ServiceError decode_json_error(const ServiceModel& model, const HttpResponse& response, Members which) {
  // What stands before us may answer with a page of its own: then there is no more to say than the status.
  const json::Value tree = json::parse(response.body).value_or(json::Value());
  const std::string* header = response.headers.find(kErrorTypeHeader);
  const std::string type = header ? *header : text_of(tree, {"__type", "code", "Code"});
  ServiceError error = start_error(model, bare_error_code(type), response.status);
  error.message = text_of(tree, {"message", "Message", "errorMessage"});
  if (!error.details.empty() && !read_json_members(tree, error.details.shape(), error.details.data(), which))
    error.details = Value();
  return error;
}

}  // namespace meridian::aws
