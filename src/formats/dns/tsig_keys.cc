#include "formats/dns/tsig_keys.h"

#include <fmt/format.h>

#include <vector>

namespace meridian::dns {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

// The lines without comments and blanks. A secret may begin with "//": only a line's first is a comment.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("//")) continue;
    for (std::size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1))
      if (at == 0 || kBlanks.contains(line[at - 1])) line = line.substr(0, at);
    if (line = trimmed(line); !line.empty()) lines.push_back(line);
  }
  return lines;
}

struct Parts {
  std::string_view name, algorithm, secret;
};
Result<void> add(TsigKeys& keys, const Parts& parts) {
  return keys.add(TRY(make_tsig_key(parts.name, parts.algorithm, parts.secret)));
}

// The words of BIND's form: names, quoted strings, braces, semicolons.
class Words {
 public:
  static Result<Words> cut(const std::vector<std::string_view>& lines) {
    Words out;
    for (std::string_view line : lines) {
      while (!(line = trimmed(line)).empty()) {
        std::size_t size = 1;
        if (line[0] == '"') {
          size = line.find('"', 1);
          if (size == line.npos) return invalid("a quote is not closed");
          ++size;
        } else if (!std::string_view("{};").contains(line[0])) {
          size = std::min(line.find_first_of(" \t\r{};\""), line.size());
        }
        out.words_.push_back(line.substr(0, size));
        line.remove_prefix(size);
      }
    }
    return out;
  }
  bool at_end() const { return at_ == words_.size(); }
  std::string_view take() { return at_end() ? std::string_view() : words_[at_++]; }
  Result<void> expect(std::string_view wanted) {
    if (take() == wanted) return {};
    return invalid(fmt::format("'{}' is missing in: key NAME {{ algorithm …; secret …; }};", wanted));
  }

 private:
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

// key "name" { algorithm hmac-sha256; secret "…"; };
Result<TsigKeys> parse_bind(const std::vector<std::string_view>& lines) {
  Words words = TRY(Words::cut(lines));
  TsigKeys keys;
  while (!words.at_end()) {
    TRY(words.expect("key"));
    Parts parts;
    parts.name = unquoted(words.take());
    TRY(words.expect("{"));
    for (std::string_view word = words.take(); word != "}"; word = words.take()) {
      if (word != "algorithm" && word != "secret")
        return invalid(fmt::format("TSIG key {}: expected algorithm, secret or }}", parts.name));
      (word == "secret" ? parts.secret : parts.algorithm) = unquoted(words.take());
      TRY(words.expect(";"));
    }
    TRY(words.expect(";"));
    TRY(add(keys, parts));
  }
  return keys;
}

// key:
//   - id: name
//     algorithm: hmac-sha256
//     secret: …
Result<TsigKeys> parse_knot(const std::vector<std::string_view>& lines) {
  TsigKeys keys;
  Parts parts;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.starts_with('-')) {
      if (!parts.name.empty()) TRY(add(keys, parts));
      parts = {};
      line = trimmed(line.substr(1));
    }
    const std::size_t colon = line.find(':');
    const std::string_view key = trimmed(line.substr(0, colon));
    const std::string_view value =
        colon == line.npos ? std::string_view() : unquoted(trimmed(line.substr(colon + 1)));
    if (key == "id")
      parts.name = value;
    else if (key == "algorithm")
      parts.algorithm = value;
    else if (key == "secret")
      parts.secret = value;
    else
      return invalid(fmt::format("TSIG key {}: only id, algorithm and secret", parts.name));
  }
  if (!parts.name.empty()) TRY(add(keys, parts));
  return keys;
}

}  // namespace

Result<TsigKeys> parse_tsig_keys(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.empty()) return invalid("there is no TSIG key");
  if (lines[0] == "key:") return parse_knot(lines);
  if (lines[0].starts_with("key") && lines[0].find_first_of(" \t\"") == 3) return parse_bind(lines);
  TsigKeys keys;
  for (const std::string_view line : lines) TRY(keys.add(TRY(parse_tsig_key(line))));
  return keys;
}

}  // namespace meridian::dns
