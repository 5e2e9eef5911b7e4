// Look-ups in a service model, and the errors that every service shares.
#include "aws/service.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::aws {

const Operation* ServiceModel::find(std::string_view operation) const {
  auto place =
      std::lower_bound(operations.begin(), operations.end(), operation,
                       [](const Operation& entry, std::string_view name) { return entry.name < name; });
  return place != operations.end() && place->name == operation ? &*place : nullptr;
}

const Shape* ServiceModel::find_error(std::string_view code) const {
  auto place = std::find_if(errors.begin(), errors.end(), [&](const Shape* error) {
    return error->error->code == code || error->name == code;
  });
  return place != errors.end() ? *place : nullptr;
}

Failure refuse(std::string code, std::string message, int status) {
  return Failure(ServiceError{std::move(code), std::move(message), status, Fault::Sender, {}});
}

Failure internal_failure(std::string message) {
  return Failure(ServiceError{"InternalFailure", std::move(message), 500, Fault::Receiver, {}});
}

Failure modelled_error(const Shape& error, std::string message) {
  const ErrorFacts& facts = *error.error;
  // A model without a status means 400 for the sender's faults: what every protocol falls back to.
  int status = facts.status ? facts.status : facts.sender ? 400 : 500;
  return Failure(ServiceError{
      facts.code, std::move(message), status, facts.sender ? Fault::Sender : Fault::Receiver, {}});
}

Failure modelled_error(Value details) {
  std::string message;
  if (const Member* member = message_member(details.shape()))
    if (const void* text = find(*member, details.data())) message = *static_cast<const std::string*>(text);
  Failure failure = modelled_error(details.shape(), std::move(message));
  failure.error().details = std::move(details);
  return failure;
}

Failure not_implemented(const ServiceModel& model, std::string_view operation) {
  std::string message(model.service_id);
  message.append(": the operation ").append(operation);
  message.append(" is not implemented; `meridian support-matrix` lists what is.");
  return Failure(ServiceError{"NotImplemented", std::move(message), 501, Fault::Receiver, {}});
}

// Who says that it decides must.
Outcome<void> Service::authorize(const Call&, const Operation&, const Value&) {
  return refuse("AccessDenied", "Access Denied", 403);
}

Outcome<void> Service::vet(const Operation&, const Value&) {
  return {};
}

Outcome<void> Service::check_body(const Operation&, const HttpRequest&) {
  return {};
}

Headers Service::cross_origin(const HttpRequest&, Listener) {
  return {};
}

std::unique_ptr<UnmodelledCall> Service::unmodelled(const HttpRequest&, Listener) {
  return nullptr;
}

Outcome<std::shared_ptr<BodySink>> Service::receive(Call&, const Operation& operation, const Value&) {
  return not_implemented(model(), operation.name);
}

bool has_streaming_payload(const Shape& structure) {
  return structure.payload != nullptr && std::ranges::any_of(structure.members, [&](const Member& member) {
           return std::string_view(member.name) == structure.payload && member.shape->streaming;
         });
}

std::string host_id(std::string_view request_id) {
  return to_base64(as_bytes(request_id));
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::RestXml:
      return "rest-xml";
    case Protocol::RestJson:
      return "rest-json";
    case Protocol::Json:
      return "json";
    case Protocol::Query:
      return "query";
    case Protocol::Ec2:
      return "ec2";
    case Protocol::RpcCbor:
      return "smithy-rpc-v2-cbor";
  }
  return "";
}

}  // namespace meridian::aws
