// The course of every role's process, what it asks of the system at its start, and addresses of its options
// as values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/privileges.h"
#include "base/result.h"
#include "net/address.h"

namespace meridian::apps {

// What a role does between its start and its end.
class RoleServer {
 public:
  virtual ~RoleServer() = default;
  virtual Result<void> start() = 0;  // it serves when this returns
  virtual std::string banner() const = 0;
  virtual void on_hangup() = 0;  // SIGHUP: logs and files that were replaced are opened anew
  virtual void drain() = 0;
};

// From main to the exit status: makes the server before any thread of its own exists, and runs it until
// SIGTERM or SIGINT.
int run_server(const ProcessOptions& process, const DnsServerOptions& dns,
               const std::function<std::unique_ptr<RoleServer>(Privileges)>& make);

Result<std::vector<net::Address>> parse_addresses(const std::vector<std::string>& texts);

}  // namespace meridian::apps
