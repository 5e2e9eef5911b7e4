// A service as the front door sees it: its model (what can be asked) and one entry for all operations.
// Rule: an operation is reached only through invoke(), with an input that a codec has decoded and validated.
#pragma once

#include <span>
#include <string_view>

#include "aws/call.h"
#include "aws/error.h"
#include "aws/unmodelled.h"

namespace meridian::aws {

enum class Protocol : std::uint8_t { RestXml, RestJson, Json, Query, Ec2, RpcCbor };

// How a listing is paged; the CLI follows it.
struct Pagination {
  std::span<const char*const> input_tokens{}, output_tokens{}, result_keys{};
  const char* limit_key = nullptr;
  const char* more_results = nullptr;
};

struct Operation {
  const char* name;
  std::uint16_t index;  // in ServiceModel::operations
  const char* method;
  const char* uri;  // requestUri: path with {Label} and {Label+}, and a constant query
  int status;       // of success
  const Shape* input;
  const Shape* output;
  const char* input_xml_name = nullptr;
  const char* input_xml_namespace = nullptr;
  const char* result_wrapper = nullptr;
  const char* host_prefix = nullptr;
  std::span<const Shape* const> errors{};
  const Pagination* pagination = nullptr;
};

struct ServiceModel {
  const char* name;             // the folder and the file in models/
  const char* service_id;       // "Route 53"
  const char* endpoint_prefix;  // host label
  const char* signing_name;
  const char* api_version;
  const char* json_version = nullptr;
  const char* target_prefix = nullptr;
  const char* xml_namespace = nullptr;
  bool error_wrapper = true;              // false: errors have <Error> as their root, as S3's
  std::span<const Protocol> protocols;    // the model's preferred one first
  std::span<const Operation> operations;  // sorted by name
  std::span<const Shape* const> errors;   // sorted by shape name

  // Whose wire forms are its own.
  bool is_s3() const { return signing_name != nullptr && std::string_view(signing_name) == "s3"; }

  const Operation* find(std::string_view operation) const;
  const Shape* find_error(std::string_view code) const;
};

class Service {
 public:
  virtual ~Service() = default;
  // Whether this service decides itself who may do what, also of callers without an account. Of the others
  // the front door decides, by the caller's own policies (authority.h).
  virtual bool decides_access() const { return false; }
  // Before vet(), receive() and invoke(), of every call of a service that decides.
  virtual Outcome<void> authorize(const Call& call, const Operation& operation, const Value& input);
  // Refuses an input that no operation of this service should see, before receive() and invoke().
  virtual Outcome<void> vet(const Operation& operation, const Value& input);
  // Holds a body that is no stream, unwrapped, against what the request's header fields say of it.
  virtual Outcome<void> check_body(const Operation& operation, const HttpRequest& request);
  // What takes the body of a call whose input has a streaming payload, before invoke() is called with all but
  // that; it stands in call.body then. Refuses what can be refused before the body has come.
  virtual Outcome<std::shared_ptr<BodySink>> receive(Call& call, const Operation& operation,
                                                     const Value& input);
  virtual const ServiceModel& model() const = 0;
  // Whether a call of this operation may be tried on a thread that must not wait, because it changes nothing:
  // under a store::NoWaiting, and forgotten and made again elsewhere when that refused anything.
  virtual bool answers_at_once(const Operation&) const { return false; }
  // `input` is a Value of operation.input; success is a Value of operation.output.
  virtual Outcome<Value> invoke(Call& call, const Operation& operation, const Value& input) = 0;
  // A request of this service's own that is no call of an operation; null: it is none. Looks at the head
  // alone, on the loop's thread.
  virtual std::unique_ptr<UnmodelledCall> unmodelled(const HttpRequest& head, Listener listener);
  // Fields of any answer to this request, also a refusal: what a browser's page of another origin may do with
  // it. Asked when the request names an origin.
  virtual Headers cross_origin(const HttpRequest& head, Listener listener);
  // Whether invoke() heeds call.dry_run; when not, such calls do not reach it.
  virtual bool has_dry_runs() const { return false; }
  // The same of call.soft_purge.
  virtual bool has_soft_purges(const Operation&) const { return false; }
};

// What every operation answers until a service overrides it: 501 NotImplemented.
Failure not_implemented(const ServiceModel& model, std::string_view operation);

std::string_view to_string(Protocol protocol);

// Whether an operation's input or output has a payload that is a stream.
bool has_streaming_payload(const Shape& structure);

// S3's second request id; SDKs show it when something went wrong.
std::string host_id(std::string_view request_id);

}  // namespace meridian::aws
