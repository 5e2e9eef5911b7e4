// Run as root, these become another user in a child process, with a thread that was there before; what only
// root can show is skipped otherwise.
#include "apps/privileges.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace meridian::apps {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A directory that any user can reach, unlike a private TMPDIR.
class DataDirectory : public testing::Test {
 protected:
  DataDirectory() {
    char name[] = "/tmp/meridian-privileges-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    root = name;
    chmod(name, 0755);
  }
  ~DataDirectory() override { fs::remove_all(root); }
  std::string directory() const { return root + "/data"; }
  std::string root;
};

// What `task` does not do in a process of its own; "" when it did all.
std::string in_child(const std::function<std::string()>& task) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string said = task();
    [[maybe_unused]] auto size = write(ends[1], said.data(), said.size());
    _exit(0);
  }
  close(ends[1]);
  std::string out;
  char text[512];
  for (ssize_t size; (size = read(ends[0], text, sizeof text)) > 0;)
    out.append(text, static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? out : "the child died";
}

std::string bind_port(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f365301);  // 127.54.83.1
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const std::string why = bound ? "" : std::strerror(errno);
  close(fd);
  return why;
}

#define NEEDS_ROOT() \
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else"

TEST_F(DataDirectory, AThreadMadeBeforeKeepsNothingEither) {
  NEEDS_ROOT();
  EXPECT_EQ(in_child([this]() -> std::string {
              auto privileges = Privileges::take_on("nobody:nogroup", directory());
              if (!privileges) return privileges.error().message;
              std::atomic<bool> end = false;
              std::thread early([&] { end.wait(false); });
              if (auto why = bind_port(53); !why.empty()) return "port 53: " + why;
              auto given_up = privileges->give_up();
              end = true;
              end.notify_all();
              early.join();
              if (!given_up) return given_up.error().message;
              if (bind_port(53).empty()) return "port 53 can still be bound";
              if (setuid(0) == 0) return "it can become root again";
              if (getuid() == 0 || getegid() == 0 || getgroups(0, nullptr) != 1) return "a right is left";
              if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return "new privileges can be had";
              return open((directory() + "/own").c_str(), O_CREAT | O_WRONLY, 0600) < 0 ? "cannot write" : "";
            }),
            "");
  struct stat status;
  ASSERT_EQ(stat((directory() + "/own").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, find_user("nobody")->uid);
  ASSERT_EQ(stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

TEST_F(DataDirectory, OfAnotherUserIsRefusedWithTheCommandThatMendsIt) {
  NEEDS_ROOT();
  fs::create_directories(directory() + "/store");
  std::ofstream(directory() + "/store/LOG") << "root's";
  auto refusal = [this] {
    return in_child([this] {
      auto privileges = Privileges::take_on("nobody", directory());
      return privileges ? "taken" : privileges.error().message;
    });
  };
  EXPECT_EQ(refusal(), directory() + " belongs to root, and nobody cannot work with it: `chown -R nobody: " +
                           directory() + "` gives the data directory to nobody");
  const uid_t nobody = find_user("nobody")->uid;
  ASSERT_EQ(chown(directory().c_str(), nobody, nobody), 0);
  ASSERT_EQ(chown((directory() + "/store").c_str(), nobody, nobody), 0);
  chmod((directory() + "/store/LOG").c_str(), 0644);
  EXPECT_THAT(refusal(), HasSubstr("/data/store/LOG belongs to root"));
  fs::remove(directory() + "/store/LOG");
  EXPECT_EQ(refusal(), "taken");
}

TEST_F(DataDirectory, ThatRootMayNotTouchIsRefusedToRoot) {
  NEEDS_ROOT();
  fs::create_directories(directory());
  ASSERT_EQ(chown(directory().c_str(), find_user("nobody")->uid, 0), 0);
  auto checked = check_data_directory(directory());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, directory() + " belongs to nobody: start with --user nobody");
}

TEST_F(DataDirectory, BehindAClosedDoorIsRefused) {
  NEEDS_ROOT();
  fs::create_directories(directory());
  ASSERT_EQ(chown(directory().c_str(), find_user("nobody")->uid, 0), 0);
  chmod(root.c_str(), 0700);
  EXPECT_THAT(in_child([this] {
                auto privileges = Privileges::take_on("nobody", directory());
                return privileges ? "taken" : privileges.error().message;
              }),
              HasSubstr("cannot be reached by nobody: Permission denied; every directory above it"));
}

TEST_F(DataDirectory, MayHoldWhatIsOnlyRead) {
  NEEDS_ROOT();
  fs::create_directories(directory());
  ASSERT_EQ(chown(directory().c_str(), find_user("nobody")->uid, 0), 0);
  std::ofstream(directory() + "/api-certificate.pem") << "root's, for all to read";
  chmod((directory() + "/api-certificate.pem").c_str(), 0644);
  EXPECT_EQ(in_child([this] {
              auto privileges = Privileges::take_on("nobody", directory());
              return privileges ? "" : privileges.error().message;
            }),
            "");
}

TEST_F(DataDirectory, WithoutAUserIsWhoeverStartedIt) {
  EXPECT_EQ(in_child([this]() -> std::string {
              auto privileges = Privileges::take_on("", directory());
              if (!privileges) return privileges.error().message;
              if (auto given_up = privileges->give_up(); !given_up) return given_up.error().message;
              return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "" : "new privileges can be had";
            }),
            "");
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(DataDirectory, OnlyRootBecomesAnother) {
  NEEDS_ROOT();
  EXPECT_THAT(in_child([this]() -> std::string {
                if (setgroups(0, nullptr) != 0 || setuid(find_user("nobody")->uid) != 0) return "setuid";
                auto privileges = Privileges::take_on("daemon", directory());
                return privileges ? "taken" : privileges.error().message;
              }),
              HasSubstr("--user daemon: only root can become another user, and this is nobody"));
}

TEST(FindUser, TakesNamesAndNumbers) {
  auto nobody = find_user("nobody");
  ASSERT_TRUE(nobody);
  EXPECT_THAT(nobody->groups, ElementsAre(nobody->gid));
  auto numbers = find_user("4711:4712");
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->uid, 4711u);
  EXPECT_EQ(numbers->gid, 4712u);
  EXPECT_THAT(numbers->groups, ElementsAre(4712u));
  EXPECT_EQ(find_user("4711")->gid, 4711u);
}

TEST(FindUser, RefusesWhoIsNotThereAndRoot) {
  for (const char* wrong :
       {"no-such-user", ":nogroup", "nobody:no-such-group", "nobody:", "root", "0", "-1", "1x"})
    EXPECT_FALSE(find_user(wrong)) << wrong;
  EXPECT_THAT(find_user("no-such-user").error().message, HasSubstr("adduser --system --group no-such-user"));
}

}  // namespace
}  // namespace meridian::apps
