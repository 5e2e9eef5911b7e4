// The front door: the one HTTP endpoint of every AWS API served here.
// front_door.cc has the steps of a call as one list. The event loop never runs service code: a CallPool does.
// Between two pieces of a body nothing of its call runs.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "aws/authority.h"
#include "aws/call_pool.h"
#include "aws/identity_check.h"
#include "aws/router.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/random_buffer.h"
#include "http/server.h"

namespace meridian::aws {

struct FrontDoorOptions {
  bool development = false;  // any credentials will do, and none
  std::size_t threads = 4;
  std::size_t queued_calls_max = 1024;
  std::string region = "us-east-1";  // of unsigned calls
  bool audits = true;                // one line a call; false when the log would not keep them
  // What the callers' own policies say; it outlives the front door. Null: whoever signs well may do
  // everything.
  const Authority* authority = nullptr;
  http::ServerLimits limits;
};

// What the front door is built on; all of it outlives the front door.
struct FrontDoorParts {
  net::Loop& loop;
  const Clock& clock;
  Random& random;  // used on the loop's thread only
  Logger& logger;
  Metrics& metrics;
};

class FrontDoor final : public http::Handler {
 public:
  FrontDoor(const FrontDoorParts& parts, std::span<Service* const> services,
            std::vector<const Credentials*> credentials, const FrontDoorOptions& options);
  ~FrontDoor() override;

  // On the loop's thread, or before it runs. The address really listened on.
  Result<net::Address> listen(const net::Address& address,
                              std::shared_ptr<net::TlsServerContext> tls = nullptr);
  // The same for websites alone, which take any host name.
  Result<net::Address> listen_for_websites(const net::Address& address);
  // Stops listening and calls `done` when the last call under way has been answered.
  void drain(std::function<void()> done);

  void handle(http::Request request, http::Responder responder) override;
  bool takes_stream(const http::Request& request) override;

 private:
  // The listeners of websites.
  class Websites final : public http::Handler {
   public:
    explicit Websites(FrontDoor& door) : door_(door) {}
    void handle(http::Request request, http::Responder responder) override;
    bool takes_stream(const http::Request&) override { return true; }

   private:
    FrontDoor& door_;
  };
  struct Exchange;
  using Refused = std::optional<ServiceError>;

  void handle(http::Request request, http::Responder responder, Listener listener);
  bool answer_at_once(Exchange& exchange);
  void serve(const std::shared_ptr<Exchange>& exchange);
  void pull(const std::shared_ptr<Exchange>& exchange);
  void take_piece(const std::shared_ptr<Exchange>& exchange, Result<http::IncomingBody::Piece> piece);
  void finish(Exchange& exchange);
  void refuse_for_load(Exchange& exchange);

  void admit(Exchange& exchange);
  bool find_unmodelled(Exchange& exchange);
  Refused receive_unmodelled(Exchange& exchange);
  Refused route(Exchange& exchange);
  Refused note_origin(Exchange& exchange);
  Refused authenticate(Exchange& exchange);
  Refused find_operation(Exchange& exchange);
  Refused note_soft_purge(Exchange& exchange);
  Refused open_body(Exchange& exchange);
  Refused decode(Exchange& exchange);
  Refused authorize(Exchange& exchange);
  Refused vet(Exchange& exchange);
  Refused receive(Exchange& exchange);
  Refused invoke(Exchange& exchange);
  void encode(Exchange& exchange);
  void audit(const Exchange& exchange);
  void reply(Exchange& exchange);

  FrontDoorParts parts_;
  FrontDoorOptions options_;
  RandomBuffer request_ids_{parts_.random};  // on the loop's thread
  Router router_;
  struct Measures {
    Counter* calls = nullptr;
    Histogram* duration = nullptr;
  };
  std::mutex measures_mutex_;
  std::unordered_map<const Operation*, Measures> measures_;  // as many as there are operations
  std::vector<const Service*> quick_;                        // some of whose operations answer at once
  IdentityCheck identity_;
  http::Server server_;
  Websites websites_;
  http::Server website_server_;
  CallPool pool_;  // last: its threads end before anything they use
};

}  // namespace meridian::aws
