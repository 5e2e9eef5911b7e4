// ListMetrics: the metrics that had data within two weeks, 500 a page. A metric with several units is one.
#include "base/bytes.h"
#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_identity.h"
#include "services/cloudwatch/service.h"
#include "store/fields.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::size_t kMetricsPerPage = 500;
constexpr std::chrono::hours kRecently{3};
constexpr std::uint8_t kTokenVersion = 1;

struct Writer : store::FieldWriter<Writer> {
  Writer() : FieldWriter(kTokenVersion) {}
};

// The token is the last metric that was shown: metrics that come and go between pages move nothing.
std::string token_of(const store::SeriesId& last) {
  Writer out;
  out.text(last.name_space).text(last.metric).count(last.dimensions.size());
  for (const auto& [name, value] : last.dimensions) out.text(name).text(value);
  return to_base64(as_bytes(out.take()));
}

aws::Outcome<store::SeriesId> read_token(const std::string& token, std::string scope) {
  const aws::Failure bad = api::errors::InvalidNextToken("The value for parameter NextToken is invalid.");
  const auto bytes = from_base64(token);
  if (!bytes) return bad;
  store::FieldReader in(*bytes, kTokenVersion);
  store::SeriesId last;
  last.account = std::move(scope);
  last.name_space = in.text();
  last.metric = in.text();
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string name = in.text();
    last.dimensions[std::move(name)] = in.text();
  }
  last.unit = "\x7f";  // behind every unit of that metric
  auto read = in.finish(std::move(last), "token");
  if (!read) return bad;
  return *std::move(read);
}

bool takes(const api::ListMetricsInput& input, const store::SeriesId& id) {
  if (input.Namespace && *input.Namespace != id.name_space) return false;
  if (input.MetricName && *input.MetricName != id.metric) return false;
  if (!input.Dimensions) return true;
  for (const api::DimensionFilter& filter : *input.Dimensions) {
    const auto found = id.dimensions.find(filter.Name);
    if (found == id.dimensions.end() || (filter.Value && *filter.Value != found->second)) return false;
  }
  return true;
}

bool same_metric(const store::SeriesId& a, const store::SeriesId& b) {
  return a.name_space == b.name_space && a.metric == b.metric && a.dimensions == b.dimensions;
}

}  // namespace

aws::Outcome<api::ListMetricsOutput> CloudWatch::ListMetrics(aws::Call& call,
                                                             const api::ListMetricsInput& input) {
  const std::string scope = store::metric_scope(call.account_id, call.region);
  std::optional<store::SeriesId> after;
  if (input.NextToken) after = TRY(read_token(*input.NextToken, scope));
  api::ListMetricsOutput out;
  auto& metrics = out.Metrics.emplace();
  const bool linked = input.IncludeLinkedAccounts.value_or(false);
  if (linked) out.OwningAccounts.emplace();
  if (input.OwningAccount && *input.OwningAccount != call.account_id) return out;

  std::optional<store::SeriesId> last;
  const auto listed =
      series_.list(scope, after ? &*after : nullptr, [&](const store::SeriesId& id, SystemTime newest) {
        if (!takes(input, id) || (last && same_metric(*last, id))) return true;
        if (input.RecentlyActive && newest < call.time - kRecently) return true;
        if (metrics.size() == kMetricsPerPage) {
          out.NextToken = token_of(*last);
          return false;
        }
        metrics.push_back({id.name_space, id.metric, shown(id.dimensions)});
        last = id;
        return true;
      });
  if (!listed) return aws::internal_failure(listed.error().message);
  if (linked) out.OwningAccounts->assign(metrics.size(), call.account_id);
  return out;
}

}  // namespace meridian::services::cloudwatch
