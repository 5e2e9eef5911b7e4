// From HOST:PORT to a connection. Names are looked up at each attempt: a control may move.
#pragma once

#include <memory>
#include <string>

#include "net/loop.h"
#include "net/tls.h"

namespace meridian::apps {

// Blocks for as long as the system's resolver does: for a thread that nobody waits for.
Result<net::Address> look_up(const std::string& host_and_port);

// The attempt ends with `done`, which is not called from inside.
std::unique_ptr<net::TcpConnect> dial(net::Loop& loop, const std::string& host_and_port,
                                      Result<std::shared_ptr<net::TlsClientContext>> tls,
                                      net::Loop::OnConnected done);

}  // namespace meridian::apps
