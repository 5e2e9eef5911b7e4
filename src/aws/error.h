// What an operation refuses with: the code, message and status that AWS answers, built by generated
// constructors (gen/<service>/errors.h) or by the codecs' own checks.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "aws/shape.h"
#include "base/result.h"

namespace meridian::aws {

enum class Fault : std::uint8_t { Sender, Receiver };

struct ServiceError {
  std::string code;
  std::string message;
  int status = 400;
  Fault fault = Fault::Sender;
  Value details;  // the error's own members beside the message; empty when it has none
  // What S3 says beside them, though no model does: elements of the answer, and header fields.
  std::vector<std::pair<std::string, std::string>> facts = {}, headers = {};

  bool operator==(const ServiceError&) const = default;
};

template <typename T>
using Outcome = std::expected<T, ServiceError>;

// `return errors::NoSuchHostedZone("…");` from a function that returns any Outcome.
using Failure = std::unexpected<ServiceError>;

Failure refuse(std::string code, std::string message, int status = 400);  // the sender's fault
Failure internal_failure(std::string message);                            // 500 InternalFailure, ours

// For generated constructors: code, status and fault from the shape's ErrorFacts.
Failure modelled_error(const Shape& error, std::string message);
Failure modelled_error(Value details);  // the message is among the details

}  // namespace meridian::aws
