// Dashboards: stored as they were put, after the checks that any of their readers relies on. Nothing here
// draws them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/stored.h"
#include "formats/json/json.h"
#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/resources.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::size_t kDashboardsMax = 500, kPerPage = 1000, kNameMax = 255, kMessagesMax = 100;
constexpr std::size_t kBodyBytesMax = 1024 * 1024;
constexpr std::int64_t kWidthMax = 24, kHeightMax = 1000;

using Messages = std::vector<api::DashboardValidationMessage>;

aws::Failure invalid_input(std::string message, Messages messages = {}) {
  api::DashboardInvalidInputError error;
  error.message = std::move(message);
  if (!messages.empty()) error.dashboardValidationMessages = std::move(messages);
  return api::errors::DashboardInvalidInputError(error);
}

aws::Outcome<void> check_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (name.empty() || name.size() > kNameMax)
    return invalid_input(fmt::format("The field DashboardName must have 1 to {} characters.", kNameMax));
  if (std::ranges::all_of(name, allowed)) return {};
  return invalid_input(
      fmt::format("The value {} for field DashboardName contains invalid characters. It can only contain "
                  "alphanumerics, dash (-) and underscore (_).",
                  name));
}

void check_size(const json::Value& widget, const char* member, std::int64_t most, const std::string& at,
                Messages& messages) {
  const json::Value* size = widget.find(member);
  if (size == nullptr) return;
  const auto* number = size->get<std::int64_t>();
  if (number == nullptr || *number < 1 || *number > most)
    messages.push_back({at + "/" + member, fmt::format("Should be an integer from 1 to {}", most)});
}

void check_widget(const json::Value& widget, const std::string& at, Messages& messages) {
  static const std::set<std::string_view> kTypes{"alarm", "custom", "explorer", "log", "metric", "text"};
  if (widget.get<json::Value::Object>() == nullptr) {
    messages.push_back({at, "Should be object"});
    return;
  }
  const json::Value* type = widget.find("type");
  if (type == nullptr)
    messages.push_back({at, "Should have required property 'type'"});
  else if (const auto* text = type->get<std::string>(); text == nullptr || !kTypes.contains(*text))
    messages.push_back({at + "/type", "Should be one of alarm, custom, explorer, log, metric, text"});
  const json::Value* properties = widget.find("properties");
  if (properties == nullptr)
    messages.push_back({at, "Should have required property 'properties'"});
  else if (properties->get<json::Value::Object>() == nullptr)
    messages.push_back({at + "/properties", "Should be object"});
  check_size(widget, "width", kWidthMax, at, messages);
  check_size(widget, "height", kHeightMax, at, messages);
}

aws::Outcome<void> check_dashboard_body(const std::string& body_text) {
  if (body_text.size() > kBodyBytesMax)
    return invalid_input(fmt::format("The field DashboardBody must be at most {} bytes.", kBodyBytesMax));
  const auto body = json::parse(body_text);
  if (!body || body->get<json::Value::Object>() == nullptr)
    return invalid_input("The field DashboardBody must be a valid JSON object");
  Messages messages;
  const json::Value* widgets = body->find("widgets");
  if (widgets == nullptr)
    messages.push_back({"/", "Should have required property 'widgets'"});
  else if (const auto* list = widgets->get<json::Array>(); list == nullptr)
    messages.push_back({"/widgets", "Should be array"});
  else
    for (std::size_t i = 0; i < list->size() && messages.size() < kMessagesMax; ++i)
      check_widget((*list)[i], fmt::format("/widgets/{}", i), messages);
  if (messages.empty()) return {};
  std::string text = fmt::format("The dashboard body is invalid, there are {} validation errors: {} {}",
                                 messages.size(), *messages[0].DataPath, *messages[0].Message);
  return invalid_input(std::move(text), std::move(messages));
}

aws::Failure overtaken() {
  return api::errors::InternalServiceFault("Other calls changed the dashboards at the same time.");
}

}  // namespace

