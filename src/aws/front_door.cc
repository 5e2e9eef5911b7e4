// The life of a call, in the order of kSteps. A step that refuses ends the call; encoding, audit and reply
// follow in any case, so that every request is answered in its own protocol and leaves a line.
#include "aws/front_door.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aws/audit.h"
#include "aws/payload.h"
#include "aws/service_caller.h"
#include "aws/virtual_host.h"
#include "base/ids.h"
#include "http/header_lines.h"
#include "store/no_waiting.h"

namespace meridian::aws {

namespace {

// A dry run of any operation: the answer is the one that the call would get, and says what would change;
// nothing is kept.
constexpr const char* kDryRun = "x-meridian-dry-run";
constexpr const char* kWouldChange = "x-meridian-would-change";
constexpr const char* kRefusedItems = "x-meridian-refused-items";

// From the HTTP server's message to the codecs' one, without its body.
HttpRequest head_of(const http::Request& received) {
  HttpRequest request;
  request.method = received.head.method;
  request.path = received.head.path;
  request.query = received.head.query;
  for (const http1::Field& field : received.head.fields)
    request.headers.add(std::string(field.name), std::string(field.value));
  return request;
}

// What a codec reads of a request to this service: S3's may have its bucket in the host.
void place_bucket(HttpRequest& request, const ServiceModel& model) {
  if (!model.is_s3()) return;
  if (auto bucket = bucket_of_host(request.headers.get("host")))
    request.path = path_with_bucket(*bucket, request.path);
}

class StringSink final : public BodySink {
 public:
  Outcome<void> take(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  Outcome<void> end(const Headers&) override { return {}; }
  std::string text;
};

// An answer's source, read by the pool's threads.
class PooledBody final : public http::OutgoingBody {
 public:
  PooledBody(CallPool& pool, std::shared_ptr<BodySource> source) : pool_(pool), source_(std::move(source)) {}
  void read(OnPiece on_piece) override {
    if (auto piece = source_->ready()) return on_piece(*std::move(piece));
    pool_.resume([source = source_, on_piece = std::move(on_piece)] { on_piece(source->read_piece()); });
  }

 private:
  CallPool& pool_;
  std::shared_ptr<BodySource> source_;
};

ServiceError no_dry_runs() {
  return {"NotImplemented", "This service has no dry runs.", 501, Fault::Receiver, {}};
}

}  // namespace

struct FrontDoor::Exchange {
  Exchange(http::Request request, http::Responder answered_by, MonotonicTime at)
      : received(std::move(request)), responder(std::move(answered_by)), begun(at) {}

