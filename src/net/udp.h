// UDP on the epoll loop. Internal to net/.
#pragma once

#include "net/epoll_loop.h"

namespace meridian::net {

Result<std::unique_ptr<UdpSocket>> open_udp(EpollLoop& loop, const Address& address,
                                            const ListenOptions& options, DatagramServer& server);

}  // namespace meridian::net
