#include "apps/query_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "apps/version.h"
#include "engines/dns/query_log/dnstap_sink.h"
#include "engines/dns/query_log/dnstap_socket.h"
#include "engines/dns/query_log/log_file.h"
#include "engines/dns/query_log/pipe.h"
#include "engines/dns/query_log/route53_sink.h"
#include "formats/dnstap/frame_streams.h"

namespace meridian::apps {
namespace {

using namespace engines::dns::query_log;

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kZonePrefix = "/hostedzone/";
constexpr std::uint64_t kMegabyte = 1'000'000;

// A field of a line: no space, nothing that a terminal would act on.
bool is_field(std::string_view text) {
  return !text.empty() && text.size() <= Route53Lines::kEdgeLocationSizeMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Result<Selection> selection(std::uint32_t one_in, const std::vector<std::string>& zones) {
  Selection selection;
  selection.one_in = one_in;
  if (zones.size() > Selection::kZonesMax)
    return invalid(fmt::format("a query log filters by at most {} zones", Selection::kZonesMax));
  for (std::string_view id : zones) {
    if (id.starts_with(kZonePrefix)) id.remove_prefix(kZonePrefix.size());
    selection.zones.emplace_back(id);
  }
  return selection;
}

LogFileOptions file_options(const QueryLogOptions& options, std::string path) {
  LogFileOptions file;
  file.path = std::move(path);
  file.bytes_max = options.file_mb * kMegabyte;
  file.keep = options.files_keep;
  return file;
}

Result<std::string> edge_location_of(const QueryLogOptions& options, const std::string& nsid) {
  std::string edge_location = options.edge_location.empty() ? nsid : options.edge_location;
  if (edge_location.empty()) edge_location = "-";
  if (!is_field(edge_location))
    return invalid(fmt::format("'{}' is no edge location: 1 to {} visible ASCII characters (--edge-location)",
                               edge_location, Route53Lines::kEdgeLocationSizeMax));
  return edge_location;
}

Result<QueryLog::Destination> lines(const QueryLogOptions& options, const std::string& edge_location,
                                    const World& parts) {
  QueryLog::Destination destination;
  destination.selection = TRY(selection(options.sample, options.zones));
  destination.selection.only_answered = true;
  std::unique_ptr<engines::dns::query_log::Output> output;
  if (options.file == "-")
    output = std::make_unique<Pipe>(STDOUT_FILENO);
  else
    output = TRY(LogFile::open(parts.disk, parts.logger, file_options(options, options.file)));
  destination.sink =
      std::make_unique<Route53Sink>(std::move(output), edge_location, parts.clock, parts.metrics);
  return destination;
}

Result<QueryLog::Destination> dnstap_frames(const QueryLogOptions& options, const std::string& nsid,
                                            const World& parts) {
  QueryLog::Destination destination;
  destination.selection = TRY(selection(options.dnstap_sample, options.dnstap_zones));
  destination.selection.replies = true;
  std::unique_ptr<engines::dns::query_log::Output> output;
  if (options.dnstap.starts_with(kUnixPrefix)) {
    output = std::make_unique<DnstapSocket>(options.dnstap.substr(kUnixPrefix.size()), parts.logger);
  } else {
    LogFileOptions file = file_options(options, options.dnstap);
    append_control_frame(file.header, dnstap::Control::Start);
    append_control_frame(file.footer, dnstap::Control::Stop);
    output = TRY(LogFile::open(parts.disk, parts.logger, std::move(file)));
  }
  destination.sink = std::make_unique<DnstapSink>(
      std::move(output), DnstapIdentity{nsid, "meridian " MERIDIAN_VERSION}, parts.clock, parts.metrics);
  return destination;
}

}  // namespace

bool has_log_files(const QueryLogOptions& options) {
  return (!options.file.empty() && options.file != "-") ||
         (!options.dnstap.empty() && !options.dnstap.starts_with(kUnixPrefix));
}

Result<std::unique_ptr<QueryLog>> make_query_log(const QueryLogOptions& options, const std::string& nsid,
                                                 unsigned workers, const MakeDestination& own,
                                                 const World& parts) {
  std::vector<QueryLog::Destination> destinations;
  if (!options.file.empty() || own) {
    const std::string edge_location = TRY(edge_location_of(options, nsid));
    if (!options.file.empty()) destinations.push_back(TRY(lines(options, edge_location, parts)));
    if (own) destinations.push_back(own(edge_location));
  }
  if (!options.dnstap.empty()) destinations.push_back(TRY(dnstap_frames(options, nsid, parts)));
  if (destinations.empty()) return nullptr;
  return std::make_unique<QueryLog>(std::move(destinations), workers, options.ring_mb * 1024 * 1024,
                                    parts.clock, parts.random, parts.metrics);
}

}  // namespace meridian::apps
