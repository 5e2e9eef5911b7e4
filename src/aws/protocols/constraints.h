// The model's constraints on an input, told in AWS's own wording.
// Rule: a codec notes required members that did not come (a plain field cannot say so itself); everything
// else is checked here, on the decoded value, the same for all protocols.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "aws/protocols/patterns.h"

namespace meridian::aws {

// Where in the input a decoder stands; a frame a nesting, on the stack. Written as AWS does:
// changes.1.member.name.
struct Path {
  const Path* parent = nullptr;
  const char* member = nullptr;      // of a structure
  std::size_t position = 0;          // in a list, from 1
  const std::string* key = nullptr;  // of a map
};
std::string to_text(const Path& path);

class Violations {
 public:
  explicit Violations(const Patterns& patterns) : patterns_(&patterns) {}

  // A required member of the structure at `structure` did not come.
  void missing(const Path& structure, const Member& member);
  // Everything wrong in a decoded value.
  void check(const Shape& shape, const void* value, const Path& at = {});

  bool empty() const { return found_.empty(); }
  std::string message() const;  // "2 validation errors detected: …; …"

 private:
  void check_structure(const Shape& shape, const void* value, const Path& at);
  void check_list(const Shape& shape, const void* value, const Path& at);
  void check_map(const Shape& shape, const void* value, const Path& at);
  void add(const Shape& shape, const void* value, const Path& at, std::string_view constraint);

  bool is_missing(const Path& structure, const Member& member) const;
  // Which of its own constraints a value violates, each in AWS's words.
  std::vector<std::string> violated(const Shape& shape, const void* value) const;

  const Patterns* patterns_;
  std::vector<std::string> missing_;  // paths
  std::vector<std::string> found_;
};

// `input` when nothing was violated; else the error with the code of the protocol.
Outcome<Value> checked(Value input, Violations violations, const char* code);

}  // namespace meridian::aws
