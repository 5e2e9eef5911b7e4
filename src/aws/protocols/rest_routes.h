// Which operation a method and a path mean, by the requestUri templates of a service.
// Rule: literals win over {Label}, and {Label} over {Label+}; among operations of one path and method, the
// one wins that asks for most of what the request has: query constants, required parameters and headers.
#pragma once

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

// name=value pairs of a query string, decoded; a name without '=' has an empty value. Nothing when an escape
// is malformed.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
std::optional<QueryPairs> parse_query_string(std::string_view query);

}  // namespace meridian::aws
