// A trie of path segments, built once a service.
#include "aws/protocols/rest_routes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>

#include "aws/protocols/scalar_text.h"
#include "base/percent.h"

namespace meridian::aws {

namespace {

constexpr std::size_t kSegmentsMax = 1030;  // the longest key of S3 is 1024 bytes, all of them slashes

// Parts of a text that outlives them; few need no memory but that of whoever holds them.
class Parts {
 public:
  Parts() { all_.reserve(kUsual); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void add_split(std::string_view text, char separator) {
    for (;;) {
      const std::size_t end = text.find(separator);
      all_.push_back(text.substr(0, end));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }
  // The segments between slashes, without the empty ones at both ends.
  void add_segments(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) path.remove_suffix(1);
    if (!path.empty()) add_split(path, '/');
  }

  std::span<const std::string_view> all() const { return all_; }

 private:
  static constexpr std::size_t kUsual = 12;
  alignas(std::string_view) std::array<std::byte, kUsual * sizeof(std::string_view)> room_;
  std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
  std::pmr::vector<std::string_view> all_{&memory_};
};

struct Template {
  std::vector<std::string_view> segments;
  std::vector<std::string_view> constants;  // of the query: "name" or "name=value"
};

Template template_of(const Operation& operation) {
  std::string_view uri = operation.uri;
  Template result;
  std::size_t mark = uri.find('?');
  if (mark != std::string_view::npos) {
    Parts constants;
    constants.add_split(uri.substr(mark + 1), '&');
    result.constants.assign(constants.all().begin(), constants.all().end());
    // SDKs name the operation so; the CLI does not.
    std::erase_if(result.constants, [](std::string_view constant) { return constant.starts_with("x-id="); });
    uri = uri.substr(0, mark);
  }
  Parts segments;
  segments.add_segments(uri);
  result.segments.assign(segments.all().begin(), segments.all().end());
  return result;
}

bool is_label(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool is_greedy(std::string_view segment) {
  return segment.ends_with("+}");
}

using Pairs = std::span<const std::string_view>;  // of a query: "name" or "name=value"

bool has_constants(const std::vector<std::string_view>& constants, Pairs pairs) {
  return std::ranges::all_of(constants, [&](std::string_view constant) {
    return std::ranges::any_of(pairs, [&](std::string_view pair) {
      // A constant without a value is also sent as "name=".
      return pair == constant || (pair.ends_with('=') && pair.substr(0, pair.size() - 1) == constant);
    });
  });
}

bool has_parameter(Pairs pairs, std::string_view name) {
  return std::ranges::any_of(pairs, [&](std::string_view pair) {
    return pair.starts_with(name) && (pair.size() == name.size() || pair[name.size()] == '=');
  });
}

// The members that tell one operation of a path from another.
bool is_demand(const Member& member) {
  return member.required && member.shape->kind != Kind::Map &&
         (member.location == Location::QueryString || member.location == Location::Header);
}

bool has_demands(const Operation& operation, const HttpRequest& request, Pairs pairs) {
  return std::ranges::all_of(operation.input->members, [&](const Member& member) {
    if (!is_demand(member)) return true;
    return member.location == Location::Header ? request.headers.find(member.wire) != nullptr
                                               : has_parameter(pairs, member.wire);
  });
}

}  // namespace

struct RestRoutes::Node {
  struct Leaf {
    const Operation* operation;
    std::string_view method;
    std::vector<std::string_view> constants;
    std::size_t demands;  // constants and required members
  };
  std::map<std::string_view, std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> label, greedy;
  std::vector<Leaf> leaves;  // those that demand most first

