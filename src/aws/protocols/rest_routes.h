// Which operation a method and a path mean, by the requestUri templates of a service.
// Rule: literals win over {Label}, and {Label} over {Label+}; among operations of one path and method, the
// one wins that asks for most of what the request has: query constants, required parameters and headers.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/http.h"
#include "aws/service.h"

namespace meridian::aws {

class RestRoutes {
 public:
  explicit RestRoutes(const ServiceModel& model);
  ~RestRoutes();

  // A slash at the end of the path does not matter. Null when nothing matches.
  const Operation* find(const HttpRequest& request) const;

 private:
  struct Node;
  const Operation* walk(const Node& node, std::span<const std::string_view> segments,
                        const HttpRequest& request) const;
  std::unique_ptr<Node> root_;
};

// The labels of a path that RestRoutes matched to this operation, decoded. Nothing when the path does not fit
// or an escape is malformed.
using Labels = std::vector<std::pair<std::string_view, std::string>>;
std::optional<Labels> path_labels(const Operation& operation, std::string_view path);

// name=value pairs of query strings, decoded; a name without '=' has an empty value. What needs no decoding
// is not copied: the text outlives this.
class QueryPairs {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  // False: an escape is malformed.
  bool add(std::string_view query);

  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

 private:
  bool decode(std::string_view& text);

  std::vector<Pair> pairs_;
  std::list<std::string> decoded_;
};
// Nothing when an escape is malformed.
std::optional<QueryPairs> parse_query_string(std::string_view query);

}  // namespace meridian::aws
