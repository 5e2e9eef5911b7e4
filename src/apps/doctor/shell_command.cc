#include "apps/doctor/shell_command.h"

#include <algorithm>

namespace meridian::apps::doctor {
namespace {

// Around the name of a variable inside a value; a control character, which no JSON has outside of escapes.
constexpr char kVariableMark = '\x01';
constexpr std::size_t kContinuedBy = 2;  // " \" at the end of a line

bool plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
           std::string_view("_./:=@%+,-").contains(c);
  });
}

std::string quoted(std::string_view word) {
  if (plain(word)) return std::string(word);
  std::string out = "'";
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (word[at] == '\'') {
      out += R"('\'')";
    } else if (word[at] == kVariableMark) {
      const std::size_t end = std::min(word.find(kVariableMark, at + 1), word.size());
      out += R"('"$)" + std::string(word.substr(at + 1, end - at - 1)) + R"("')";
      at = end;
    } else {
      out += word[at];
    }
  }
  return out + "'";
}

// Behind which bytes of a piece a line may end: commas of JSON, and brackets that open the value of a member,
// outside of its strings.
std::vector<std::size_t> json_breaks(std::string_view piece) {
  std::vector<std::size_t> out;
  if (!piece.starts_with("'{") && !piece.starts_with("'[")) return out;
  bool inside = false;
  for (std::size_t at = 0; at < piece.size(); ++at) {
    const char c = piece[at];
    if (inside && c == '\\') {
      ++at;
    } else if (inside && piece.substr(at).starts_with(R"('"$)")) {
      at = piece.find(R"("')", at + 3) + 1;  // a variable between quotes of the shell
    } else if (c == '"') {
      inside = !inside;
    } else if (!inside && (c == ',' || (c == '{' && piece[at - 1] == ':'))) {
      out.push_back(at + 1);
    }
  }
  return out;
}

}  // namespace

std::string shell_variable(std::string_view name) {
  return kVariableMark + std::string(name) + kVariableMark;
}

ShellCommand::ShellCommand(std::string_view program) {
  for (std::size_t at = 0; at <= program.size();) {
    const std::size_t end = std::min(program.find(' ', at), program.size());
    pieces_.emplace_back(program.substr(at, end - at));
    at = end + 1;
  }
}

ShellCommand& ShellCommand::option(std::string_view name, std::string_view value) {
  pieces_.push_back("--" + std::string(name));
  return word(value);
}

ShellCommand& ShellCommand::flag(std::string_view name) {
  pieces_.push_back("--" + std::string(name));
  return *this;
}

ShellCommand& ShellCommand::word(std::string_view value) {
  pieces_.push_back(quoted(value));
  return *this;
}

ShellCommand& ShellCommand::expanded(std::string_view name, std::string_view value) {
  pieces_.push_back("--" + std::string(name));
  pieces_.push_back('"' + std::string(value) + '"');
  return *this;
}

ShellCommand& ShellCommand::keep_as(std::string_view variable) {
  variable_ = variable;
  return *this;
}

void ShellCommand::address_to(std::string_view endpoint, std::string_view admin) {
  if (pieces_.front() == "aws") {
    pieces_.insert(pieces_.begin() + 1, {"--endpoint-url", quoted(endpoint)});
  } else if (pieces_.front() == "meridian") {
    option("admin", admin);
  }
}

std::string ShellCommand::line() const {
  std::string out;
  for (const std::string& piece : pieces_) out += (out.empty() ? "" : " ") + piece;
  return variable_.empty() ? out : variable_ + "=$(" + out + ")";
}

std::string ShellCommand::folded(std::size_t columns, std::size_t indent) const {
  const std::string blanks(indent, ' '), deeper(indent + 2, ' ');
  std::string out, current = blanks;
  if (!variable_.empty()) current += variable_ + "=$(";
  const std::size_t room = columns > kContinuedBy ? columns - kContinuedBy : columns;
  bool begun = false;  // something of the command stands on the current line
  const auto turn = [&](std::string_view end) {
    out += current + std::string(end) + "\n";
    current = deeper;
    begun = false;
  };
  for (std::size_t at = 0; at < pieces_.size(); ++at) {
    const std::string& piece = pieces_[at];
    // An option stays with its value, as far as the value can begin there.
    std::size_t first = piece.size();
    const auto breaks = json_breaks(piece);
    if (!breaks.empty()) first = breaks.front();
    if (piece.starts_with("--") && at + 1 < pieces_.size() && !pieces_[at + 1].starts_with("--")) {
      const auto of_value = json_breaks(pieces_[at + 1]);
      first += 1 + (of_value.empty() ? pieces_[at + 1].size() : of_value.front());
    }
    if (begun && current.size() + 1 + first > room) turn(" \\");
    if (begun) current += " ";
    begun = true;
    // Lines inside of quotes end without a backslash.
    std::size_t from = 0;
    for (std::size_t next = 0; next <= breaks.size() && !breaks.empty(); ++next) {
      const std::size_t to = next < breaks.size() ? breaks[next] : piece.size();
      // Objects of a list begin on lines of their own.
      const bool element = from > 0 && piece[from] == '{' && piece[from - 1] == ',';
      if ((element || current.size() + (to - from) > room) && current.size() > deeper.size()) turn("");
      begun = true;
      current += piece.substr(from, to - from);
      from = to;
    }
    if (breaks.empty()) current += piece;
  }
  if (!variable_.empty()) current += ")";
  return out + current + "\n";
}

}  // namespace meridian::apps::doctor
