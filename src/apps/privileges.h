// Who the server is while it runs. Started as root with --user it becomes that user before any thread or file
// of its own exists, and keeps one right until its sockets are bound: ports below 1024.
// Rule: once give_up() has returned nothing is left of root in any thread; what cannot be had that way is
// refused at the start with the command that mends it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace meridian::apps {

struct UserAndGroups {
  std::string name;  // as messages say it
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // all of them
};

// NAME[:GROUP], each a name or a number. Without GROUP: the groups that the system gives the user.
Result<UserAndGroups> find_user(const std::string& text);

class Privileges {
 public:
  // To be called before the first thread. `user` "" stays who started it. Makes `data_dir` for the user when
  // it is absent, and refuses one in which the user cannot work.
  static Result<Privileges> take_on(const std::string& user, const std::string& data_dir);
  // All sockets are bound.
  Result<void> give_up();

 private:
  bool was_root_ = false;  // and may still bind
  uid_t uid_ = 0;
};

// Whether this process can work in `directory`; an absent one is fine.
Result<void> check_data_directory(const std::string& directory);

}  // namespace meridian::apps
