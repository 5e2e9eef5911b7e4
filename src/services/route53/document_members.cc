#include "services/route53/document_members.h"

#include <algorithm>

namespace meridian::services::route53 {

void DocumentProblems::add(std::string problem) {
  if (problems_.size() < kProblemsMax) problems_.push_back(std::move(problem));
}

std::string DocumentProblems::text() const {
  return fmt::format("{}", fmt::join(problems_, ";"));
}

const json::Value* DocumentMembers::find(std::string_view name) const {
  auto found = std::ranges::find(*object_, name, &json::Value::Field::first);
  return found == object_->end() || found->second.is_null() ? nullptr : &found->second;
}

std::string DocumentMembers::where() const {
  std::string text;
  for (const std::string& part : {subject_, path_})
    if (!part.empty()) text += part + ": ";
  return text;
}

std::string DocumentMembers::path_to(std::string_view name) const {
  return fmt::format("{}{}{}", path_, path_.empty() ? "" : ".", name);
}

void DocumentMembers::expect_only(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, _] : *object_)
    if (std::ranges::find(known, name) == known.end())
      refuse("{} is not an element of the format; expected {}.", name, fmt::join(known, ", "));
}

const std::string* DocumentMembers::text(std::string_view name) const {
  const json::Value* value = find(name);
  if (!value) return nullptr;
  const auto* text = value->get<std::string>();
  if (!text) refuse("{} must be a string.", name);
  return text;
}

const std::string* DocumentMembers::required_text(std::string_view name) const {
  if (!has(name)) refuse("{} is required.", name);
  return text(name);
}

const json::Array* DocumentMembers::list(std::string_view name) const {
  const json::Value* value = find(name);
  const auto* list = value ? value->get<json::Array>() : nullptr;
  if (list && !list->empty()) return list;
  refuse("{} must be a list of at least one element.", name);
  return nullptr;
}

std::optional<DocumentMembers> DocumentMembers::object(std::string_view name) const {
  const json::Value* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* inner = value->get<json::Object>())
    return DocumentMembers(*problems_, *inner, subject_, path_to(name));
  refuse("{} must be an object.", name);
  return std::nullopt;
}

std::optional<DocumentMembers> DocumentMembers::required_object(std::string_view name) const {
  if (!has(name)) refuse("{} is required.", name);
  return object(name);
}

std::optional<DocumentMembers> DocumentMembers::element(const json::Array& list, std::string_view name,
                                                        std::size_t index) const {
  if (const auto* inner = list[index].get<json::Object>())
    return DocumentMembers(*problems_, *inner, subject_, path_to(fmt::format("{}[{}]", name, index)));
  refuse("{}[{}] must be an object.", name, index);
  return std::nullopt;
}

std::optional<std::string> DocumentMembers::number(std::string_view name) const {
  const json::Value* value = find(name);
  if (!value) return std::nullopt;
  if (auto* text = value->get<std::string>()) return *text;
  if (auto* number = value->get<std::int64_t>()) return fmt::to_string(*number);
  if (auto* number = value->get<double>()) return fmt::to_string(*number);
  refuse("{} must be a number.", name);
  return std::nullopt;
}

bool DocumentMembers::boolean(std::string_view name, bool otherwise) const {
  const json::Value* value = find(name);
  if (!value) return otherwise;
  if (auto* flag = value->get<bool>()) return *flag;
  const auto* text = value->get<std::string>();
  if (!text || (*text != "true" && *text != "false")) refuse("{} must be true or false.", name);
  return text && *text == "true";
}

}  // namespace meridian::services::route53
