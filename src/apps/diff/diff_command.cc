#include "apps/diff/diff_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <future>
#include <map>

#include "apps/aws_client.h"
#include "apps/diff/diff_service.h"
#include "apps/input.h"
#include "apps/zone_commands.h"
#include "apps/zone_sets.h"
#include "aws/protocols/json_body.h"
#include "formats/json/json.h"
#include "gen/route53/api.h"
#include "http/client.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;

constexpr int kSame = 0, kChanges = 1, kErrors = 2;
constexpr std::size_t kBatchChangesMax = 400;  // with Route 53's bounds of a request kept by far
constexpr std::size_t kBatchBytesMax = 15'000;
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kTimeout = std::chrono::minutes(5);

int say(const std::string& message) {
  fmt::print(stderr, "meridian: {}\n", message);
  return kErrors;
}

// "file://x" as the AWS CLI has it, or the name itself.
Result<std::string> read_file(std::string_view name) {
  if (name.starts_with("file://")) name.remove_prefix(7);
  return read_input(std::string(name));
}

// The batches that `zone import` would send, and the line of each change.
void write_zone_file(json::Writer& writer, const ImportedZone& zone) {
  std::vector<std::vector<std::size_t>> lines;
  writer.key("independent");
  writer.boolean(true);
  writer.key("batches");
  writer.begin_array();
  for (std::size_t at = 0; at < zone.sets.size();) {
    r53::ChangeResourceRecordSetsRequest request;
    auto& of_batch = lines.emplace_back();
    for (std::size_t bytes = 0; at < zone.sets.size() && of_batch.size() < kBatchChangesMax; ++at) {
      std::size_t size = 0;
      for (const std::string& value : zone.sets[at].values) size += value.size();
      if (bytes > 0 && bytes + size > kBatchBytesMax) break;
      bytes += size;
      request.ChangeBatch.Changes.push_back(upsert(zone.sets[at]));
      of_batch.push_back(zone.sets[at].line);
    }
    std::string encoded;
    aws::encode_json(encoded, shape_of(&request), &request, aws::Members::All);
    const auto tree = json::parse(encoded);
    if (const json::Value* batch = tree ? tree->find("ChangeBatch") : nullptr) writer.value(*batch);
  }
  writer.end_array();
  writer.key("lines");
  writer.begin_array();
  for (const auto& of_batch : lines) {
    writer.begin_array();
    for (const std::size_t line : of_batch) writer.unsigned_integer(line);
    writer.end_array();
  }
  writer.end_array();
}

Result<void> write_change(json::Writer& writer, const DiffOptions& options) {
  if (!options.change_batch.empty()) {
    const json::Value batch = TRY(json::parse(TRY(read_file(options.change_batch))));
    writer.key("batches");
    writer.begin_array();
    writer.value(batch);
    writer.end_array();
  } else if (!options.zone_file.empty()) {
    const ImportedZone zone =
        read_zone(TRY(read_file(options.zone_file)), TRY(dns::Name::parse(options.zone)));
    for (const RefusedLine& line : zone.refused)
      fmt::print(stderr, "{}:{}: {}\n", options.zone_file, line.line, line.reason);
    write_zone_file(writer, zone);
  } else {
    writer.key("traffic_policy_instance");
    writer.string(options.traffic_policy_instance);
    writer.key("document");
    writer.string(TRY(read_file(options.document)));
  }
  return {};
}

// The hosted zone that an instance of a traffic policy is in.
Result<std::string> zone_of_instance(const DiffOptions& options, const Clock& clock) {
  AwsClient client = TRY(AwsClient::open(options.client, r53::service_model(), clock));
  r53::GetTrafficPolicyInstanceRequest request;
  request.Id = options.traffic_policy_instance;
  const auto found = client.call<r53::GetTrafficPolicyInstanceResponse>("GetTrafficPolicyInstance", request);
  if (!found) return invalid(found.error().code + ": " + found.error().message);
  return found->TrafficPolicyInstance.HostedZoneId;
}

