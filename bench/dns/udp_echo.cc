// The ceiling of a UDP server on this machine: sends every query back with QR set, 64 at a time, and does
// nothing else.
//
// usage: udp_echo ADDR:PORT [WORKERS]     (until a signal ends it)
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "net/address.h"

namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kDatagramMax = 512;

int serve(const meridian::net::Address& address) {
  sockaddr_in bound{};
  bound.sin_family = AF_INET;
  bound.sin_port = htons(address.port);
  std::memcpy(&bound.sin_addr, address.ip.bytes().data(), 4);
  const int server = socket(AF_INET, SOCK_DGRAM, 0);
  const int room = 1024 * 1024;
  setsockopt(server, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  const int on = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(server, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) != 0) return 1;

  std::array<std::array<char, kDatagramMax>, kBatch> data;
  std::array<sockaddr_in, kBatch> peers;
  std::array<iovec, kBatch> pieces;
  std::array<mmsghdr, kBatch> messages{};
  for (;;) {
    for (std::size_t n = 0; n < kBatch; ++n) {
      pieces[n] = {data[n].data(), kDatagramMax};
      messages[n].msg_hdr = {&peers[n], sizeof peers[n], &pieces[n], 1, nullptr, 0, 0};
    }
    const int got = recvmmsg(server, messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (got <= 0) return 1;
    for (int n = 0; n < got; ++n) {
      data[static_cast<std::size_t>(n)][2] |= static_cast<char>(0x80);
      pieces[static_cast<std::size_t>(n)].iov_len = messages[static_cast<std::size_t>(n)].msg_len;
    }
    for (int sent = 0; sent < got;) {
      const int more = sendmmsg(server, messages.data() + sent, static_cast<unsigned>(got - sent), 0);
      if (more <= 0) break;
      sent += more;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto address = argc == 2 || argc == 3 ? meridian::net::Address::parse(argv[1])
                                              : meridian::invalid("usage: udp_echo ADDR:PORT [WORKERS]");
  if (!address || !address->ip.is_v4()) {
    std::fprintf(stderr, "udp_echo: %s\n", address ? "IPv4 only" : address.error().message.c_str());
    return 2;
  }
  std::vector<std::jthread> others;
  for (int n = argc == 3 ? std::atoi(argv[2]) : 1; n > 1; --n)
    others.emplace_back([&address] { std::exit(serve(*address)); });
  return serve(*address);
}
