// The real clock, randomness and disk enter here and nowhere else.
#include <fmt/format.h>

#include "apps/bill/bill_command.h"
#include "apps/ca_command.h"
#include "apps/command_line.h"
#include "apps/control/edge_commands.h"
#include "apps/diff/diff_command.h"
#include "apps/doctor/doctor_command.h"
#include "apps/drill/drill_command.h"
#include "apps/edge/edge.h"
#include "apps/invalidate/invalidate_command.h"
#include "apps/remote_commands.h"
#include "apps/serve.h"
#include "apps/sign/sign_command.h"
#include "apps/support_matrix.h"
#include "apps/version.h"
#include "apps/zone_commands.h"
#include "engines/dns/canary/keeper.h"

namespace {

using namespace meridian;
using namespace meridian::apps;

int print(const PrintOptions& options) {
  fmt::print(options.to_stderr ? stderr : stdout, "{}", options.text);
  return options.exit_code;
}

int version(const VersionOptions& options) {
  if (options.output == Output::Json)
    fmt::print("{{\"version\":\"{}\"}}\n", MERIDIAN_VERSION);
  else
    fmt::print("meridian {}\n", MERIDIAN_VERSION);
  return 0;
}

template <typename... Cases>
struct Choose : Cases... {
  using Cases::operator()...;
};

}  // namespace

int main(int count, char** words) {
  // No command for people: a server starts it.
  if (count == 2 && words[1] == engines::dns::kCanaryCommand) return engines::dns::run_canary_keeper();
  RealClock clock;
  SystemRandom random;
  RealDisk disk;
  return std::visit(
      Choose{
          [&](const ServeOptions& options) { return serve(options, clock, random, disk); },
          [&](const EdgeOptions& options) { return edge(options, clock, random, disk); },
          [&](const EdgeJoinOptions& options) { return edge_join(options, clock, disk); },
          [&](const EdgesOptions& options) { return edges(options); },
          [&](const EdgesTokenOptions& options) { return edges_token(options, clock, random, disk); },
          [&](const EdgesRemoveOptions& options) { return edges_remove(options, disk); },
          [&](const CaOptions& options) { return ca(options, disk); },
          [&](const HealthListOptions& options) { return health_list(options); },
          [&](const HealthSetOptions& options) { return health_set(options); },
          [&](const HealthClearOptions& options) { return health_clear(options); },
          [&](const StatusOptions& options) { return status(options); },
          [&](const ExplainDnsOptions& options) { return explain_dns(options); },
          [&](const ExplainHealthOptions& options) { return explain_health(options); },
          [&](const ExplainHttpOptions& options) { return explain_http(options); },
          [&](const ExplainS3Options& options) { return explain_s3(options); },
          [&](const DiffOptions& options) { return diff(options, clock); },
          [&](const DoctorOptions& options) { return doctor::run_doctor(options, clock); },
          [&](const DrillOptions& options) { return play_drill(options, clock, random); },
          [&](const ZoneImportOptions& options) { return zone_import(options, clock, random, disk); },
          [&](const ZoneExportOptions& options) { return zone_export(options, clock); },
          [&](const SignOptions& options) { return sign(options, clock); },
          [&](const BillOptions& options) { return bill::run_bill(options, clock); },
          [&](const InvalidateOptions& options) { return invalidate(options, clock, random); },
          [&](const SupportMatrixOptions& options) { return support_matrix(options); },
          [&](const VersionOptions& options) { return version(options); },
          [&](const PrintOptions& options) { return print(options); },
      },
      parse_command_line(count, words));
}
