#include "apps/process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include "apps/query_log.h"
#include "apps/stop_signals.h"

namespace meridian::apps {
namespace {

// Sockets and the store's files: as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int refused(const Error& error) {
  fmt::print(stderr, "meridian: {}\n", error.message);
  return 1;
}

}  // namespace

int run_server(const ProcessOptions& process, const DnsServerOptions& dns,
               const std::function<std::unique_ptr<RoleServer>(Privileges)>& make) {
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  auto privileges = Privileges::take_on(process.user, process.data_dir);
  if (!privileges) return refused(privileges.error());
  StopSignals signals(has_log_files(dns.query_log) || dns.locations.any());
  const auto server = make(*privileges);
  if (auto started = server->start(); !started) return refused(started.error());
  signals.serving([&server] { server->on_hangup(); });
  fmt::print(dns.query_log.file == "-" ? stderr : stdout, "{}", server->banner());
  std::fflush(stdout);
  signals.wait();
  server->drain();
  return 0;
}

Result<std::vector<net::Address>> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<net::Address> out;
  for (const std::string& text : texts) out.push_back(TRY(net::Address::parse(text)));
  return out;
}

}  // namespace meridian::apps
