// Trace: what `explain` shows. The same code that answers on the wire fills it, so it cannot tell another
// story; where there is none, the answer path only tests a pointer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meridian::engines::dns {

class Trace {
 public:
  struct Step {
    std::string_view what;  // a literal: "zone", "name", "alias", "answer", …
    std::string text;
  };
  void add(std::string_view what, std::string text) { steps_.push_back({what, std::move(text)}); }
  const std::vector<Step>& steps() const { return steps_; }

  std::string to_text() const;  // one line a step, aligned
  std::string to_json() const;  // [{"step": …, "text": …}, …]

 private:
  std::vector<Step> steps_;
};

}  // namespace meridian::engines::dns
