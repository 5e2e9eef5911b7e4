#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "aws/iam_policy/condition.h"
#include "aws/iam_policy/pattern.h"
#include "aws/iam_policy/policy.h"
#include "formats/json/json.h"

namespace meridian::aws::iam_policy {
namespace {

constexpr std::string_view kVersion2008 = "2008-10-17", kVersion2012 = "2012-10-17";
constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kAccountIdSize = 12;

bool is_account_id(std::string_view text) {
  return text.size() == kAccountIdSize &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// arn:PARTITION:iam::ID:root
std::optional<std::string_view> account_of_root(std::string_view arn) {
  const std::size_t iam = arn.find(":iam::");
  if (!arn.starts_with("arn:") || iam == arn.npos || !arn.ends_with(":root")) return std::nullopt;
  const std::string_view id = arn.substr(iam + 6, arn.size() - iam - 6 - 5);
  return is_account_id(id) ? std::optional(id) : std::nullopt;
}

Result<Principal> aws_principal(std::string_view text) {
  using Kind = Principal::Kind;
  if (text == "*") return Principal{Kind::Everybody};
  if (is_account_id(text)) return Principal{Kind::Account, std::string(text)};
  if (const auto account = account_of_root(text)) return Principal{Kind::Account, std::string(*account)};
  if (!text.starts_with("arn:") || text.find_first_of("*?") != text.npos)
    return invalid(fmt::format("Invalid principal in policy: \"AWS\" : \"{}\"", text));
  return Principal{Kind::Arn, std::string(text)};
}

class Parser {
 public:
  explicit Parser(PolicyKind kind) : kind_(kind) {}

  Result<Policy> policy(const json::Value& document);

 private:
  Result<Statement> statement(const json::Value& value);
  Result<void> principal(const json::Value& value, std::vector<Principal>& out);
  Result<void> conditions(const json::Value& value, std::vector<Condition>& out);
  // A string, or a list of them.
  Result<std::vector<std::string>> strings(std::string_view element, const json::Value& value);
  Result<std::vector<std::string>> scalars(std::string_view element, const json::Value& value);
  Result<void> count(std::size_t values);

  PolicyKind kind_;
  bool has_variables_ = false;
  std::size_t values_ = 0;
};

Result<void> Parser::count(std::size_t values) {
  values_ += values;
  if (values_ > kValuesMax) return invalid(fmt::format("The policy has more than {} values", kValuesMax));
  return {};
}

// A number or a boolean as its author could have quoted it.
std::optional<std::string> scalar(const json::Value& value) {
  if (const auto* text = value.get<std::string>()) return *text;
  if (value.get<bool>() || value.get<std::int64_t>() || value.get<std::uint64_t>() || value.get<double>())
    return json::to_text(value);
  return std::nullopt;
}

Result<std::vector<std::string>> Parser::scalars(std::string_view element, const json::Value& value) {
  const auto* list = value.get<json::Array>();
  const std::span<const json::Value> values = list ? std::span(*list) : std::span(&value, 1);
  TRY(count(values.size()));
  std::vector<std::string> out;
  for (const json::Value& one : values) {
    auto text = scalar(one);
    if (!text) return invalid(fmt::format("{} must be a string or a list of strings", element));
    out.push_back(std::move(*text));
  }
  if (out.empty()) return invalid(fmt::format("{} must not be empty", element));
  return out;
}

Result<std::vector<std::string>> Parser::strings(std::string_view element, const json::Value& value) {
  const auto* list = value.get<json::Array>();
  const bool all =
      list ? std::ranges::all_of(*list, [](const auto& one) { return one.template get<std::string>(); })
           : value.get<std::string>() != nullptr;
  if (!all) return invalid(fmt::format("{} must be a string or a list of strings", element));
  return scalars(element, value);
}

Result<void> Parser::principal(const json::Value& value, std::vector<Principal>& out) {
  using Kind = Principal::Kind;
  if (const auto* text = value.get<std::string>()) {
    if (*text != "*") return invalid(fmt::format("Invalid principal in policy: \"{}\"", *text));
    out.push_back({Kind::Everybody});
    return {};
  }
  const auto* object = value.get<json::Object>();
  if (!object || object->empty()) return invalid("Principal must be \"*\" or an object that is not empty");
  for (const auto& [type, given] : *object) {
    for (std::string& text : TRY(strings("Principal", given))) {
      if (type == "AWS")
        out.push_back(TRY(aws_principal(text)));
      else if (type == "Service" && text.ends_with(".amazonaws.com") && text.find('*') == text.npos)
        out.push_back({Kind::Service, std::move(text)});
      else if (type == "CanonicalUser" && !text.empty())
        out.push_back({Kind::CanonicalUser, std::move(text)});
      else
        return invalid(fmt::format("Invalid principal in policy: \"{}\" : \"{}\"", type, text));
    }
  }
  return {};
}

Result<void> Parser::conditions(const json::Value& value, std::vector<Condition>& out) {
  const auto* operators = value.get<json::Object>();
  if (!operators) return invalid("Condition must be an object");
  for (const auto& [name, keys] : *operators) {
    Condition condition;
    if (!read_operator(name, condition)) return invalid(fmt::format("Invalid Condition type : {}", name));
    const auto* object = keys.get<json::Object>();
    if (!object || object->empty())
      return invalid(fmt::format("The condition {} must be an object of condition keys", name));
    for (const auto& [key, values] : *object) {
      if (key.empty()) return invalid("A condition key must not be empty");
      condition.key = key;
      std::ranges::transform(condition.key, condition.key.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      condition.values = TRY(scalars(key, values));
      for (const std::string& text : condition.values)
        if (!is_value_of(condition.comparison, text, has_variables_))
          return invalid(fmt::format("Invalid value \"{}\" for the condition {} of {}", text, name, key));
      out.push_back(condition);
    }
  }
  return {};
}

Result<Statement> Parser::statement(const json::Value& value) {
  const auto* object = value.get<json::Object>();
  if (!object) return invalid("A Statement must be an object");
  Statement out;
  bool has_effect = false;
  int principals = 0, actions = 0, resources = 0;
  for (const auto& [name, element] : *object) {
    const auto* text = element.get<std::string>();
    if (name == "Sid" && text) {
      out.sid = *text;
    } else if (name == "Effect" && text && (*text == "Allow" || *text == "Deny")) {
      out.effect = *text == "Allow" ? Effect::Allow : Effect::Deny;
      has_effect = true;
    } else if (name == "Principal" || name == "NotPrincipal") {
      ++principals;
      out.not_principal = name == "NotPrincipal";
      TRY(principal(element, out.principals));
    } else if (name == "Action" || name == "NotAction") {
      ++actions;
      out.not_action = name == "NotAction";
      out.actions = TRY(strings(name, element));
    } else if (name == "Resource" || name == "NotResource") {
      ++resources;
      out.not_resource = name == "NotResource";
      out.resources = TRY(strings(name, element));
    } else if (name == "Condition") {
      TRY(conditions(element, out.conditions));
    } else {
      return invalid(fmt::format("Unknown field, or wrong value of it: {}", name));
    }
  }
  if (!has_effect) return invalid("Missing required field Effect");
  if (actions == 0) return invalid("Missing required field Action");
  if (actions > 1) return invalid("Statement/policy already has instance of Action");
  if (resources == 0) return invalid("Missing required field Resource");
  if (resources > 1) return invalid("Statement/policy already has instance of Resource");
  if (kind_ == PolicyKind::Identity && principals != 0)
    return invalid("Policy document should not specify a principal.");
  if (kind_ == PolicyKind::Resource && principals != 1) return invalid("Missing required field Principal");
  if (out.not_principal && out.effect == Effect::Allow)
    return invalid("NotPrincipal with Effect Allow is not supported");
  for (const std::string& action : out.actions) {
    const std::size_t colon = action.find(':');
    if (action != "*" && (colon == action.npos || colon == 0 || colon + 1 == action.size()))
      return invalid(fmt::format(
          "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {}", action));
  }
  for (const std::string& resource : out.resources)
    if ((resource != "*" && !resource.starts_with("arn:")) ||
        (has_variables_ && !has_sound_variables(resource)))
      return invalid(fmt::format("Resource {} must be in ARN format or \"*\".", resource));
  return out;
}

Result<Policy> Parser::policy(const json::Value& document) {
  const auto* object = document.get<json::Object>();
  if (!object) return invalid("The policy must be a JSON object");
  Policy out;
  const json::Value* statements = nullptr;
  for (const auto& [name, element] : *object) {
    const auto* text = element.get<std::string>();
    if (name == "Version" && text && (*text == kVersion2008 || *text == kVersion2012))
      out.has_variables = has_variables_ = *text == kVersion2012;
    else if (name == "Id" && text)
      out.id = *text;
    else if (name == "Statement")
      statements = &element;
    else
      return invalid(fmt::format("Unknown field, or wrong value of it: {}", name));
  }
  if (!statements) return invalid("Missing required field Statement");
  const auto* list = statements->get<json::Array>();
  const std::span<const json::Value> all = list ? std::span(*list) : std::span(statements, 1);
  if (all.empty()) return invalid("Statement must not be empty");
  if (all.size() > kStatementsMax)
    return invalid(fmt::format("The policy has more than {} statements", kStatementsMax));
  for (const json::Value& one : all) {
    out.statements.push_back(TRY(statement(one)));
    const std::string& sid = out.statements.back().sid;
    if (!sid.empty() && std::ranges::count(out.statements, sid, &Statement::sid) > 1)
      return invalid(fmt::format("Statement IDs (SID) in a single policy must be unique: {}", sid));
  }
  return out;
}

}  // namespace

Result<Policy> parse_policy(std::string_view text, PolicyKind kind, std::size_t bytes_max) {
  if (text.size() > bytes_max) return invalid(fmt::format("The policy is longer than {} bytes", bytes_max));
  auto document = json::parse(text, {.depth = kDepthMax, .bytes = bytes_max});
  if (!document) return invalid("This policy contains invalid Json: " + document.error().message);
  return Parser(kind).policy(*document);
}

}  // namespace meridian::aws::iam_policy
