// The canonical forms of path, query and header values (AWS: "Create a signed AWS API request", step 1).
#include "aws/sigv4_canonical.h"

#include <algorithm>
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

std::string canonical_path(std::string_view path, bool s3) {
  if (path.empty()) return "/";
  // Everywhere but in S3, what is on the wire is encoded a second time.
  return s3 ? percent_encode(percent_decode(path).value_or(std::string(path)), true)
            : percent_encode(normalise(path), true);
}

std::string canonical_query(std::string_view query) {
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
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + '=' + value;
  }
  return out;
}

std::string canonical_value(std::string_view value) {
  std::string out;
  for (char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace meridian::aws::sigv4
