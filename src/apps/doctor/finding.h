// What a rule says of a trap that it found: where, why it is one, and what ends it. Commands run as they are
// printed, in the shell and environment that the doctor ran in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/doctor/shell_command.h"

namespace meridian::apps::doctor {

enum class Severity : std::uint8_t { Hint, Warning, Error };
std::string_view to_string(Severity severity);  // "error"

// The thing that a finding is about, as people and as programs name it.
struct Resource {
  std::string kind;                                       // "record set", "health check", "hosted zone" …
  std::string label;                                      // "www.example.com A (blue)"
  std::string id;                                         // of what has one
  std::vector<std::string> zone_ids;                      // that it concerns; none: the whole server
  std::string name = {}, type = {}, set_identifier = {};  // of a record set; the name with its dot
};

struct Fix {
  std::string words;                    // what is to be done
  std::vector<ShellCommand> commands;   // that do it; none: no call can
  std::vector<ShellCommand> look = {};  // commands that show more
};

struct Finding {
  Resource resource;
  std::string why;
  Fix fix;
};

}  // namespace meridian::apps::doctor