Result<std::string> write_request(const DiffOptions& options, const Clock& clock) {
  std::string body, zone_id = options.zone_id;
  if (!options.traffic_policy_instance.empty() && zone_id.empty())
    zone_id = TRY(zone_of_instance(options, clock));
  if (zone_id.starts_with("/hostedzone/")) zone_id = zone_id.substr(12);
  json::Writer writer(body);
  writer.begin_object();
  writer.key(zone_id.empty() ? "zone" : "hosted_zone_id");
  writer.string(zone_id.empty() ? options.zone : zone_id);
  TRY(write_change(writer, options));
  if (!options.query_log.empty()) {
    const std::string log =
        TRY(summarise_query_log(TRY(read_file(options.query_log)), zone_id, options.clients));
    writer.key("log");
    writer.value(TRY(json::parse(log)));
  }
  writer.key("clients");
  writer.unsigned_integer(options.clients);
  writer.end_object();
  return body;
}

Result<http::Response> send(const DiffOptions& options, std::string body) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = TRY(http::Url::parse(options.client.admin + "/diff/dns?output=" +
                                     (options.client.output == Output::Json ? "json" : "table")));
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  http::ClientOptions patient;
  patient.timeout = kTimeout;
  auto reply = std::async(std::launch::async, [&] { return http::fetch(request, patient); });
  const bool shows = isatty(STDERR_FILENO) == 1;
  for (int seconds = 0; reply.wait_for(kPatience) != std::future_status::ready;)
    if (++seconds; shows) fmt::print(stderr, "\rcomparing answers, {} s ", seconds);
  if (shows) fmt::print(stderr, "\r\x1b[K");
  return reply.get();
}

}  // namespace

Result<std::string> summarise_query_log(std::string_view text, std::string_view zone_id, std::size_t most) {
  // version time zone name type rcode protocol edge resolver subnet
  std::map<std::string, std::pair<std::array<std::string_view, 5>, std::size_t>> counts;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    if (fields.size() != 10 || fields[0] != "1.0") continue;
    if (!zone_id.empty() && fields[2] != zone_id) continue;
    auto& [words, count] =
        counts[fmt::format("{} {} {} {} {}", fields[2], fields[3], fields[4], fields[8], fields[9])];
    words = {fields[3], fields[4], fields[8], fields[9], fields[2]};
    ++count;
  }
  if (counts.empty()) return invalid("the query log has no line of this hosted zone");
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  const std::size_t taken = std::min(most, counts.size());
  std::size_t place = 0, written = 0;
  for (const auto& [key, counted] : counts) {
    if (place++ != written * counts.size() / taken || written == taken) continue;
    ++written;
    const auto& [words, count] = counted;
    writer.begin_object();
    writer.key("name");
    writer.string(words[0]);
    writer.key("type");
    writer.string(words[1]);
    writer.key("resolver");
    writer.string(words[2]);
    if (words[3] != "-") {
      writer.key("subnet");
      writer.string(words[3]);
    }
    writer.key("zone");
    writer.string(words[4]);
    writer.key("count");
    writer.unsigned_integer(count);
    writer.end_object();
  }
  writer.end_array();
  return out;
}

int diff(const DiffOptions& options, const Clock& clock) {
  if (options.change_batch.empty() && options.zone_file.empty() && options.traffic_policy_instance.empty())
    return say("what to try: --change-batch, --zone-file or --traffic-policy-instance");
  auto body = write_request(options, clock);
  if (!body) return say(body.error().message);
  const auto reply = send(options, *std::move(body));
  if (!reply) return say("no server answers: " + reply.error().message);
  if (reply->status != 200) return say(reply->body.substr(0, reply->body.find('\n')));
  fmt::print("{}", reply->body);
  const http::Header* verdict = http::find_header(reply->headers, kDiffVerdictHeader);
  if (!verdict) return say("the server says nothing that is a diff");
  return verdict->value == "same" ? kSame : verdict->value == "changes" ? kChanges : kErrors;
}

}  // namespace meridian::apps
