// The other end of $NOTIFY_SOCKET, as systemd has it.
#include "apps/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;

class Listener {
 public:
  explicit Listener(const std::string& name)
      : name_(name), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
  }
  ~Listener() { unlink(name_.c_str()); }
  // "" when nothing was said.
  std::string heard() {
    char text[4096];
    const ssize_t size = recv(socket_.get(), text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  net::FileDescriptor socket_;
};

TEST(ServiceManager, IsToldOfAServersLife) {
  const std::string path = testing::TempDir() + "notify-" + std::to_string(getpid());
  Listener systemd(path);
  ServiceManager manager({path.c_str(), nullptr, nullptr});
  manager.status("opening");
  manager.ready();
  manager.alive();
  manager.stopping();
  for (const char* expected : {"STATUS=opening", "READY=1", "WATCHDOG=1", "STOPPING=1", ""})
    EXPECT_EQ(systemd.heard(), expected);
}

TEST(ServiceManager, ReachesASocketInTheAbstractNamespace) {
  const std::string name = "@meridian-test-" + std::to_string(getpid());
  Listener systemd(name);
  ServiceManager({name.c_str(), nullptr, nullptr}).ready();
  EXPECT_EQ(systemd.heard(), "READY=1");
}

TEST(ServiceManager, RepeatsNoStatus) {
  const std::string name = "@meridian-status-" + std::to_string(getpid());
  Listener systemd(name);
  ServiceManager manager({name.c_str(), nullptr, nullptr});
  for (const char* text : {"1 zone", "1 zone", "2 zones"}) manager.status(text);
  EXPECT_EQ(systemd.heard(), "STATUS=1 zone");
  EXPECT_EQ(systemd.heard(), "STATUS=2 zones");
  EXPECT_EQ(systemd.heard(), "");
}

TEST(ServiceManager, TakesAWatchdogOnlyWhenItIsMeant) {
  const std::string mine = std::to_string(getpid());
  auto timeout = [](const char* usec, const char* pid) {
    return ServiceManager({"@nobody", usec, pid}).watchdog_timeout();
  };
  EXPECT_EQ(timeout("30000000", mine.c_str()), 30s);
  EXPECT_EQ(timeout("30000000", nullptr), 30s);
  EXPECT_EQ(timeout("30000000", "1"), std::nullopt);
  EXPECT_EQ(timeout(nullptr, mine.c_str()), std::nullopt);
  for (const char* wrong : {"", "0", "-5", "5s", "99999999999999999999"})
    EXPECT_EQ(timeout(wrong, mine.c_str()), std::nullopt) << wrong;
}

TEST(ServiceManager, SaysNothingWhereNobodyListens) {
  ServiceManager({nullptr, nullptr, nullptr}).ready();
  for (const char* address : {"", "relative", "@", "vsock:2:1", "/nowhere/at/all"})
    ServiceManager({address, "1000000", nullptr}).ready();
  EXPECT_EQ(ServiceManager({nullptr, "1000000", nullptr}).watchdog_timeout(), std::nullopt);
}

}  // namespace
}  // namespace meridian::apps
