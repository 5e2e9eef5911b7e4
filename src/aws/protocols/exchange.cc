// A service on standard input for the test against botocore: one request a line as JSON, one response a line
// back. "Echo" answers what it was sent; a request with X-Answer: error is answered with an error that has
// members.
#include <iostream>

#include "aws/protocol.h"
#include "base/bytes.h"
#include "formats/json/json.h"
#include "gen/toy/api.h"
#include "gen/toy/errors.h"

namespace meridian::aws {
namespace {

std::string text_of(const json::Value& request, std::string_view name) {
  const json::Value* field = request.find(name);
  const std::string* text = field ? field->get<std::string>() : nullptr;
  return text ? *text : std::string();
}

HttpRequest request_of(const json::Value& line) {
  HttpRequest request{.method = text_of(line, "method"),
                      .path = text_of(line, "path"),
                      .query = text_of(line, "query"),
                      .headers = {},
                      .body = ""};
  request.body = from_base64(text_of(line, "body")).value_or("");
  if (const json::Value* headers = line.find("headers"))
    for (const auto& [name, value] : *headers->get<json::Object>())
      request.headers.add(name, *value.get<std::string>());
  return request;
}

HttpResponse answer(const Codec& codec, const HttpRequest& request) {
  auto operation = codec.find_operation(request);
  if (!operation) return codec.encode_error(operation.error(), "r-1");
  auto input = codec.decode_request(**operation, request);
  if (!input) return codec.encode_error(input.error(), "r-1");
  if (request.headers.get("X-Answer") == "error")
    return codec.encode_error(
        gen::toy::errors::Rich({.Message = "two reasons", .Reasons = {{"a", "b"}}, .RetryAfter = 30}).error(),
        "r-1");
  if ((*operation)->input == (*operation)->output) return codec.encode_response(**operation, *input, "r-1");
  return codec.encode_response(**operation, Value(*(*operation)->output), "r-1");
}

Protocol protocol_called(std::string_view name) {
  for (Protocol protocol : gen::toy::service_model().protocols)
    if (to_string(protocol) == name) return protocol;
  return Protocol::RestJson;
}

void serve(std::string_view protocol) {
  auto codec = make_codec(protocol_called(protocol), gen::toy::service_model());
  for (std::string line; std::getline(std::cin, line);) {
    auto request = json::parse(line);
    if (!request) return;
    HttpResponse response = answer(*codec, request_of(*request));
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("status");
    writer.integer(response.status);
    writer.key("headers");
    writer.begin_object();
    for (const auto& [name, value] : response.headers) {
      writer.key(name);
      writer.string(value);
    }
    writer.end_object();
    writer.key("body");
    writer.string(to_base64(as_bytes(response.body)));
    writer.end_object();
    std::cout << out << std::endl;
  }
}

}  // namespace
}  // namespace meridian::aws

int main(int argc, char** argv) {
  if (argc == 2) meridian::aws::serve(argv[1]);
  return 0;
}
