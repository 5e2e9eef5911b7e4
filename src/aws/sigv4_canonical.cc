// The canonical forms of path, query and header values (AWS: "Create a signed AWS API request", step 1).
#include "aws/sigv4_canonical.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <utility>
#include <vector>

#include "aws/protocols/scalar_text.h"
#include "base/percent.h"

namespace meridian::aws::sigv4 {
namespace {

// What a malformed escape stands for is unknown; it is taken as it is, so that only a signature over it can
// match.
std::string decode(std::string_view text) {
  return percent_decode(text, true).value_or(std::string(text));
}

constexpr std::array<bool, 256> unreserved_and(std::string_view more) {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  for (char c : std::string_view("-_.~")) table[static_cast<unsigned char>(c)] = true;
  for (char c : more) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kInQuery = unreserved_and(""), kInPath = unreserved_and("/");

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Whether decoding and encoding again would give the same: what nearly every client sends.
bool is_canonical(std::string_view text, const std::array<bool, 256>& plain) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (plain[static_cast<unsigned char>(text[i])]) continue;
    if (text[i] != '%' || i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || plain[static_cast<std::size_t>(high << 4 | low)]) return false;
    i += 2;
  }
  return true;
}

// Of names and values as they are to stand there.
template <typename Pairs>
void append_sorted(std::string& out, Pairs& pairs) {
  std::sort(pairs.begin(), pairs.end());
  bool first = true;
  for (const auto& [name, value] : pairs) {
    if (!std::exchange(first, false)) out += '&';
    out += name;
    out += '=';
    out += value;
  }
}

// False, and nothing is appended, when some of it is to be written differently.
bool append_as_it_is(std::string& out, std::string_view query) {
  alignas(std::max_align_t) std::array<std::byte, 1024>
      room;  // of more than a presigned request's parameters
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::vector<std::pair<std::string_view, std::string_view>> pairs(&memory);
  pairs.reserve(16);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (name.empty() || equals == std::string_view::npos) return false;
    const std::string_view value = pair.substr(equals + 1);
    if (!is_canonical(name, kInQuery) || !is_canonical(value, kInQuery)) return false;
    if (name != "X-Amz-Signature") pairs.emplace_back(name, value);
  }
  append_sorted(out, pairs);
  return true;
}

// Dot segments resolved and empty segments dropped; a slash at the end stays.
std::string normalise(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (std::string_view segment : kept) (out += '/') += segment;
  if (out.empty() || path.ends_with('/')) out += '/';
  return out;
}

}  // namespace

void append_canonical_path(std::string& out, std::string_view path, bool s3) {
  if (path.empty())
    out += '/';
  else if (s3 && is_canonical(path, kInPath))
    out += path;
  else  // Everywhere but in S3, what is on the wire is encoded a second time.
    out += s3 ? percent_encode(percent_decode(path).value_or(std::string(path)), true)
              : percent_encode(normalise(path), true);
}

void append_canonical_query(std::string& out, std::string_view query) {
  if (append_as_it_is(out, query)) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = percent_encode(decode(pair.substr(0, equals)));
    if (name == "X-Amz-Signature") continue;
    std::string value = percent_encode(decode(pair.substr(std::min(equals + 1, pair.size()))));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  append_sorted(out, pairs);
}

void append_canonical_value(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  for (char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.size() == begin || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (out.size() > begin && out.back() == ' ') out.pop_back();
}

}  // namespace meridian::aws::sigv4
