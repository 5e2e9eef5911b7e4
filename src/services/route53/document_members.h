// Reading a JSON document of a caller's member by member, and saying what is wrong with it as Route 53 does:
// "<what it is about>: <problem>", one after another with ";". Rule: a member that is missing or of another
// type is named once, and the reader goes on.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/json/json.h"

namespace meridian::services::route53 {

class DocumentProblems {
 public:
  static constexpr std::size_t kProblemsMax = 50;  // named in one refusal

  void add(std::string problem);
  bool empty() const { return problems_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> problems_;
};

// The members of one object. Null counts as absent.
class DocumentMembers {
 public:
  // `subject`: the endpoint or rule that the object belongs to, empty for the document itself. `path` leads
  // from there to the object: "Locations[1]"
  DocumentMembers(DocumentProblems& problems, const json::Object& object, std::string subject,
                  std::string path = {})
      : problems_(&problems), object_(&object), subject_(std::move(subject)), path_(std::move(path)) {}

  template <typename... Args>
  void refuse(fmt::format_string<Args...> text, Args&&... args) const {
    problems_->add(where() + fmt::format(text, std::forward<Args>(args)...));
  }
  void expect_only(std::initializer_list<std::string_view> known) const;

  bool has(std::string_view name) const { return find(name) != nullptr; }
  const std::string* text(std::string_view name) const;           // null: absent, or refused
  const std::string* required_text(std::string_view name) const;  // null: refused
  const json::Array* list(std::string_view name) const;           // null: refused; so is an empty one
  std::optional<DocumentMembers> object(std::string_view name) const;
  std::optional<DocumentMembers> required_object(std::string_view name) const;
  std::optional<DocumentMembers> element(const json::Array& list, std::string_view name,
                                         std::size_t index) const;
  // Numbers and Booleans may be written as strings or as themselves.
  std::optional<std::string> number(
      std::string_view name) const;  // as it is written; nothing: absent, or refused
  bool boolean(std::string_view name, bool otherwise) const;

  const json::Object& all() const { return *object_; }

 private:
  const json::Value* find(std::string_view name) const;
  std::string where() const;
  std::string path_to(std::string_view name) const;

  DocumentProblems* problems_;
  const json::Object* object_;
  std::string subject_, path_;
};

}  // namespace meridian::services::route53
