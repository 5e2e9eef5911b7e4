#include "apps/socket_advice.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace meridian::apps {
namespace {

constexpr std::array kTopics{"receive_buffer", "backlog", "descriptors", "root"};

}  // namespace

std::vector<Advice> advise(const SocketFacts& facts) {
  std::vector<Advice> out;
  if (facts.receive_buffer_granted < facts.receive_buffer_asked)
    out.push_back(
        {"receive_buffer",
         fmt::format("UDP sockets got {} of {} bytes of receive buffer, so a burst loses queries: `sysctl -w "
                     "net.core.rmem_max={}` and a restart, or a smaller --dns-receive-buffer",
                     facts.receive_buffer_granted, facts.receive_buffer_asked, facts.receive_buffer_asked)});
  if (facts.backlog_max && *facts.backlog_max < static_cast<std::uint64_t>(facts.backlog))
    out.push_back(
        {"backlog", fmt::format("at most {} connections can wait to be accepted, {} are wanted: `sysctl -w "
                                "net.core.somaxconn={}` and a restart",
                                *facts.backlog_max, facts.backlog, facts.backlog)});
  if (facts.descriptors_max < kDescriptorsWanted)
    out.push_back({"descriptors",
                   fmt::format("at most {} files and connections at a time: `LimitNOFILE={}` in the unit, "
                               "or `ulimit -n {}` before the start",
                               facts.descriptors_max, kDescriptorsWanted, kDescriptorsWanted)});
  if (facts.root && facts.reachable)
    out.push_back(
        {"root",
         "it runs as root and other hosts can reach it: `--user NAME` gives root up once the ports are "
         "bound"});
  return out;
}

void observe_system(SocketFacts& facts) {
  std::uint64_t somaxconn = 0;
  if (std::ifstream("/proc/sys/net/core/somaxconn") >> somaxconn) facts.backlog_max = somaxconn;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors_max = limit.rlim_cur;
  facts.root = geteuid() == 0;
}

void tell(const std::vector<Advice>& all, Logger& logger, Metrics& metrics) {
  for (const char* topic : kTopics) {
    const auto found = std::ranges::find(all, topic, &Advice::about);
    metrics
        .gauge("meridian_advice", "1: the system gives less than the server wants; /status says what to do.",
               {{"about", topic}})
        .set(found == all.end() ? 0 : 1);
    if (found != all.end()) logger.warn("serve", found->text, {{"about", topic}});
  }
}

}  // namespace meridian::apps
