// A command line for people to copy: words quoted for the shell where they need it, folded at blanks and
// between the members of JSON so that it fits a terminal and still runs when it is pasted whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meridian::apps::doctor {

class ShellCommand {
 public:
  // `program` with all its words: "aws route53 delete-health-check".
  explicit ShellCommand(std::string_view program);

  ShellCommand& option(std::string_view name, std::string_view value);  // --name value
  ShellCommand& flag(std::string_view name);                            // --name
  ShellCommand& word(std::string_view value);
  // The value stays as the shell makes it: "doctor-$(date +%s%N)".
  ShellCommand& expanded(std::string_view name, std::string_view value);
  // What it prints becomes $variable, for commands that follow.
  ShellCommand& keep_as(std::string_view variable);

  // Names the server that it is for: its AWS endpoint, of `meridian` its admin address.
  void address_to(std::string_view endpoint, std::string_view admin);

  // On one line; and folded to `columns`, every line behind `indent` blanks.
  std::string line() const;
  std::string folded(std::size_t columns, std::size_t indent) const;

 private:
  std::vector<std::string> pieces_;  // never parted: the words with their quotes
  std::string variable_;
};

// Stands in a value for $variable, whatever quotes are around it.
std::string shell_variable(std::string_view name);

}  // namespace meridian::apps::doctor
