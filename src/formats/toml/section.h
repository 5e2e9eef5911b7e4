// Reading a TOML file table by table: what is there, of which type, and on which line it is not.
// Rule: every message names the line, and what is not known is refused.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/toml/toml.h"

namespace meridian::toml_reader {

inline std::unexpected<Error> refused(const toml::node& where, std::string_view why) {
  return invalid(fmt::format("line {}: {}", where.source().begin.line, why));
}

// One [section] or [[section]]: its members by name, each of the expected type.
class Section {
 public:
  static Result<Section> of(const toml::node& node, std::string_view name,
                            std::initializer_list<std::string_view> known) {
    const toml::table* table = node.as_table();
    if (!table) return refused(node, fmt::format("[[{}]] is a list of tables", name));
    for (const auto& [key, value] : *table) {
      if (std::ranges::find(known, key.str()) == known.end())
        return refused(value, fmt::format("[[{}]] has no '{}'", name, key.str()));
    }
    return Section(*table, name);
  }

  Result<std::optional<std::string>> text(std::string_view key) const {
    const toml::node* node = table_->get(key);
    if (!node) return std::nullopt;
    auto value = node->value_exact<std::string>();
    if (!value || value->empty()) return refused(*node, fmt::format("'{}' is a text", key));
    return value;
  }
  Result<std::string> required_text(std::string_view key) const {
    auto value = TRY(text(key));
    if (!value) return refuse(fmt::format("[[{}]] needs '{}'", name_, key));
    return *std::move(value);
  }
  Result<std::optional<std::int64_t>> integer(std::string_view key, std::int64_t min,
                                              std::int64_t max) const {
    const toml::node* node = table_->get(key);
    if (!node) return std::nullopt;
    const auto value = node->value_exact<std::int64_t>();
    if (!value || *value < min || *value > max)
      return refused(*node, fmt::format("'{}' is a whole number from {} to {}", key, min, max));
    return value;
  }
  Result<std::optional<double>> number(std::string_view key, double min, double max) const {
    const toml::node* node = table_->get(key);
    if (!node) return std::nullopt;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value >= min && *value <= max))
      return refused(*node, fmt::format("'{}' is a number from {} to {}", key, min, max));
    return value;
  }
  Result<std::optional<bool>> flag(std::string_view key) const {
    const toml::node* node = table_->get(key);
    if (!node) return std::nullopt;
    const auto value = node->value_exact<bool>();
    if (!value) return refused(*node, fmt::format("'{}' is true or false", key));
    return value;
  }
  // One text, or a list of them; nothing when it is not there.
  Result<std::vector<std::string>> texts(std::string_view key) const {
    std::vector<std::string> all;
    const toml::node* node = table_->get(key);
    if (!node) return all;
    if (const auto one = node->value_exact<std::string>(); one && !one->empty()) return std::vector{*one};
    const toml::array* list = node->as_array();
    if (!list || list->empty()) return refused(*node, fmt::format("'{}' is a text or a list of texts", key));
    for (const toml::node& item : *list) {
      const auto one = item.value_exact<std::string>();
      if (!one || one->empty()) return refused(item, fmt::format("'{}' is a list of texts", key));
      all.push_back(*one);
    }
    return all;
  }

  const toml::node* member(std::string_view key) const { return table_->get(key); }
  std::unexpected<Error> refuse(std::string_view why) const { return refused(*table_, why); }
  // On the line of that member, when it is there.
  std::unexpected<Error> refuse(std::string_view key, std::string_view why) const {
    const toml::node* node = table_->get(key);
    return refused(node ? *node : *table_, why);
  }
  std::size_t line() const { return table_->source().begin.line; }
  std::string_view name() const { return name_; }

 private:
  Section(const toml::table& table, std::string_view name) : table_(&table), name_(name) {}

  const toml::table* table_;
  std::string_view name_;
};

// toml++ 3.3 runs into undefined behaviour over letters outside of ASCII where a name or value should be. In
// comments they are nobody's concern.
inline Result<std::string> ascii_of(std::string_view text) {
  std::string ascii(text);
  bool comment = false;
  std::size_t line = 1;
  for (char& c : ascii) {
    if (c == '\n') {
      comment = false;
      ++line;
    } else if (c == '#') {
      comment = true;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      if (!comment) return invalid(fmt::format("line {}: letters outside of ASCII are for comments", line));
      c = '?';
    }
  }
  return ascii;
}

// What `read` makes of the file.
template <typename Read>
auto parse(std::string_view text, Read read) -> decltype(read(std::declval<const toml::table&>())) {
  const std::string ascii = TRY(ascii_of(text));
  try {
    return read(toml::parse(ascii));
  } catch (const toml::parse_error& error) {
    return invalid(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  } catch (const Confused& error) {
    return invalid(error.what());
  }
}

}  // namespace meridian::toml_reader
