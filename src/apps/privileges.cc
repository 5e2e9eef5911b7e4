#include "apps/privileges.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace meridian::apps {
namespace {

namespace fs = std::filesystem;

constexpr int kGroupsMax = 1024;
constexpr int kFilesCheckedMax = 100'000;  // a sound data directory has some hundreds

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::Invalid, std::move(message), ErrorSource::Caller);
}

std::unexpected<Error> system_failure(const std::string& what) {
  return fail(ErrorCode::Unavailable, what + ": " + std::strerror(errno));
}

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string user_name(uid_t uid) {
  const passwd* found = getpwuid(uid);
  return found ? found->pw_name : std::to_string(uid);
}

// The kernel keeps capabilities a thread; what the first thread has, those made later inherit.
Result<void> keep_only(std::uint32_t capabilities) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].effective = data[0].permitted = capabilities;
  if (syscall(SYS_capset, &header, data) != 0) return system_failure("capset");
  return {};
}

// What nobody may gain again, not even by running a program that belongs to root.
void empty_bounding_set() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

// A new directory is the user's from the beginning; the ones above it stay root's, and open to be passed.
Result<void> make_data_directory(const std::string& directory, const UserAndGroups& user) {
  std::error_code error;
  const fs::path path = fs::absolute(directory, error).lexically_normal();
  if (fs::exists(path, error)) {
    struct stat status;
    // One that root has just made by hand has no files that could mislead.
    if (stat(path.c_str(), &status) == 0 && status.st_uid == 0 && fs::is_empty(path, error) && !error &&
        chown(path.c_str(), user.uid, user.gid) != 0)
      return system_failure("chown " + directory);
    return {};
  }
  fs::create_directories(path.parent_path(), error);
  if (error || mkdir(path.c_str(), 0700) != 0 || chown(path.c_str(), user.uid, user.gid) != 0)
    return system_failure(fmt::format("make {} for {}", directory, user.name));
  return {};
}

// The saved user id stays root's for now. That is what lets one setresuid() in give_up() clear the
// capabilities of all threads: capset() reaches only the thread that calls it, while glibc has every thread
// change its user ids, and the kernel empties the sets of one whose last id leaves root (capabilities(7)).
Result<void> become(const UserAndGroups& user) {
  empty_bounding_set();
  if (setgroups(user.groups.size(), user.groups.data()) != 0) return system_failure("setgroups");
  if (setresgid(user.gid, user.gid, user.gid) != 0) return system_failure("setresgid");
  if (setresuid(user.uid, user.uid, 0) != 0) return system_failure("setresuid");
  return keep_only(1u << CAP_NET_BIND_SERVICE);
}

// The value of `name:` in a file of /proc.
std::string status_value(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":\t"))
      return line.substr(name.size() + 2);
  return "";
}

bool all_zero(const std::string& mask) {
  return !mask.empty() && mask.find_first_not_of('0') == mask.npos;
}

// By what the kernel says, thread by thread.
Result<void> check_nothing_left(uid_t uid) {
  const std::string ids = fmt::format("{0}\t{0}\t{0}\t{0}", uid);
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    const std::string path = task.path() / "status";
    if (status_value(path, "Uid") != ids)
      return fail(ErrorCode::Internal, path + ": a thread has another user");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
      if (!all_zero(status_value(path, set)))
        return fail(ErrorCode::Internal, fmt::format("{}: {} is not empty", path, set));
  }
  return {};
}

std::unexpected<Error> foreign(const std::string& directory, const fs::path& path, int error_number) {
  struct stat status;
  const std::string me = user_name(geteuid());
  if (lstat(path.c_str(), &status) != 0)
    return refuse(
        fmt::format("{} cannot be reached by {}: {}; every directory above it must let that user pass",
                    path.string(), me, std::strerror(error_number)));
  return refuse(fmt::format(
      "{0} belongs to {1}, and {2} cannot work with it: `chown -R {2}: {3}` gives the data directory to {2}",
      path.string(), user_name(status.st_uid), me, directory));
}

}  // namespace

Result<UserAndGroups> find_user(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  UserAndGroups user;
  user.name = name;
  const auto uid = number(name);
  const passwd* known = uid ? getpwuid(*uid) : getpwnam(name.c_str());
  if (!known && !uid)
    return refuse(fmt::format("--user {}: there is no user '{}' (`adduser --system --group {}` makes it)",
                              text, name, name.empty() ? "meridian" : name));
  user.uid = known ? known->pw_uid : *uid;
  user.gid = known ? known->pw_gid : *uid;
  if (colon != text.npos) {
    const std::string group_name = text.substr(colon + 1);
    const auto gid = number(group_name);
    const group* found = gid ? getgrgid(*gid) : getgrnam(group_name.c_str());
    if (!found && !gid) return refuse(fmt::format("--user {}: there is no group '{}'", text, group_name));
    user.gid = found ? found->gr_gid : *gid;
    user.groups = {user.gid};
  } else if (known) {
    int count = kGroupsMax;
    user.groups.resize(kGroupsMax);
    if (getgrouplist(known->pw_name, user.gid, user.groups.data(), &count) < 0)
      return refuse(fmt::format("--user {}: more than {} groups", text, kGroupsMax));
    user.groups.resize(static_cast<std::size_t>(count));
  } else {
    user.groups = {user.gid};
  }
  if (user.uid == 0) return refuse("--user root gives nothing up; leave --user out to stay root");
  return user;
}

Result<void> check_data_directory(const std::string& directory) {
  struct stat status;
  if (stat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return foreign(directory, directory, errno);
  }
  if (!S_ISDIR(status.st_mode)) return {};  // said better where it is opened
  // Root may do anything here, and would leave files that the owner cannot open at the next start.
  if (geteuid() == 0 && status.st_uid != 0)
    return refuse(fmt::format("{} belongs to {}: start with --user {}", directory, user_name(status.st_uid),
                              user_name(status.st_uid)));
  auto may = [](const fs::path& path, int what) {
    return faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
  };
  if (!may(directory, R_OK | W_OK | X_OK)) return foreign(directory, directory, errno);
  std::error_code error;
  int left = kFilesCheckedMax;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end && --left > 0;
       at.increment(error)) {
    // Beside the server's own folders an operator may put what is only read, such as a certificate.
    const bool folder = at->is_directory(error);
    const int needed = folder ? R_OK | W_OK | X_OK : at.depth() == 0 ? R_OK : R_OK | W_OK;
    if (!may(at->path(), needed) && errno != ENOENT) return foreign(directory, at->path(), errno);
  }
  return {};
}

Result<Privileges> Privileges::take_on(const std::string& user, const std::string& data_dir) {
  Privileges out;
  if (!user.empty()) {
    const UserAndGroups wanted = TRY(find_user(user));
    if (geteuid() == 0) {
      TRY(make_data_directory(data_dir, wanted));
      TRY(become(wanted));
      out.was_root_ = true;
      out.uid_ = wanted.uid;
    } else if (geteuid() != wanted.uid) {
      return refuse(
          fmt::format("--user {}: only root can become another user, and this is {}; start it as root, "
                      "or as {} with CAP_NET_BIND_SERVICE",
                      user, user_name(geteuid()), wanted.name));
    }
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_failure("PR_SET_NO_NEW_PRIVS");
  TRY(check_data_directory(data_dir));
  return out;
}

Result<void> Privileges::give_up() {
  if (!was_root_) return {};
  was_root_ = false;
  if (setresuid(uid_, uid_, uid_) != 0) return system_failure("setresuid");
  return check_nothing_left(uid_);
}

}  // namespace meridian::apps
