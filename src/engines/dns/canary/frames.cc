#include "engines/dns/canary/frames.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"

namespace meridian::engines::dns {
namespace {

constexpr std::size_t kHeadSize = 9;
constexpr std::size_t kGrowth = std::size_t{64} << 20;  // a body that never comes takes no more memory

std::unexpected<Error> gone(const char* why) {
  return fail(ErrorCode::Unavailable, why, ErrorSource::Peer, true);
}

// Waits until the socket can be read or written.
Result<void> wait(int socket, short events, Deadline deadline) {
  for (;;) {
    int left_ms = -1;
    if (deadline.clock) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline.at - deadline.clock->monotonic());
      if (left.count() <= 0) return gone("it does not answer in time");
      left_ms = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
    }
    pollfd waiting{socket, events, 0};
    const int ready = poll(&waiting, 1, left_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return gone("its socket cannot be polled");
  }
}

Result<void> send_all(int socket, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return gone("it is gone");
    TRY(wait(socket, POLLOUT, deadline));
  }
  return {};
}

Result<void> receive_all(int socket, char* at, std::size_t size, Deadline deadline) {
  while (size > 0) {
    TRY(wait(socket, POLLIN, deadline));
    const ssize_t got = recv(socket, at, size, MSG_DONTWAIT);
    if (got == 0) return gone("it is gone");
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      return gone("it is gone");
    }
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace

Result<void> send_frame(int socket, Frame::Kind kind, std::string_view body, Deadline deadline) {
  std::string head;
  append_u8(head, static_cast<std::uint8_t>(kind));
  append_u64(head, body.size());
  if (body.size() < 4096) return send_all(socket, head.append(body), deadline);
  TRY(send_all(socket, head, deadline));
  return send_all(socket, body, deadline);
}

Result<Frame> receive_frame(int socket, Deadline deadline) {
  std::string head(kHeadSize, '\0');
  TRY(receive_all(socket, head.data(), head.size(), deadline));
  ByteReader reader(head);
  Frame frame;
  const std::uint8_t kind = reader.u8();
  if (kind > static_cast<std::uint8_t>(Frame::Kind::Failed)) return gone("it talks nonsense");
  frame.kind = static_cast<Frame::Kind>(kind);
  const std::uint64_t size = reader.u64();
  if (size > kFrameSizeMax) return gone("it talks nonsense");
  for (std::uint64_t got = 0; got < size;) {
    const std::size_t part = std::min<std::uint64_t>(size - got, kGrowth);
    frame.body.resize(got + part);
    TRY(receive_all(socket, frame.body.data() + got, part, deadline));
    got += part;
  }
  return frame;
}

}  // namespace meridian::engines::dns
