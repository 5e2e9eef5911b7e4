// The configuration file: top-level TOML keys are the long option names of `meridian serve`. Tables but
// [[tsig-keys]] are refused, so that a misspelt section cannot silently do nothing.
#include "apps/command_line.h"
#include "apps/input.h"
#include "formats/toml/toml.h"

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

// [[tsig-keys]] with name, algorithm and secret, as words of --tsig-key.
Result<std::vector<std::string>> tsig_keys(const toml::array& keys, const std::string& path) {
  std::vector<std::string> words;
  for (const toml::node& item : keys) {
    const toml::table* key = item.as_table();
    std::string word;
    for (const char* part : {"algorithm", "name", "secret"}) {
      const auto text = key && key->size() == 3 ? (*key)[part].value<std::string>() : std::nullopt;
      if (!text)
        return invalid(fmt::format("{}: line {}: [[tsig-keys]] has name, algorithm and secret", path,
                                   item.source().begin.line));
      word += (word.empty() ? "" : ":") + *text;
    }
    words.push_back(std::move(word));
  }
  TRY(check_is_private(path));
  return words;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::vector<std::string>>>> read_config_file(
    const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return invalid(fmt::format("{}: line {}: {}", path, error.source().begin.line, error.description()));
  } catch (const toml_reader::Confused& error) {
    return invalid(fmt::format("{}: {}", path, error.what()));
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> settings;
  for (const auto& [key, node] : table) {
    std::vector<std::string> values;
    if (key.str() == "tsig-keys" && node.is_array_of_tables()) {
      settings.emplace_back("tsig-key", TRY(tsig_keys(*node.as_array(), path)));
      continue;
    }
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