  const Operation* pick(const HttpRequest& request) const {
    const Operation* undemanding = nullptr;
    std::optional<Parts> parts;
    for (const Leaf& leaf : leaves) {
      if (leaf.method != request.method) continue;
      if (leaf.demands == 0) return leaf.operation;
      if (!parts) parts.emplace().add_split(request.query, '&');
      const Pairs pairs = parts->all();
      if (!has_constants(leaf.constants, pairs)) continue;
      if (leaf.demands == leaf.constants.size() || has_demands(*leaf.operation, request, pairs))
        return leaf.operation;
      undemanding = leaf.operation;
    }
    // It will say what is missing.
    return undemanding;
  }
};

RestRoutes::RestRoutes(const ServiceModel& model) : root_(std::make_unique<Node>()) {
  for (const Operation& operation : model.operations) {
    Template uri = template_of(operation);
    Node* node = root_.get();
    for (std::string_view segment : uri.segments) {
      std::unique_ptr<Node>& next = is_greedy(segment)  ? node->greedy
                                    : is_label(segment) ? node->label
                                                        : node->literals[segment];
      if (!next) next = std::make_unique<Node>();
      node = next.get();
    }
    const auto demands = std::ranges::count_if(operation.input->members, is_demand);
    const std::size_t all = uri.constants.size() + static_cast<std::size_t>(demands);
    // S3's PutBucketLifecycleConfiguration has the route of PutBucketLifecycle, which it took the place of.
    const auto replaced = std::ranges::find_if(node->leaves, [&](const Node::Leaf& leaf) {
      return std::string_view(operation.name).starts_with(leaf.operation->name);
    });
    node->leaves.insert(replaced, {&operation, operation.method, std::move(uri.constants), all});
    std::ranges::stable_sort(node->leaves, std::greater(), &Node::Leaf::demands);
  }
}

RestRoutes::~RestRoutes() = default;

const Operation* RestRoutes::find(const HttpRequest& request) const {
  Parts segments;
  segments.add_segments(request.path);
  if (segments.all().size() > kSegmentsMax) return nullptr;
  return walk(*root_, segments.all(), request);
}

// As deep as the longest template; a step tries at most a literal and a label, and a greedy label ends it.
const Operation* RestRoutes::walk(const Node& node, std::span<const std::string_view> segments,
                                  const HttpRequest& request) const {
  if (segments.empty()) return node.pick(request);
  if (auto literal = node.literals.find(segments.front()); literal != node.literals.end())
    if (const Operation* found = walk(*literal->second, segments.subspan(1), request)) return found;
  if (node.label && !segments.front().empty())
    if (const Operation* found = walk(*node.label, segments.subspan(1), request)) return found;
  if (!node.greedy) return nullptr;
  if (const Operation* found = node.greedy->pick(request)) return found;
  for (std::size_t taken = 1; taken < segments.size(); ++taken)
    if (const Operation* found = walk(*node.greedy, segments.subspan(taken), request)) return found;
  return nullptr;
}

std::optional<Labels> path_labels(const Operation& operation, std::string_view path) {
  const std::string_view uri = operation.uri;
  Parts expected_parts, path_parts;
  expected_parts.add_segments(uri.substr(0, uri.find('?')));
  path_parts.add_segments(path);
  const auto expected = expected_parts.all(), segments = path_parts.all();
  Labels labels;
  labels.reserve(expected.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string_view segment = expected[i];
    if (at >= segments.size()) return std::nullopt;
    if (!is_label(segment)) {
      if (segments[at++] != segment) return std::nullopt;
      continue;
    }
    bool greedy = is_greedy(segment);
    std::size_t after = expected.size() - i - 1;
    if (segments.size() < at + 1 + after) return std::nullopt;
    std::size_t end = greedy ? segments.size() - after : at + 1;
    // A slash at the end belongs to a greedy label that ends the path.
    const char* stop = segments[end - 1].data() + segments[end - 1].size();
    if (greedy && after == 0) stop = path.data() + path.size();
    auto text = percent_decode({segments[at].data(), static_cast<std::size_t>(stop - segments[at].data())});
    if (!text) return std::nullopt;
    labels.emplace_back(segment.substr(1, segment.size() - (greedy ? 3 : 2)), std::move(*text));
    at = end;
  }
  if (at != segments.size()) return std::nullopt;
  return labels;
}

bool QueryPairs::decode(std::string_view& text) {
  auto decoded = percent_decode(text, true);
  if (!decoded) return false;
  text = decoded_.emplace_back(*std::move(decoded));
  return true;
}

bool QueryPairs::add(std::string_view query) {
  pairs_.reserve(8);  // of a presigned request
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string_view name = pair.substr(0, equals), value = pair.substr(std::min(equals + 1, pair.size()));
    const auto is_encoded = [](std::string_view text) { return text.contains('%') || text.contains('+'); };
    if (is_encoded(name) && !decode(name)) return false;
    if (is_encoded(value) && !decode(value)) return false;
    pairs_.emplace_back(name, value);
  }
  return true;
}

std::optional<QueryPairs> parse_query_string(std::string_view query) {
  QueryPairs pairs;
  if (!pairs.add(query)) return std::nullopt;
  return pairs;
}

}  // namespace meridian::aws
