// The configuration file: top-level TOML keys are the long option names of `meridian serve`. Tables are
// refused, so that a misspelt section cannot silently do nothing.
#include <toml++/toml.h>

#include "apps/command_line.h"

namespace meridian::apps {
namespace {

Result<std::string> scalar(const toml::node& node, const std::string& path, const std::string& key) {
  if (auto text = node.value_exact<std::string>()) return *text;
  if (auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  return invalid(
      fmt::format("{}: line {}: '{}' must be a string, a whole number, true, false, or a list of them", path,
                  node.source().begin.line, key));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::vector<std::string>>>> read_config_file(
    const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return invalid(fmt::format("{}: line {}: {}", path, error.source().begin.line, error.description()));
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> settings;
  for (const auto& [key, node] : table) {
    std::vector<std::string> values;
    if (const toml::array* list = node.as_array()) {
      for (const auto& item : *list) values.push_back(TRY(scalar(item, path, std::string(key.str()))));
    } else {
      values.push_back(TRY(scalar(node, path, std::string(key.str()))));
    }
    settings.emplace_back(std::string(key.str()), std::move(values));
  }
  return settings;
}

}  // namespace meridian::apps
