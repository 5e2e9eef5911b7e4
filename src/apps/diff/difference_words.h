// A diff over the operator's endpoint: the request as JSON, the report as JSON or text (docs/use/diff.md).
#pragma once

#include <string>
#include <string_view>

#include "apps/diff/dns_difference.h"
#include "apps/explain_dns.h"

namespace meridian::apps {

struct DiffQuery {
  DiffRequest request;
  std::vector<std::vector<std::size_t>> lines;  // of a zone file: where each change of each batch stands
};

// {"hosted_zone_id": … or "zone": a name, "batches": [change batches as the AWS CLI reads them],
//  "independent": …, "lines": [[…]], "traffic_policy_instance": …, "document": …,
//  "log": [{"zone", "name", "type", "resolver", "subnet", "count"}], "clients": …}
Result<DiffQuery> read_diff_query(std::string_view body, store::Store& store);

// "same", "changes" or "errors".
const char* verdict(const DiffReport& report);
std::string to_text(const DiffReport& report, const DiffQuery& query);
std::string to_json(const DiffReport& report, const DiffQuery& query);

}  // namespace meridian::apps
