// A request to a service that no operation of its model describes: a page of an S3 website, a browser's
// preflight, a form. The front door authenticates none of them: each does that itself, where there is
// anything to it. Used by one thread at a time.
#pragma once

#include <memory>

#include "aws/body.h"
#include "aws/call.h"
#include "aws/error.h"
#include "aws/http.h"

namespace meridian::aws {

class UnmodelledCall {
 public:
  virtual ~UnmodelledCall() = default;
  virtual const char* name() const = 0;  // in an operation's place in audit and metrics
  // What takes the request's body before answer() is called; null: it is not wanted.
  virtual Outcome<std::shared_ptr<BodySink>> receive(Call& call) = 0;
  // A refusal is told in the service's own protocol. A body too large for memory stands in call.answer.
  virtual Outcome<HttpResponse> answer(Call& call) = 0;
};

// Where a request came in: at the APIs' listeners, or at those of websites alone, which take any host name.
enum class Listener : std::uint8_t { Api, Website };

}  // namespace meridian::aws
