// One codec a wire protocol, both ways: the server decodes requests and encodes answers, a client does the
// opposite. Rule: a codec knows no service; everything it does follows from the ServiceModel's tables. Bytes
// from outside end in a ServiceError, never in a CHECK.
#pragma once

#include <memory>
#include <string_view>

#include "aws/http.h"
#include "aws/service.h"

namespace meridian::aws {

// What any codec accepts at most from outside. The front door bounds the body earlier, by its own limit.
inline constexpr std::size_t kBodyBytesMax = 32 * 1024 * 1024;
inline constexpr std::size_t kDepthMax = 64;
inline constexpr std::size_t kElementsMax = 500'000;
inline constexpr std::size_t kViolationsMax = 10;  // told in one answer

class Codec {
 public:
  virtual ~Codec() = default;
  virtual Protocol protocol() const = 0;

  // Which operation a request asks for, from its path, target or action; without looking at its input.
  virtual Outcome<const Operation*> find_operation(const HttpRequest& request) const = 0;
  // The whole input, with the model's constraints checked.
  virtual Outcome<Value> decode_request(const Operation& operation, const HttpRequest& request) const = 0;
  virtual HttpResponse encode_response(const Operation& operation, const Value& output,
                                       std::string_view request_id) const = 0;
  virtual HttpResponse encode_error(const ServiceError& error, std::string_view request_id) const = 0;

  // Path, query, headers and body; without Host, signature and Content-Length.
  virtual HttpRequest encode_request(const Operation& operation, const Value& input) const = 0;
  // An answer of the service: its output, or its error as the failure.
  virtual Outcome<Value> decode_response(const Operation& operation, const HttpResponse& response) const = 0;
};

// `model` must outlive the codec. A codec is immutable and may be used from any thread.
std::unique_ptr<Codec> make_codec(Protocol protocol, const ServiceModel& model);

}  // namespace meridian::aws
