// Import sends UPSERTs in batches as large as Route 53 allows; a refused batch is halved until the record
// sets to blame stand alone, so that one bad record never keeps the others out and every refusal carries its
// line.
#include "apps/zone_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <span>

#include "apps/aws_client.h"
#include "apps/axfr_client.h"
#include "apps/input.h"
#include "apps/progress_bar.h"
#include "apps/transfer_settings.h"
#include "apps/zone_sets.h"
#include "apps/zone_text.h"
#include "base/log.h"
#include "formats/dns/name.h"
#include "gen/route53/api.h"
#include "gen/route53/types.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;

// Route 53 counts an UPSERT twice against 1,000 values and 32,000 characters a request.
constexpr std::size_t kBatchValuesMax = 500;
constexpr std::size_t kBatchCharactersMax = 16000;

int say(const std::string& message) {
  fmt::print(stderr, "meridian: {}\n", message);
  return 1;
}

// The hosted zone that the options name: by id, or by its name when that is unique.
Result<std::string> find_zone(AwsClient& client, const std::string& zone_id, const std::string& origin) {
  if (!zone_id.empty()) return zone_id;
  if (origin.empty()) return invalid("--origin or --zone-id is needed");
  dns::Name wanted = TRY(dns::Name::parse(origin));
  r53::ListHostedZonesByNameRequest request;
  request.DNSName = wanted.to_string();
  auto listed = client.call<r53::ListHostedZonesByNameResponse>("ListHostedZonesByName", request);
  if (!listed) return fail(ErrorCode::Unavailable, listed.error().code + ": " + listed.error().message);
  std::vector<std::string> found;
  for (const auto& zone : listed->HostedZones)
    if (auto name = dns::Name::parse(zone.Name); name && *name == wanted) found.push_back(zone.Id);
  if (found.empty())
    return fail(ErrorCode::NotFound, fmt::format("there is no hosted zone {}", wanted.to_string()));
  if (found.size() > 1)
    return invalid(fmt::format("{} hosted zones are called {}: choose one with --zone-id", found.size(),
                               wanted.to_string()));
  return found[0];
}

Result<std::string> create_zone(AwsClient& client, const std::string& origin, const Clock& clock) {
  r53::CreateHostedZoneRequest request;
  request.Name = origin;
  request.CallerReference = fmt::format("zone-import-{}", clock.now().time_since_epoch().count());
  auto made = client.call<r53::CreateHostedZoneResponse>("CreateHostedZone", request);
  if (!made) return fail(ErrorCode::Unavailable, made.error().code + ": " + made.error().message);
  return made->HostedZone.Id;
}

class Importer {
 public:
  Importer(AwsClient& client, std::string zone_id, ProgressBar& progress)
      : client_(client), zone_id_(std::move(zone_id)), progress_(progress) {}

  // False when the server cannot be reached any more; what was refused by it is in `refused`.
  Result<void> send(std::span<const ImportedSet> sets, std::vector<RefusedLine>& refused) {
    for (std::size_t start = 0; start < sets.size();) {
      std::size_t end = start, values = 0, characters = 0;
      while (end < sets.size()) {
        std::size_t more = 0;
        for (const auto& value : sets[end].values) more += value.size();
        if (end > start &&
            (values + sets[end].values.size() > kBatchValuesMax || characters + more > kBatchCharactersMax))
          break;
        values += sets[end].values.size();
        characters += more;
        ++end;
      }
      TRY(send_batch(sets.subspan(start, end - start), refused));
      start = end;
    }
    return {};
  }
  std::size_t accepted() const { return accepted_; }
  const std::string& last_change() const { return last_change_; }

 private:
  Result<void> send_batch(std::span<const ImportedSet> sets, std::vector<RefusedLine>& refused) {
    r53::ChangeResourceRecordSetsRequest request;
    request.HostedZoneId = zone_id_;
    for (const ImportedSet& set : sets) request.ChangeBatch.Changes.push_back(upsert(set));
    auto done = client_.call<r53::ChangeResourceRecordSetsResponse>("ChangeResourceRecordSets", request);
    if (done) {
      for (const ImportedSet& set : sets) accepted_ += set.values.size();
      for (const ImportedSet& set : sets) progress_.advance(set.values.size());
      last_change_ = done->ChangeInfo.Id;
      return {};
    }
    if (done.error().status >= 500 || done.error().status == 403)
      return fail(ErrorCode::Unavailable, done.error().code + ": " + done.error().message);
    if (sets.size() == 1) {
      progress_.advance(sets[0].values.size());
      refused.push_back({sets[0].line, done.error().message});
      return {};
    }
    TRY(send_batch(sets.first(sets.size() / 2), refused));
    return send_batch(sets.subspan(sets.size() / 2), refused);
  }

  AwsClient& client_;
  std::string zone_id_;
  ProgressBar& progress_;
  std::size_t accepted_ = 0;
  std::string last_change_;
};

