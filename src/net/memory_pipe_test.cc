#include "net/memory_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "base/slot_memory.h"
#include "net/wire.h"

namespace meridian::net {
namespace {

constexpr std::size_t kSlot = 1024 * 1024;

std::string bytes_of(std::size_t peer, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 / 7) ^ (peer * 101));
  return bytes;
}

// Our end of a connection, and a peer who reads when he is told to.
struct Peer {
  Peer() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    wire = Wire(FileDescriptor(ends[0]));
    socket = FileDescriptor(ends[1]);
  }
  // Up to `size` of what is there.
  std::size_t read(std::size_t size) {
    std::string part(size, '\0');
    const ssize_t got = recv(socket.get(), part.data(), part.size(), 0);
    if (got > 0) received.append(part, 0, static_cast<std::size_t>(got));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  void read_all() {
    while (read(kSlot) > 0) {
    }
  }
  Wire wire;
  FileDescriptor socket;
  std::string received;
};

TEST(MemoryPipe, IsEmptyAfterEachSend) {
  MemoryPipe pipe;
  if (!pipe.usable()) GTEST_SKIP() << "the system forbids it";
  Peer full, other;
  SlotMemory memory("test", kSlot, 2 * kSlot);
  const auto one = memory.take(kSlot), two = memory.take(kSlot);
  std::memset(one->bytes(), 'a', kSlot);
  std::memset(two->bytes(), 'b', kSlot);
  const ssize_t taken = pipe.send(full.socket.get(), {one->bytes(), kSlot}, false);
  ASSERT_GT(taken, 0);
  ASSERT_LT(taken, static_cast<ssize_t>(kSlot)) << "the socket should be full";
  EXPECT_EQ(pipe.send(full.socket.get(), {one->bytes(), kSlot}, false), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(pipe.send(other.wire.descriptor(), {two->bytes(), 5}, false), 5);
  other.read_all();
  EXPECT_EQ(other.received, "bbbbb");
}

TEST(MemoryPipe, TellsWhyAPeerGetsNoMoreAndServesTheNext) {
  MemoryPipe pipe;
  if (!pipe.usable()) GTEST_SKIP() << "the system forbids it";
  signal(SIGPIPE, SIG_IGN);  // as every loop's thread does
  Peer gone, other;
  SlotMemory memory("test", kSlot, kSlot);
  const auto slot = memory.take(kSlot);
  std::memset(slot->bytes(), 'a', kSlot);
  gone.socket = {};
  EXPECT_EQ(pipe.send(gone.wire.descriptor(), {slot->bytes(), kSlot}, false), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(pipe.send(other.wire.descriptor(), {slot->bytes() + 1, 3}, false), 3);
  other.read_all();
  EXPECT_EQ(other.received, "aaa");
}

// What a peer has not read yet is in the kernel's hands when its slot serves again.
TEST(MemoryPipe, APeerWhoStopsReadingGetsWhatItWasSentThough) {
  SlotMemory memory("test", kSlot, kSlot);
  auto slot = memory.take(kSlot);
  const std::string text = bytes_of(1, kSlot);
  std::memcpy(slot->bytes(), text.data(), kSlot);
  Peer peer;
  peer.wire.queue(Piece(SlotMemory::Slot::part(slot, 0, kSlot)));
  EXPECT_EQ(peer.wire.flush().status, IoStatus::Blocked);
  const std::size_t sent = kSlot - peer.wire.pending();
  ASSERT_GT(sent, 0u);
  peer.wire = Wire(FileDescriptor(dup(peer.wire.descriptor())));
  slot.reset();
  slot = memory.take(kSlot);
  ASSERT_TRUE(slot) << "nothing is held that a kernel sends";
  std::memset(slot->bytes(), 'x', kSlot);
  peer.read_all();
  EXPECT_TRUE(peer.received == text.substr(0, sent));
}

// In steps of all sizes, with what the others have in their sockets.
TEST(MemoryPipe, SlowPeersOfOneThreadGetWhatIsTheirs) {
  constexpr std::size_t kPeers = 3, kSlots = 3;
  SlotMemory memory("test", kSlot, kPeers * kSlots * kSlot);
  std::array<Peer, kPeers> peers;
  std::array<std::string, kPeers> texts;
  for (std::size_t i = 0; i < kPeers; ++i) {
    texts[i] = bytes_of(i, kSlots * kSlot);
    peers[i].wire.queue(Piece("head of " + std::to_string(i)));
    for (std::size_t part = 0; part < kSlots; ++part) {
      const auto slot = memory.take(kSlot);
      std::memcpy(slot->bytes(), texts[i].data() + part * kSlot, kSlot);
      peers[i].wire.queue(Piece(SlotMemory::Slot::part(slot, 0, kSlot)));
    }
    texts[i] = "head of " + std::to_string(i) + texts[i];
  }
  for (std::size_t step = 1, left = kPeers; left > 0; ++step) {
    ASSERT_LT(step, 100'000u);
    left = 0;
    for (std::size_t i = 0; i < kPeers; ++i) {
      ASSERT_NE(peers[i].wire.flush().status, IoStatus::Failed);
      peers[i].read(step * (4099 + i * 977) % 150'000);
      left += peers[i].received.size() < texts[i].size();
    }
  }
  for (std::size_t i = 0; i < kPeers; ++i) EXPECT_TRUE(peers[i].received == texts[i]) << i;
  EXPECT_EQ(memory.bytes(), 0u) << "nothing is held that has been sent";
}

}  // namespace
}  // namespace meridian::net