  http::Request received;
  http::Responder responder;
  MonotonicTime begun;
  HttpRequest request{};
  Call call{};
  sigv4::Verdict<std::optional<sigv4::Claim>> claim{};
  std::string secret{};  // of the key that signed; empty when any would do
  Route to{};
  const Operation* operation = nullptr;
  std::optional<Payload> payload{};  // takes the body out of its wrapping; of S3 only
  std::string short_body{};          // a streaming payload that came whole
  Listener listener = Listener::Api;
  std::unique_ptr<UnmodelledCall> unmodelled{};  // in place of an operation
  Headers cross_origin{};                        // fields of the answer, whatever it is
  Value input{}, output{};
  Refused error{};
  HttpResponse response{};
};

FrontDoor::FrontDoor(const FrontDoorParts& parts, std::span<Service* const> services,
                     std::vector<const Credentials*> credentials, const FrontDoorOptions& options)
    : parts_(parts),
      options_(options),
      router_(services),
      identity_(std::move(credentials), options.development),
      server_(parts.loop, *this, options.limits, parts.metrics, "api"),
      websites_(*this),
      website_server_(parts.loop, websites_, options.limits, parts.metrics, "website"),
      pool_(options.threads, options.queued_calls_max) {
  for (const Service* service : services)
    if (std::ranges::any_of(service->model().operations,
                            [&](const Operation& each) { return service->answers_at_once(each); }))
      quick_.push_back(service);
}

FrontDoor::~FrontDoor() = default;

Result<net::Address> FrontDoor::listen(const net::Address& address,
                                       std::shared_ptr<net::TlsServerContext> tls) {
  return server_.listen(address, {}, std::move(tls));
}

Result<net::Address> FrontDoor::listen_for_websites(const net::Address& address) {
  return website_server_.listen(address, {}, nullptr);
}

void FrontDoor::drain(std::function<void()> done) {
  server_.drain([this, done = std::move(done)] { website_server_.drain(done); });
}

void FrontDoor::serve(const std::shared_ptr<Exchange>& exchange) {
  if (find_unmodelled(*exchange)) {
    note_origin(*exchange);
    exchange->error = receive_unmodelled(*exchange);
    if (!exchange->error && exchange->call.body && exchange->received.stream) return pull(exchange);
    if (!exchange->error) exchange->error = invoke(*exchange);
    return finish(*exchange);
  }
  static constexpr Refused (FrontDoor::*kSteps[])(Exchange&) = {
      &FrontDoor::route,            // which service, which protocol
      &FrontDoor::note_origin,      // what a page of another origin may see of any answer
      &FrontDoor::authenticate,     // whose call it is
      &FrontDoor::find_operation,   // what is asked
      &FrontDoor::note_soft_purge,  // whether it can be done in that way
      &FrontDoor::open_body,        // what is around the body; a short one is taken out of it
      &FrontDoor::decode,           // with which input; checked against the model
      &FrontDoor::authorize,        // whether its caller may
      &FrontDoor::vet,              // whether the service takes such an input at all
      &FrontDoor::receive,          // where a streaming body goes
  };
  for (const auto step : kSteps)
    if ((exchange->error = (this->*step)(*exchange))) break;
  if (!exchange->error && exchange->received.stream) return pull(exchange);
  if (!exchange->error) exchange->error = invoke(*exchange);
  finish(*exchange);
}

void FrontDoor::finish(Exchange& exchange) {
  encode(exchange);
  audit(exchange);
  reply(exchange);
}

bool FrontDoor::find_unmodelled(Exchange& exchange) {
  auto found = router_.find_unmodelled(exchange.request, exchange.listener);
  if (!found.call) return false;
  exchange.to = found.to;
  exchange.unmodelled = std::move(found.call);
  exchange.call.service = exchange.to.service->model().name;
  exchange.call.operation = exchange.unmodelled->name();
  exchange.call.region = options_.region;
  return true;
}

FrontDoor::Refused FrontDoor::receive_unmodelled(Exchange& exchange) {
  if (exchange.call.dry_run) return no_dry_runs();
  auto sink = exchange.unmodelled->receive(exchange.call);
  if (!sink) return std::move(sink).error();
  if (!(exchange.call.body = std::move(*sink))) return std::nullopt;
  auto payload = Payload::of({}, nullptr, "");
  if (!payload) return std::move(payload).error();
  exchange.payload = std::move(*payload);
  if (exchange.received.stream) return std::nullopt;
  if (auto taken = exchange.payload->take(exchange.request.body, *exchange.call.body); !taken)
    return std::move(taken).error();
  if (auto ended = exchange.payload->end(*exchange.call.body); !ended) return std::move(ended).error();
  return std::nullopt;
}

void FrontDoor::pull(const std::shared_ptr<Exchange>& exchange) {
  exchange->received.stream->read([this, exchange](Result<http::IncomingBody::Piece> piece) {
    pool_.resume(
        [this, exchange, piece = std::move(piece)]() mutable { take_piece(exchange, std::move(piece)); });
  });
}

void FrontDoor::take_piece(const std::shared_ptr<Exchange>& exchange,
                           Result<http::IncomingBody::Piece> piece) {
  const auto refuse_with = [&](ServiceError error) {
    exchange->error = std::move(error);
    finish(*exchange);
  };
  if (!piece)
    return refuse_with({"RequestTimeout",
                        "Your socket connection to the server was not read from or written to within the "
                        "timeout period.",
                        400,
                        Fault::Sender,
                        {}});
  Payload& payload = *exchange->payload;
  BodySink& sink = *exchange->call.body;
  if (auto taken = payload.take_shared(piece->bytes, sink); !taken)
    return refuse_with(std::move(taken).error());
  if (!piece->last) return pull(exchange);
  if (auto ended = payload.end(sink); !ended) return refuse_with(std::move(ended).error());
  exchange->error = invoke(*exchange);
  finish(*exchange);
}

// Of a long body: only services that take bodies as streams are asked, the others have them whole.
bool FrontDoor::takes_stream(const http::Request& received) {
  HttpRequest request = head_of(received);
  if (router_.find_unmodelled(request, Listener::Api).call) return true;
  const auto claim = sigv4::read_claim(request);
  const Route to = router_.find(request, claim && *claim ? &**claim : nullptr);
  if (to.service == nullptr) return false;
  place_bucket(request, to.service->model());
  const auto operation = to.codec->find_operation(request);
  return operation && has_streaming_payload(*(*operation)->input);
}

// What can be answered from memory needs no other thread: going there and back costs more than the call.
// False: nothing has happened, and the call is still to be made.
bool FrontDoor::answer_at_once(Exchange& exchange) {
  const http::Request& received = exchange.received;
  if (received.stream || !received.body.empty() ||
      (received.head.method != "GET" && received.head.method != "HEAD"))
    return false;
  const store::NoWaiting memory_only;
  const auto answered = [&] {
    admit(exchange);
    if (router_.find_unmodelled(exchange.request, exchange.listener).call) return false;
    exchange.error = route(exchange);
    if (exchange.error || std::ranges::find(quick_, exchange.to.service) == quick_.end()) return false;
    for (const auto step : {&FrontDoor::note_origin, &FrontDoor::authenticate, &FrontDoor::find_operation,
                            &FrontDoor::note_soft_purge})
      if (!exchange.error) exchange.error = (this->*step)(exchange);
    if (exchange.error || !exchange.to.service->answers_at_once(*exchange.operation)) return false;
    for (const auto step : {&FrontDoor::open_body, &FrontDoor::decode, &FrontDoor::authorize, &FrontDoor::vet,
                            &FrontDoor::invoke})
      if (!exchange.error) exchange.error = (this->*step)(exchange);
    return !memory_only.refused();
  }();
  if (answered) {
    finish(exchange);
    return true;
  }
  Exchange untouched(std::move(exchange.received), std::move(exchange.responder), exchange.begun);
  untouched.listener = exchange.listener;
  untouched.call.request_id = std::move(exchange.call.request_id);
  untouched.call.time = exchange.call.time;
  exchange = std::move(untouched);
  return false;
}

void FrontDoor::handle(http::Request received, http::Responder responder) {
  handle(std::move(received), std::move(responder), Listener::Api);
}

void FrontDoor::Websites::handle(http::Request received, http::Responder responder) {
  door_.handle(std::move(received), std::move(responder), Listener::Website);
}

void FrontDoor::handle(http::Request received, http::Responder responder, Listener listener) {
  Exchange begun(std::move(received), std::move(responder), parts_.loop.clock().monotonic());
  begun.listener = listener;
  begun.call.request_id = make_uuid(request_ids_);
  begun.call.time = parts_.clock.now();
  if (answer_at_once(begun)) return;
  const auto exchange = std::make_shared<Exchange>(std::move(begun));
  std::function<void()> task = [this, exchange] {
    admit(*exchange);
    serve(exchange);
  };
  if (pool_.submit(task)) return;
  admit(*exchange);
  refuse_for_load(*exchange);
}

void FrontDoor::refuse_for_load(Exchange& exchange) {
  exchange.error = route(exchange);
  if (!exchange.error) {
    const Protocol protocol = exchange.to.codec->protocol();
    const bool xml =
        protocol == Protocol::Query || protocol == Protocol::Ec2 || protocol == Protocol::RestXml;
    exchange.error = ServiceError{xml ? "Throttling" : "ThrottlingException",
                                  "Rate exceeded",
                                  protocol == Protocol::RestJson ? 429 : 400,
                                  Fault::Sender,
                                  {}};
  }
  encode(exchange);
  audit(exchange);
  reply(exchange);
}

void FrontDoor::admit(Exchange& exchange) {
  http::Request& received = exchange.received;
  HttpRequest& request = exchange.request;
  request = head_of(received);
  request.body = std::move(received.body);

  Call& call = exchange.call;
  call.source_address = received.peer.ip.to_string();
  call.user_agent = request.headers.get("user-agent");
  call.referer = request.headers.get("referer");
  call.announced_trailer = request.headers.get("x-amz-trailer");
  call.secure_transport = received.tls;
  // Whatever stands there but "false" is not the wish of one whose call should be carried out.
  const std::string* dry_run = request.headers.find(kDryRun);
  call.dry_run = dry_run != nullptr && !equal_ignoring_case(*dry_run, "false");
  const std::string host =
      received.head.host.empty() ? received.local.to_string() : std::string(received.head.host);
  call.endpoint.reserve(8 + host.size());
  call.endpoint.append(received.tls ? "https://" : "http://").append(host);
}

FrontDoor::Refused FrontDoor::route(Exchange& exchange) {
  exchange.claim = sigv4::read_claim(exchange.request);
  const sigv4::Claim* claim = exchange.claim && *exchange.claim ? &**exchange.claim : nullptr;
  exchange.to = router_.find(exchange.request, claim);
  exchange.call.region =
      claim != nullptr && sigv4::is_region(claim->region) ? claim->region : options_.region;
  if (claim != nullptr) exchange.call.access_key_id = claim->access_key_id;
  if (exchange.to.service == nullptr)
    return ServiceError{"UnknownOperationException",
                        claim != nullptr ? fmt::format("The service '{}' is not served here.", claim->service)
                                         : "No service served here is meant by this request.",
                        404,
                        Fault::Sender,
                        {}};
  exchange.call.service = exchange.to.service->model().name;
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::note_origin(Exchange& exchange) {
  if (exchange.request.headers.find("origin") != nullptr)
    exchange.cross_origin = exchange.to.service->cross_origin(exchange.request, exchange.listener);
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::authenticate(Exchange& exchange) {
  Call& call = exchange.call;
  const bool is_signed = !exchange.claim || *exchange.claim;
  // Who signs nothing is nobody, and a service may let nobody do something.
  if (!is_signed && !options_.development && exchange.to.service->decides_access()) return std::nullopt;
  auto key = identity_.check(exchange.request, exchange.claim, exchange.to.service->model(),
                             exchange.to.codec->protocol(), call.time);
  if (!key) return std::move(key).error();
  if (exchange.claim && *exchange.claim) {
    const sigv4::Claim& claim = **exchange.claim;
    call.signature = claim.in_query ? Signed::Query : Signed::Header;
    call.signed_at = claim.time;
    if (!key->service.empty()) call.on_behalf = read_on_behalf(exchange.request, claim, key->service);
  }
  call.account_id = std::move(key->account_id);
  call.principal_arn = std::move(key->principal_arn);
  if (!options_.development) exchange.secret = std::move(key->secret_access_key);
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::find_operation(Exchange& exchange) {
  // Only now: the signature covers the path as it came.
  place_bucket(exchange.request, exchange.to.service->model());
  auto operation = exchange.to.codec->find_operation(exchange.request);
  if (!operation) return std::move(operation).error();
  exchange.operation = *operation;
  exchange.call.operation = exchange.operation->name;
  return std::nullopt;
}

// Who asks for it means it: where it cannot be, nothing is done.
FrontDoor::Refused FrontDoor::note_soft_purge(Exchange& exchange) {
  const std::string* wish = exchange.request.headers.find(kSoftPurgeHeader);
  if (wish == nullptr || equal_ignoring_case(*wish, "false")) return std::nullopt;
  if (!exchange.to.service->has_soft_purges(*exchange.operation))
    return ServiceError{"NotImplemented", "This operation has no soft purges.", 501, Fault::Receiver, {}};
  if (!equal_ignoring_case(*wish, "true"))
    return ServiceError{"InvalidArgument",
                        fmt::format("The header {} is neither true nor false.", kSoftPurgeHeader),
                        400,
                        Fault::Sender,
                        {}};
  exchange.call.soft_purge = true;
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::open_body(Exchange& exchange) {
  const bool streams = has_streaming_payload(*exchange.operation->input);
  if (!streams && !exchange.to.service->model().is_s3()) return std::nullopt;
  const sigv4::Claim* claim = exchange.claim && *exchange.claim ? &**exchange.claim : nullptr;
  auto payload = Payload::of(exchange.request, claim, exchange.secret);
  if (!payload) return std::move(payload).error();
  exchange.payload = std::move(*payload);
  if (streams) {
    exchange.short_body = std::exchange(exchange.request.body, {});
    return std::nullopt;
  }
  StringSink plain;
  if (auto taken = exchange.payload->take(exchange.request.body, plain); !taken)
    return std::move(taken).error();
  if (auto ended = exchange.payload->end(plain); !ended) return std::move(ended).error();
  exchange.request.body = std::move(plain.text);
  if (auto checked = exchange.to.service->check_body(*exchange.operation, exchange.request); !checked)
    return std::move(checked).error();
  return std::nullopt;
}

// A streaming payload is no part of the input: it goes to a sink.
FrontDoor::Refused FrontDoor::receive(Exchange& exchange) {
  if (!has_streaming_payload(*exchange.operation->input)) return std::nullopt;
  if (exchange.call.dry_run && !exchange.to.service->has_dry_runs()) return no_dry_runs();
  auto sink = exchange.to.service->receive(exchange.call, *exchange.operation, exchange.input);
  if (!sink) return std::move(sink).error();
  exchange.call.body = std::move(*sink);
  if (exchange.received.stream) return std::nullopt;
  if (auto taken = exchange.payload->take(exchange.short_body, *exchange.call.body); !taken)
    return std::move(taken).error();
  if (auto ended = exchange.payload->end(*exchange.call.body); !ended) return std::move(ended).error();
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::decode(Exchange& exchange) {
  auto input = exchange.to.codec->decode_request(*exchange.operation, exchange.request);
  if (!input) return std::move(input).error();
  exchange.input = std::move(*input);
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::authorize(Exchange& exchange) {
  Service& service = *exchange.to.service;
  Outcome<void> allowed;
  if (service.decides_access())
    allowed = service.authorize(exchange.call, *exchange.operation, exchange.input);
  else if (options_.authority != nullptr)
    allowed = options_.authority->may(exchange.call);
  if (allowed) return std::nullopt;
  ServiceError error = std::move(allowed).error();
  // The protocols of JSON have their own name and status for it (IAM User Guide, "Common errors").
  const Protocol protocol = exchange.to.codec->protocol();
  const bool json_rpc = protocol == Protocol::Json || protocol == Protocol::RpcCbor;
  if (error.code == "AccessDenied" && (json_rpc || protocol == Protocol::RestJson))
    error.code = "AccessDeniedException";
  if (json_rpc) error.status = 400;
  return error;
}

FrontDoor::Refused FrontDoor::vet(Exchange& exchange) {
  auto vetted = exchange.to.service->vet(*exchange.operation, exchange.input);
  if (!vetted) return std::move(vetted).error();
  return std::nullopt;
}

FrontDoor::Refused FrontDoor::invoke(Exchange& exchange) {
  if (exchange.unmodelled) {
    auto response = exchange.unmodelled->answer(exchange.call);
    if (!response) return std::move(response).error();
    exchange.response = *std::move(response);
    return std::nullopt;
  }
  if (exchange.call.dry_run && !exchange.to.service->has_dry_runs()) return no_dry_runs();
  auto output = exchange.to.service->invoke(exchange.call, *exchange.operation, exchange.input);
  if (!output) return std::move(output).error();
  exchange.output = std::move(*output);
  return std::nullopt;
}

void FrontDoor::encode(Exchange& exchange) {
  const std::string& request_id = exchange.call.request_id;
  if (exchange.error && exchange.to.service != nullptr && exchange.to.service->model().is_s3())
    exchange.error->facts.emplace_back("Resource", exchange.request.path);
  if (exchange.error) {
    exchange.response = exchange.to.codec->encode_error(*exchange.error, request_id);
  } else if (!exchange.unmodelled) {
    exchange.response = exchange.to.codec->encode_response(*exchange.operation, exchange.output, request_id);
  }
  if (!exchange.error && !exchange.unmodelled && exchange.call.status != 0)
    exchange.response.status = exchange.call.status;
  if (exchange.response.headers.find("x-amz-request-id") == nullptr)
    exchange.response.headers.set("x-amzn-RequestId", request_id);
  for (const auto& [name, value] : exchange.cross_origin) exchange.response.headers.add(name, value);
  if (exchange.call.soft_purge && !exchange.error) exchange.response.headers.set(kSoftPurgeHeader, "true");
  if (!exchange.call.dry_run) return;
  exchange.response.headers.set(kDryRun, "true");
  if (!exchange.error) {
    exchange.response.headers.set(kWouldChange, exchange.call.would_change);
  } else if (const auto& items = exchange.call.refused_items; !items.empty()) {
    exchange.response.headers.set(kRefusedItems, fmt::format("{}", fmt::join(items, ",")));
  }
}

void FrontDoor::audit(const Exchange& exchange) {
  const Call& call = exchange.call;
  const Duration duration = parts_.loop.clock().monotonic() - exchange.begun;
  const std::string_view code = exchange.error ? std::string_view(exchange.error->code) : std::string_view();
  if (options_.audits) write_audit(parts_.logger, {call, exchange.response.status, code, duration});
  const auto measure = [&] {
    return Measures{
        &parts_.metrics.counter("meridian_api_requests_total",
                                "API calls by service, operation and error code.",
                                {{"service", call.service},
                                 {"operation", call.operation},
                                 {"code", std::string(code.empty() ? "OK" : code)}}),
        &parts_.metrics.histogram(
            "meridian_api_duration_seconds", "Time from a whole request to its encoded answer.",
            {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5}, {{"service", call.service}})};
  };
  Measures measures;
  if (code.empty() && exchange.operation != nullptr) {
    // Of successes, which are most calls and not many kinds, the metrics are looked up once.
    std::lock_guard lock(measures_mutex_);
    Measures& known = measures_[exchange.operation];
    if (known.calls == nullptr) known = measure();
    measures = known;
  } else {
    measures = measure();
  }
  measures.calls->add();
  measures.duration->observe(std::chrono::duration<double>(duration).count());
}

void FrontDoor::reply(Exchange& exchange) {
  http::Response response;
  response.status = exchange.response.status;
  std::size_t size = 0;
  for (const auto& [name, value] : exchange.response.headers) size += name.size() + value.size() + 4;
  response.lines.reserve(size);
  for (const auto& [name, value] : exchange.response.headers)
    if (!equal_ignoring_case(name, "content-length")) http::append_header(response.lines, name, value);
  response.body = std::move(exchange.response.body);
  if (!exchange.error && exchange.call.answer) {
    response.length = exchange.call.answer->size();
    if (auto begun = exchange.call.answer->ready()) response.begun = *std::move(begun);
    if (response.begun.size() < *response.length)
      response.stream = std::make_shared<PooledBody>(pool_, std::move(exchange.call.answer));
  } else if (const std::string* length = exchange.response.headers.find("content-length")) {
    // Of an answer to HEAD, whose body is nowhere.
    response.length = std::strtoull(length->c_str(), nullptr, 10);
  }
  exchange.responder.send(std::move(response));
}

}  // namespace meridian::aws