int report(const ZoneImportOptions& options, const ImportedZone& zone, std::size_t accepted,
           std::vector<RefusedLine> refused, const std::string& zone_id) {
  refused.insert(refused.end(), zone.refused.begin(), zone.refused.end());
  std::stable_sort(refused.begin(), refused.end(), [](auto& a, auto& b) { return a.line < b.line; });
  if (options.client.output == Output::Json) {
    std::string out = fmt::format("{{\"hosted_zone_id\":\"{}\",\"imported\":{},\"ignored\":{},\"refused\":[",
                                  zone_id, accepted, zone.ignored);
    for (std::size_t i = 0; i < refused.size(); ++i) {
      out += fmt::format("{}{{\"line\":{},\"reason\":", i ? "," : "", refused[i].line);
      append_json_string(out, refused[i].reason);
      out += "}";
    }
    fmt::print("{}]}}\n", out);
  } else {
    for (const RefusedLine& line : refused)
      fmt::print(stderr, "{}:{}{}: {}\n", options.file, options.axfr.empty() ? "" : " record ", line.line,
                 line.reason);
    fmt::print("{} {} records{}{}\n", options.dry_run ? "would import" : "imported", accepted,
               zone.ignored ? fmt::format(", left {} SOA and NS of the apex as they are", zone.ignored) : "",
               refused.empty() ? "" : fmt::format(", refused {}", refused.size()));
  }
  return refused.empty() ? 0 : 1;
}

// The key that signs the request, if any.
Result<std::optional<dns::TsigKey>> choose_key(const ZoneImportOptions& options, Disk& disk) {
  if (options.tsig_keys_file.empty()) {
    if (options.tsig_key.empty()) return std::nullopt;
    return TRY(dns::parse_tsig_key(options.tsig_key));
  }
  const dns::TsigKeys keys = TRY(read_tsig_keys(options.tsig_keys_file, disk));
  const dns::TsigKey* key =
      options.tsig_key.empty() ? keys.only() : keys.find(TRY(dns::Name::parse(options.tsig_key)));
  if (!key) return invalid(options.tsig_keys_file + ": name one of its keys with --tsig-key");
  return *key;
}

Result<std::vector<dns::Record>> take_records(const ZoneImportOptions& options, const Clock& clock,
                                              Random& random, Disk& disk) {
  const auto server = TRY(parse_axfr_server(options.axfr));
  return fetch_zone(server, TRY(dns::Name::parse(options.file)), TRY(choose_key(options, disk)), clock,
                    random);
}

}  // namespace

r53::Change upsert(const ImportedSet& set) {
  r53::Change change;
  change.Action = "UPSERT";
  change.ResourceRecordSet.Name = set.name;
  change.ResourceRecordSet.Type = to_string(set.type);
  change.ResourceRecordSet.TTL = set.ttl;
  auto& records = change.ResourceRecordSet.ResourceRecords.emplace();
  for (const std::string& value : set.values) records.emplace_back().Value = value;
  return change;
}

int zone_import(const ZoneImportOptions& given, const Clock& clock, Random& random, Disk& disk) {
  ZoneImportOptions options = given;
  Result<std::string> text;
  Result<std::vector<dns::Record>> records;
  if (options.axfr.empty()) {
    text = read_input(options.file);
    if (!text) return say(text.error().message);
  } else {
    records = take_records(options, clock, random, disk);
    if (!records) return say(records.error().message);
    if (options.origin.empty()) options.origin = options.file;
  }
  auto client = AwsClient::open(options.client, r53::service_model(), clock);
  if (!client) return say(client.error().message);

  std::string zone_id, origin = options.origin;
  if (!options.dry_run || origin.empty()) {
    auto found = find_zone(*client, options.zone_id, origin);
    if (!found && found.error().code == ErrorCode::NotFound && options.create && !options.dry_run)
      found = create_zone(*client, origin, clock);
    if (!found) return say(found.error().message);
    zone_id = *found;
  }
  if (origin.empty()) {
    r53::GetHostedZoneRequest request;
    request.Id = zone_id;
    auto zone = client->call<r53::GetHostedZoneResponse>("GetHostedZone", request);
    if (!zone) return say(zone.error().code + ": " + zone.error().message);
    origin = zone->HostedZone.Name;
  }
  auto name = dns::Name::parse(origin);
  if (!name) return say(name.error().message);

  ImportedZone zone = options.axfr.empty() ? read_zone(*text, *name) : read_records(*records, *name);
  if (options.dry_run) return report(options, zone, zone.records, {}, zone_id);
  std::vector<RefusedLine> refused;
  std::size_t accepted = 0;
  {
    ProgressBar progress(clock, "importing " + name->to_string(), zone.records);
    Importer importer(*client, zone_id, progress);
    auto sent = importer.send(zone.sets, refused);
    if (!sent) return say(fmt::format("{} after {} records", sent.error().message, importer.accepted()));
    accepted = importer.accepted();
  }
  return report(options, zone, accepted, std::move(refused), zone_id);
}

int zone_export(const ZoneExportOptions& options, const Clock& clock) {
  auto client = AwsClient::open(options.client, r53::service_model(), clock);
  if (!client) return say(client.error().message);
  auto zone_id = find_zone(*client, options.zone_id, options.origin);
  if (!zone_id) return say(zone_id.error().message);

  std::string out;
  r53::ListResourceRecordSetsRequest request;
  request.HostedZoneId = *zone_id;
  for (;;) {
    auto page = client->call<r53::ListResourceRecordSetsResponse>("ListResourceRecordSets", request);
    if (!page) return say(page.error().code + ": " + page.error().message);
    for (const auto& set : page->ResourceRecordSets) out += zone_text(set);
    if (!page->IsTruncated) break;
    request.StartRecordName = page->NextRecordName;
    request.StartRecordType = page->NextRecordType;
    request.StartRecordIdentifier = page->NextRecordIdentifier;
  }
  if (options.file.empty() || options.file == "-") {
    fmt::print("{}", out);
    return 0;
  }
  std::ofstream file(options.file, std::ios::binary);
  file << out;
  return file.good() ? 0 : say("cannot write " + options.file);
}

}  // namespace meridian::apps
