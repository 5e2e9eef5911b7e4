#include "apps/command_texts.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "apps/version.h"

namespace meridian::apps {
namespace {

// Walks the command tree depth first with the words that lead to each command.
void for_each_command(const CLI::App& app, const std::string& path,
                      const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, app);
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; }))
    for_each_command(*below, path.empty() ? below->get_name() : path + " " + below->get_name(), visit);
}

std::string words_after(const CLI::App& app) {
  std::string out;
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; }))
    out += below->get_name() + " ";
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) out += "--" + name + " ";
  return out;
}

}  // namespace

std::string completion_script(const CLI::App& root, const std::string& shell) {
  if (shell == "fish") {
    std::string out;
    for_each_command(root, "", [&](const std::string& path, const CLI::App& app) {
      std::string seen = path.empty() ? "__fish_use_subcommand" : "";
      for (std::size_t at = 0; !path.empty() && at != path.npos;) {
        std::size_t end = path.find(' ', at);
        seen += std::string(seen.empty() ? "" : "; and ") + "__fish_seen_subcommand_from " +
                path.substr(at, end - at);
        at = end == path.npos ? end : end + 1;
      }
      for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; }))
        out += fmt::format("complete -c meridian -f -n '{}' -a {} -d '{}'\n", seen, below->get_name(),
                           below->get_description());
      for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
          out += fmt::format("complete -c meridian -n '{}' -l {}\n", seen, name);
    });
    return out;
  }
  std::string cases;
  for_each_command(root, "", [&](const std::string& path, const CLI::App& app) {
    cases += fmt::format("    '{}') words='{}' ;;\n", path, words_after(app));
  });
  std::string script = R"(_meridian() {
  local path= word words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == [a-z]* && ! $word == */* ]] || continue
    case "${path:+$path }$word" in
)";
  std::string paths;
  for_each_command(root, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", path);
  });
  script += "      " + paths + ") path=${path:+$path }$word ;;\n    esac\n  done\n  case $path in\n" + cases +
            "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
            "  ((${#COMPREPLY[@]})) || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
            "complete -F _meridian meridian\n";
  if (shell != "zsh") return script;
  // As a file of zsh's fpath it is read at the first completion, which it then has to make itself.
  return "#compdef meridian\nautoload -U +X bashcompinit && bashcompinit\n" + script +
         "[[ -z ${CURRENT-} ]] || _bash_complete -F _meridian\n";
}

namespace {
std::string roff_escape(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '-') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string manual_page(const CLI::App& root) {
  std::string out = ".TH MERIDIAN 1 \"\" \"meridian " MERIDIAN_VERSION
                    "\" \"User Commands\"\n.SH NAME\nmeridian \\- " +
                    roff_escape(root.get_description()) +
                    "\n.SH SYNOPSIS\n.B meridian\n.I COMMAND\n[options]\n.SH COMMANDS\n";
  for_each_command(root, "", [&](const std::string& path, const CLI::App& app) {
    if (path.empty()) return;
    out += ".SS meridian " + roff_escape(path) + "\n" + roff_escape(app.get_description()) + "\n";
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_name() == "--help") continue;
      out += ".TP\n.B " + roff_escape(option->get_name(option->get_positional(), true));
      if (!option->get_type_name().empty()) out += " \\fI" + roff_escape(option->get_type_name()) + "\\fR";
      out += "\n" + roff_escape(option->get_description());
      if (!option->get_default_str().empty())
        out += " (default " + roff_escape(option->get_default_str()) + ")";
      if (!option->get_envname().empty()) out += " [environment: " + option->get_envname() + "]";
      out += "\n";
    }
  });
  out += ".SH EXIT STATUS\n0 done; 1 something was refused or is wrong; 2 the command line is wrong.\n";
  return out;
}

}  // namespace meridian::apps
