// One endpoint for all services: which service a request is for, and in which protocol it speaks.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "aws/protocol.h"
#include "aws/sigv4.h"

namespace meridian::aws {

// A service with a codec for each protocol it speaks, the model's preferred one first.
struct Endpoint {
  Service* service = nullptr;
  std::vector<std::unique_ptr<Codec>> codecs;
};

struct Route {
  Service* service = nullptr;    // null when no service here is meant
  const Codec* codec = nullptr;  // never null: at least able to say so
};

class Router {
 public:
  explicit Router(std::span<Service* const> services);

  // Asks, in this order: the credential scope, X-Amz-Target or the rpc-v2-cbor path, the host, the Action of
  // a form, the path. `claim` may be null.
  Route find(const HttpRequest& request, const sigv4::Claim* claim) const;

  // A request that one of the services knows though no operation describes it; no service: there is none.
  struct Unmodelled {
    Route to;
    std::unique_ptr<UnmodelledCall> call;
  };
  Unmodelled find_unmodelled(const HttpRequest& head, Listener listener) const;

 private:
  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<Codec>> nobody_;  // one a protocol, for requests that no service is meant by
};

// The value of a parameter of a query or form, decoded; "" when absent.
std::string form_value(std::string_view form, std::string_view name);

}  // namespace meridian::aws
