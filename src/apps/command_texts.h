// Texts made of the commands and their options, so that they cannot disagree with them: completion scripts of
// shells, and the manual page.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace meridian::apps {

std::string completion_script(const CLI::App& root, const std::string& shell);  // bash, zsh or fish
std::string manual_page(const CLI::App& root);

}  // namespace meridian::apps