aws::Outcome<api::PutDashboardOutput> CloudWatch::PutDashboard(aws::Call& call,
                                                               const api::PutDashboardInput& input) {
  TRY(check_name(input.DashboardName));
  if (input.Tags) return invalid_input("Tags of dashboards do not exist here.");
  TRY(check_dashboard_body(input.DashboardBody));
  const std::string key = dashboard_key(call.account_id, input.DashboardName);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const auto before = TRY(aws::read(store_, key, decode_dashboard));
        if (!before) {
          const auto all = TRY(
              aws::or_failure(store_.range(dashboards_prefix(call.account_id), {.limit = kDashboardsMax})));
          if (all.items.size() == kDashboardsMax)
            return invalid_input(fmt::format("An account can have at most {} dashboards.", kDashboardsMax));
        }
        store::Transaction transaction;
        transaction.preconditions = {{key, before ? before->modified : 0}};
        transaction.puts.push_back(
            {key, encode({call.account_id, input.DashboardName, input.DashboardBody, call.time})});
        return transaction;
      },
      overtaken()));
  return api::PutDashboardOutput{.DashboardValidationMessages = Messages()};
}

aws::Outcome<api::GetDashboardOutput> CloudWatch::GetDashboard(aws::Call& call,
                                                               const api::GetDashboardInput& input) {
  TRY(check_name(input.DashboardName));
  const auto found =
      TRY(aws::read(store_, dashboard_key(call.account_id, input.DashboardName), decode_dashboard));
  if (!found)
    return api::errors::DashboardNotFoundError(
        fmt::format("Dashboard {} does not exist", input.DashboardName));
  const DashboardResource& dashboard = found->value;
  return api::GetDashboardOutput{.DashboardArn = dashboard_arn(dashboard),
                                 .DashboardBody = dashboard.body,
                                 .DashboardName = dashboard.name};
}

aws::Outcome<api::ListDashboardsOutput> CloudWatch::ListDashboards(aws::Call& call,
                                                                   const api::ListDashboardsInput& input) {
  const std::string all = dashboards_prefix(call.account_id);
  const std::string prefix = all + input.DashboardNamePrefix.value_or("");
  store::RangeOptions options{.limit = kPerPage};
  if (input.NextToken) {
    options.start_after = all + *input.NextToken;
    if (!options.start_after.starts_with(prefix) || !check_name(*input.NextToken))
      return api::errors::InvalidParameterValueException("The value for parameter NextToken is invalid.");
  }
  const auto range = TRY(aws::or_failure(store_.range(prefix, options)));
  api::ListDashboardsOutput out;
  auto& entries = out.DashboardEntries.emplace();
  for (const auto& item : range.items) {
    const DashboardResource dashboard = TRY(aws::or_failure(decode_dashboard(item.value)));
    entries.push_back({.DashboardName = dashboard.name,
                       .DashboardArn = dashboard_arn(dashboard),
                       .LastModified = dashboard.modified_at,
                       .Size = static_cast<std::int64_t>(dashboard.body.size())});
  }
  if (range.more) out.NextToken = *entries.back().DashboardName;
  return out;
}

aws::Outcome<api::DeleteDashboardsOutput> CloudWatch::DeleteDashboards(
    aws::Call& call, const api::DeleteDashboardsInput& input) {
  for (const std::string& name : input.DashboardNames) TRY(check_name(name));
  const std::set<std::string> names(input.DashboardNames.begin(), input.DashboardNames.end());
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        for (const std::string& name : names) {
          const std::string key = dashboard_key(call.account_id, name);
          const auto found = TRY(aws::read(store_, key, decode_dashboard));
          if (!found)
            return api::errors::DashboardNotFoundError(
                fmt::format("The specified dashboard does not exist. [{}]", name));
          transaction.preconditions.push_back({key, found->modified});
          transaction.deletes.push_back(key);
        }
        return transaction;
      },
      overtaken()));
  return api::DeleteDashboardsOutput();
}

}  // namespace meridian::services::cloudwatch
